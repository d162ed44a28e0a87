"""Rollouts on a stand-in of Kubernetes and KServe's controller; the servers of the models are real."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

from components._model.package import write_json
from components._problem.verdict import Verdict
from components.deploy.cluster import ClusterRefused
from components.deploy.record import Occupied
from components.deploy.run import Settings, remove, run
from components.errors import InvalidSetting
from tests.components._model.tables import raw_table
from tests.components.serve.models import write_model
from tests.kube_api import KubeApi, running_kube_api
from tests.model_server import running_server

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
        running_server(folder / "good", "--model_version", "of-1", name="churn") as first,
        running_server(folder / "good", "--model_version", "of-2", name="churn") as second,
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


@pytest.fixture(params=["Knative", "Standard"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kube(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubeApi]:
    with running_kube_api("team") as (address, api):
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
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield api


def deployed(
    servers: Servers, folder: Path, version: str, uri: str = "", holder: str = "", **changed: Any
) -> tuple[Verdict, dict[str, float], str]:
    """Roll a version out that no registry knows, called after the run that made it."""
    place = folder / f"registration-{version}"
    place.mkdir(exist_ok=True)
    write_json(place / "registration.json", {"model": "churn", "version": None})
    write_json(place / "held_out.json", servers.held_out)
    written = {name: str(folder / name) for name in ("summary", "verdict")}
    metrics = run(
        uri=uri or URIS[version].replace("s3://", "minio://"),
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
    assert kube.objects["ServingRuntime", "kfp-tabular-1-2-0"]
    assert "# churn: version of-1 is served" in summary
    record = kube.objects["ConfigMap", "churn-rollout"]["data"]
    assert record["holder"] == ""
    assert json.loads(record["serves"])["version"] == "of-1"


def test_with_knative_the_next_model_gets_more_requests_step_by_step(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1")[0].passed
    kube.shares.clear()
    verdict, _, summary = deployed(servers, tmp_path, "2")
    assert verdict.passed, verdict.failures
    assert kube.shares == [("churn-predictor-00002", percent) for percent in (0, 10, 50, 100)]
    assert "| 10 % |" in summary
    assert "Before it was version of-1." in summary


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
    assert json.loads(kube.objects["ConfigMap", "churn-rollout"]["data"]["serves"])["version"] == "of-1"


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
    verdict, _, summary = deployed(servers, tmp_path, "2", uri=URIS["failing"], mode=mode)
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
    verdict, _, _ = deployed(servers, tmp_path, "2")
    assert verdict.failures == ("Version 'of-1' answers, and not 'of-2'.",)


def test_the_same_again_changes_nothing(servers: Servers, kube: KubeApi, mode: str, tmp_path: Path) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    spec = kube.objects["InferenceService", "churn"]["spec"]
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    assert kube.objects["InferenceService", "churn"]["spec"] == spec


def test_a_rollout_that_died_is_begun_anew(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    kube.forbidden = {("DELETE", "InferenceService"), ("PUT", "ConfigMap")}
    with pytest.raises(ClusterRefused, match="configmaps is forbidden"):
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
    kube.post(
        "ConfigMap",
        {
            "metadata": {"name": "churn-rollout"},
            "data": {"holder": "another", "until": "2999-01-01T00:00:00+00:00"},
        },
    )
    with pytest.raises(Occupied, match="another is changing the service churn"):
        deployed(servers, tmp_path, "1")
    assert ("InferenceService", "churn") not in kube.objects


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


def test_a_cluster_without_kserve_is_told(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    kube.hidden = {"InferenceService", "ServingRuntime"}
    verdict, _, _ = deployed(servers, tmp_path, "1")
    assert "could not find the requested resource" in verdict.failures[0]
    assert verdict.remedy.startswith("Install KServe")


def test_a_model_on_a_laptop_cannot_be_deployed(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="where no pod of KServe finds it"):
        deployed(servers, tmp_path, "1", uri="/runs/first/model")
    assert kube.history == []


def test_a_removed_service_is_gone_and_may_be_removed_again(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deployed(servers, tmp_path, "1", mode=mode)[0].passed
    for _ in range(2):
        remove(service="churn", holder="later")
    assert {kind for kind, _ in kube.objects} == {"ServingRuntime"}


def _served(kube: KubeApi) -> str:
    return str(kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]["storageUri"])
