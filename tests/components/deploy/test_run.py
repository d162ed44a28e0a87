"""Rollouts on a stand-in of Kubernetes and KServe's controller; the servers of the models are real."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from mlflow import MlflowClient

from components._model.package import write_json
from components._problem.verdict import Verdict
from components._tracking.connection import connected
from components._tracking.registry import CHAMPION, Registry
from components.deploy.asking import Asked, HeldOut, Unproven
from components.deploy.cluster import ClusterRefused
from components.deploy.record import Occupied
from components.deploy.run import Settings, remove, run
from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from tests.components._model.tables import raw_table
from tests.components.serve.models import write_model
from tests.kube_api import KubeApi, running_kube_api
from tests.model_server import running_server

TEMPLATE = ROOT / "manifests" / "base" / "serving" / "kfp-tabular-servingruntime.yaml"
URIS = {version: f"s3://models/{version}" for version in ("1", "2", "failing", "crashing")}
QUICK = {"step_seconds": 0.3, "ready_seconds": 5.0, "steps": (10, 50)}


class Servers(NamedTuple):
    """Addresses by storageUri, and what the pipeline predicts for some rows."""

    addresses: dict[str, str]
    held_out: dict[str, Any]


class _Failing(BaseHTTPRequestHandler):
    """A stand-in that answers as the real server until it is watched, and then with a failure."""

    behind = ""
    n_asked = 0

    def _do(self) -> None:
        import httpx

        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).n_asked += self.command == "POST"
        if self.n_asked > 3:
            self._reply(500, b'{"error": "out of order"}')
            return
        told = httpx.request(self.command, self.behind + self.path, content=body)
        self._reply(200, told.content)

    do_GET = do_POST = _do  # noqa: N815

    def _reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("models")
    package = write_model(folder / "good", threshold=0.5)
    rows = raw_table("binary", 150, seed=7)
    columns = list(package.signature.columns)
    predictions = np.asarray(package.predict(rows))
    told = json.loads(rows[columns].to_json(orient="records", date_format="iso", date_unit="s"))
    for row in told:
        row["member"] = None if row["member"] is None else bool(row["member"])
    held_out = {"rows": told, "predictions": predictions.tolist(), "spread": 1.0}
    with (
        running_server(folder / "good", "--model_version", "1", name="churn") as first,
        running_server(folder / "good", "--model_version", "2", name="churn") as second,
    ):
        _Failing.behind = second.url
        with ThreadingHTTPServer(("127.0.0.1", 0), _Failing) as failing:
            Thread(target=failing.serve_forever, daemon=True).start()
            addresses = {
                URIS["1"]: first.url,
                URIS["2"]: second.url,
                URIS["failing"]: f"http://127.0.0.1:{failing.server_port}",
            }
            yield Servers(addresses, held_out)
            failing.shutdown()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with two versions of the model and no champion."""
    folder = tmp_path_factory.mktemp("mlflow")
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db", f"sqlite:///{folder}/mlflow.db")
    client.create_registered_model("churn")
    for version in ("1", "2"):
        client.create_model_version("churn", f"s3://models/{version}")
    return f"sqlite:///{folder}/mlflow.db"


def champion(registry: str) -> str | None:
    with connected(registry, "be asked") as client:
        found = Registry(client, "churn").called(CHAMPION)
    return None if found is None else found.number


@pytest.fixture(params=["Knative", "Standard"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kube(
    servers: Servers, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KubeApi]:
    with running_kube_api("team") as (address, api):
        api.apply("ServingRuntime", "kfp-tabular", yaml.safe_load(TEMPLATE.read_text()), "kubectl")
        api.rules = yaml.safe_load(
            (TEMPLATE.parents[1] / "runs" / "kfp-tabular-deploy-role.yaml").read_text()
        )["rules"]
        api.history.clear()
        api.servers = dict(servers.addresses)
        place = tmp_path / "kubeconfig"
        named = {"name": "here"}
        settings = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{**named, "cluster": {"server": address}}],
            "users": [{**named, "user": {"token": "none"}}],
            "contexts": [{**named, "context": {"cluster": "here", "user": "here", "namespace": "team"}}],
        }
        place.write_text(yaml.safe_dump(settings))
        monkeypatch.setenv("KUBECONFIG", str(place))
        # Kubernetes' client has read where kubectl's settings are when it was imported.
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(place))
        monkeypatch.setenv("KFP_TABULAR_SERVE_IMAGE", "registry.example/kfp-tabular-serve:1.2.0")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
        monkeypatch.setenv("MLFLOW_ARTIFACTS_DESTINATION", "s3://models")
        yield api


def registration(servers: Servers, folder: Path, version: str | None, package: str, **tags: str) -> Path:
    """Write a version as register does."""
    place = folder / f"registration-{version}"
    place.mkdir(exist_ok=True)
    facts = {"model": "churn", "version": version, "package": package, "tags": tags}
    write_json(place / "registration.json", facts)
    write_json(place / "held_out.json", servers.held_out)
    return place


def deployed(
    servers: Servers, folder: Path, version: str, package: str = "", holder: str = "", **changed: Any
) -> tuple[Verdict, dict[str, float], str]:
    """Roll a version out."""
    place = registration(servers, folder, version, f"mlflow-artifacts:/{package or version}")
    written = {name: str(folder / name) for name in ("summary", "verdict")}
    metrics = run(
        registration=str(place),
        **written,
        holder=holder or version,
        settings=Settings(**{**QUICK, **changed}),
    )
    return Verdict.load(written["verdict"]), metrics, (folder / "summary").read_text()


def test_the_first_model_is_served_once_it_is_proven(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    verdict, metrics, summary = deployed(servers, tmp_path, "1", mode=mode)
    assert verdict.passed, verdict.failures
    assert metrics["largest_difference"] <= 1e-6
    assert metrics["error_rate"] == 0
    service = kube.objects["InferenceService", "churn"]
    assert service["spec"]["predictor"]["model"]["storageUri"] == URIS["1"]
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]
    made = kube.objects["ServingRuntime", service["spec"]["predictor"]["model"]["runtime"]]
    assert made["spec"]["containers"][0]["image"] == "registry.example/kfp-tabular-serve:1.2.0"
    assert "# churn: version 1 is served" in summary
    assert _record(kube)["version"] == "1"


def test_with_knative_the_next_model_gets_more_requests_step_by_step(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    kube.shares.clear()
    verdict, _, summary = deployed(servers, tmp_path, "2")
    assert verdict.passed, verdict.failures
    assert kube.shares == [("churn-predictor-00002", percent) for percent in (0, 10, 50, 100)]
    assert "| 10 % |" in summary
    assert "Before it was version 1." in summary


def test_in_standard_mode_the_next_model_proves_itself_in_a_second_service(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    split = {"mode": "Standard", "gateway": "gateways/main", "host": "churn.example.org"}
    assert deployed(servers, tmp_path, "1", **split)[0].passed
    kube.shares.clear()
    assert deployed(servers, tmp_path, "2", **split)[0].passed
    old, new = "churn-predictor", "churn-canary-predictor"
    expected = [((old, 100 - percent), (new, percent)) for percent in (10, 50, 100, 0)]
    assert kube.shares == expected
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert _served(kube) == URIS["2"]


def test_without_a_gateway_requests_are_not_shared(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1", mode="Standard")[0].passed
    verdict, _, summary = deployed(servers, tmp_path, "2", mode="Standard")
    assert verdict.passed, verdict.failures
    assert "No requests were shared between an old model and a new one." in summary
    assert _served(kube) == URIS["2"]


def test_pods_that_crash_are_told_in_their_own_words_and_the_old_model_stays(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    verdict, _, summary = deployed(servers, tmp_path, "crashing", mode=mode)
    assert "CrashLoopBackOff: error: the model is damaged" in verdict.failures[0]
    assert "rolled back" in summary
    assert _served(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert _record(kube)["version"] == "1"


@pytest.mark.parametrize(
    ("reason", "words", "expected"),
    [
        ("ImagePullBackOff", "", "ImagePullBackOff: back-off"),
        ("CrashLoopBackOff", "storage s3://models is not there", "storage s3://models is not there"),
    ],
)
def test_a_first_model_that_cannot_start_leaves_no_service(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path, reason: str, words: str, expected: str
) -> None:
    kube.waiting_reason, kube.crash = reason, words
    verdict, _, _ = deployed(servers, tmp_path, "crashing", mode=mode)
    assert expected in verdict.failures[0]
    assert ("InferenceService", "churn") not in kube.objects


def test_a_model_that_predicts_otherwise_than_the_pipeline_gets_no_requests(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    kube.shares.clear()
    predictions = [[of[0] + 1e-5, of[1] - 1e-5] for of in servers.held_out["predictions"]]
    skewed = Servers(servers.addresses, {**servers.held_out, "predictions": predictions})
    verdict, _, _ = deployed(skewed, tmp_path, "2", mode=mode)
    assert "predicts held-out row 0 otherwise than the pipeline" in verdict.failures[0]
    assert {percent for _, percent in kube.shares} <= {0, 100}
    assert _served(kube) == URIS["1"]


def test_a_model_that_fails_at_a_step_is_taken_back(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    # One request says the version, two of a hundred rows prove it.
    _Failing.n_asked = 0
    verdict, _, summary = deployed(servers, tmp_path, "2", package="failing", mode=mode)
    assert "of them failed; 1.0% may." in verdict.failures[0]
    assert "rolled back" in summary
    assert _served(kube) == URIS["1"]


def test_a_slow_model_is_taken_back(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    verdict, _, _ = deployed(servers, tmp_path, "2", max_latency_ms=0.001)
    assert "0.001 ms are allowed" in verdict.failures[0]
    assert _served(kube) == URIS["1"]


def test_a_wrong_version_behind_the_address_is_found(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    kube.servers[URIS["2"]] = kube.servers[URIS["1"]]
    verdict, _, _ = deployed(servers, tmp_path, "2", ready_seconds=1.0)
    assert verdict.failures == ("Version '1' answers, and not '2'.",)


def test_the_same_again_changes_nothing(servers: Servers, kube: KubeApi, mode: str, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    spec = kube.objects["InferenceService", "churn"]["spec"]
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    assert kube.objects["InferenceService", "churn"]["spec"] == spec


def test_a_rollout_that_died_is_begun_anew(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    kube.forbidden = {("DELETE", "InferenceService"), ("PUT", "Lease")}
    with pytest.raises(ClusterRefused, match="leases is forbidden"):
        deployed(servers, tmp_path, "2", mode=mode)
    kube.forbidden = set()
    assert deployed(servers, tmp_path, "2", mode=mode)[0].passed
    assert _served(kube) == URIS["2"]


def test_a_defect_leaves_no_requests_with_a_model_that_nobody_watches(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed

    def watch(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("components.deploy.asking.Asked.watch", watch)
    with pytest.raises(ZeroDivisionError):
        deployed(servers, tmp_path, "2", mode=mode)
    assert _served(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects


def test_two_runs_do_not_change_a_service_at_once(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    held = {"holderIdentity": "another", "leaseDurationSeconds": 60, "renewTime": _ago(seconds=50)}
    kube.post("Lease", {"kind": "Lease", "metadata": {"name": "churn-rollout"}, "spec": held})
    with pytest.raises(Occupied, match="another is changing the service churn"):
        deployed(servers, tmp_path, "1")
    assert ("InferenceService", "churn") not in kube.objects
    held["renewTime"] = _ago(seconds=70)
    assert deployed(servers, tmp_path, "1")[0].passed


def test_fields_that_others_own_are_left_to_them(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    theirs = {"kind": "InferenceService", "spec": {"predictor": {"timeout": 7}}}
    kube.apply("InferenceService", "churn", theirs, "somebody")
    assert deployed(servers, tmp_path, "2")[0].passed
    assert kube.objects["InferenceService", "churn"]["spec"]["predictor"]["timeout"] == 7


def test_a_field_that_somebody_else_decides_on_is_a_conflict(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    theirs = {"spec": {"predictor": {"maxReplicas": 9}}}
    kube.apply("InferenceService", "churn", theirs, "somebody", is_forced=True)
    verdict, _, _ = deployed(servers, tmp_path, "2")
    assert 'conflict with "somebody": .spec.predictor.maxReplicas' in verdict.failures[0]


@pytest.mark.parametrize("hidden", [set(), {"InferenceService", "ServingRuntime"}])
def test_a_namespace_without_the_runtime_is_told(
    servers: Servers, kube: KubeApi, tmp_path: Path, hidden: set[str]
) -> None:
    kube.delete("ServingRuntime", "kfp-tabular")
    kube.hidden = hidden
    with pytest.raises(InvalidSetting, match="has no ServingRuntime kfp-tabular, or the cluster no KServe"):
        deployed(servers, tmp_path, "1")


def test_a_platform_that_starts_servers_otherwise_changes_none_that_runs(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    before = _runtime(kube)
    changed = yaml.safe_load(TEMPLATE.read_text())
    changed["spec"]["containers"][0]["resources"]["limits"]["memory"] = "2Gi"
    kube.apply("ServingRuntime", "kfp-tabular", changed, "kubectl")
    assert deployed(servers, tmp_path, "2")[0].passed
    after = _runtime(kube)
    assert after["metadata"]["name"] != before["metadata"]["name"]
    assert kube.objects["ServingRuntime", before["metadata"]["name"]] == before
    assert after["spec"]["containers"][0]["resources"]["limits"]["memory"] == "2Gi"


def test_a_model_is_served_by_the_image_of_the_versions_that_trained_it(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    place = registration(
        servers, tmp_path, "1", "mlflow-artifacts:/1", serve_image="registry.example/kfp-tabular-serve:1.1.0"
    )
    written = {name: str(tmp_path / name) for name in ("summary", "verdict")}
    run(registration=str(place), **written, holder="1", settings=Settings(**QUICK))  # type: ignore[arg-type]
    made = _runtime(kube)["spec"]["containers"][0]
    assert made["image"] == "registry.example/kfp-tabular-serve:1.1.0"


def test_without_an_image_nothing_is_deployed(
    servers: Servers, kube: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KFP_TABULAR_SERVE_IMAGE")
    with pytest.raises(InvalidSetting, match="There is no image to serve with"):
        deployed(servers, tmp_path, "1")
    assert kube.history == []


def test_a_champion_is_who_is_served(servers: Servers, kube: KubeApi, registry: str, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    assert champion(registry) == "1"
    assert not deployed(servers, tmp_path, "2", max_latency_ms=0.001)[0].passed
    assert champion(registry) == "1"
    assert deployed(servers, tmp_path, "2")[0].passed
    assert champion(registry) == "2"


@pytest.mark.parametrize(
    ("version", "package", "says"),
    [
        ("1", "mlflow-artifacts:/1", "MLFLOW_ARTIFACTS_DESTINATION is not set"),
        ("1", "/runs/mlruns/1", "at /runs/mlruns/1, where no pod of KServe finds it"),
        (None, "", "is in no registry"),
    ],
)
def test_a_model_that_no_pod_can_fetch_is_not_deployed(
    servers: Servers,
    kube: KubeApi,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str | None,
    package: str,
    says: str,
) -> None:
    monkeypatch.delenv("MLFLOW_ARTIFACTS_DESTINATION")
    place = registration(servers, tmp_path, version, package)
    with pytest.raises(InvalidSetting, match=says):
        run(registration=str(place), summary="", verdict="", holder="1", settings=Settings())
    assert kube.history == []


def test_a_version_without_rows_to_prove_it_by_is_not_deployed(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    place = registration(servers, tmp_path, "1", "mlflow-artifacts:/1")
    (place / "held_out.json").unlink()
    with pytest.raises(InvalidSetting, match="No rows were kept with version 1 of 'churn'"):
        run(registration=str(place), summary="", verdict="", holder="1", settings=Settings())
    assert kube.history == []


def test_a_service_of_somebody_else_is_left_alone(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    theirs = yaml.safe_load((TEMPLATE.parents[1] / "model" / "model-inferenceservice.yaml").read_text())
    kube.apply(
        "InferenceService", "churn", {**theirs, "metadata": {**theirs["metadata"], "name": "churn"}}, "git"
    )
    kube.history.clear()
    with pytest.raises(InvalidSetting, match="churn was not made by deploy"):
        deployed(servers, tmp_path, "1")
    with pytest.raises(InvalidSetting, match="churn was not made by deploy"):
        remove(service="churn", holder="1")
    assert kube.history == []


def test_a_removed_service_is_gone_and_may_be_removed_again(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    for _ in range(2):
        remove(service="churn", holder="later")
    assert {kind for kind, _ in kube.objects} == {"ServingRuntime"}


@pytest.mark.parametrize("is_last", [False, True])
def test_with_knative_a_model_that_is_taken_back_gets_no_more_requests_on_the_way(
    servers: Servers, kube: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_last: bool
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    replay, seen = Asked.replay, []

    def doubtful(asked: Asked, held_out: HeldOut) -> float:
        seen.append(asked)
        if len(seen) == 1 + is_last:
            kube.traffic.clear()
            raise Unproven("It is not what it was.", "Look.")
        return replay(asked, held_out)

    monkeypatch.setattr(Asked, "replay", doubtful)
    assert not deployed(servers, tmp_path, "2")[0].passed
    assert kube.traffic == [{URIS["1"]: 100}] * (2 + is_last)


def test_with_knative_what_is_served_keeps_all_requests_when_it_is_deployed_again(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    assert deployed(servers, tmp_path, "2")[0].passed
    kube.traffic.clear()
    assert deployed(servers, tmp_path, "2", max_replicas=5)[0].passed
    assert kube.traffic == [{URIS["2"]: 100}]
    assert not deployed(servers, tmp_path, "2", max_latency_ms=0.001)[0].passed
    assert _served(kube) == URIS["2"]


def test_a_pod_that_is_told_to_end_undoes_what_it_began(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    monkeypatch.setattr(Asked, "watch", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit, match="143"):
        deployed(servers, tmp_path, "2", mode=mode)
    assert _served(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert _record(kube)["version"] == "1"


def _ago(*, seconds: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def _record(kube: KubeApi) -> dict[str, Any]:
    """Return what is noted as served; nobody is at it."""
    lease = kube.objects["Lease", "churn-rollout"]
    assert lease["spec"] == {}
    return dict(json.loads(lease["metadata"]["annotations"]["kfp-tabular/serves"]))


def _runtime(kube: KubeApi) -> dict[str, Any]:
    name = kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]["runtime"]
    return dict(kube.objects["ServingRuntime", name])


def _served(kube: KubeApi) -> str:
    return str(kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]["storageUri"])
