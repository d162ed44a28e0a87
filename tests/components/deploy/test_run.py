"""Rollouts on a stand-in of Kubernetes and KServe's controller; the servers of the models are real."""

import os
import signal
from pathlib import Path

import pytest
import yaml

from components._kubernetes.client import KubernetesError
from components.deploy.model_endpoint import HeldOutRows, ModelCheckError, ModelEndpoint
from components.deploy.run import Settings, run
from components.errors import InvalidSetting
from tests.components.deploy.rollouts import (
    QUICK,
    TEMPLATE,
    URIS,
    Failing,
    Servers,
    deploy,
    find_champion,
    get_runtime,
    get_storage_uri,
    read_record,
    write_registration,
)
from tests.kube_api.cluster import KubeApi


def test_the_first_model_is_served_after_its_checks(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    verdict, metrics, summary = deploy(servers, tmp_path, "1", mode=mode)
    assert verdict.passed, verdict.failures
    assert metrics["largest_difference"] <= 1e-6
    assert metrics["error_rate"] == 0
    service = kube.objects["InferenceService", "churn"]
    assert service["spec"]["predictor"]["model"]["storageUri"] == URIS["1"]
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]
    made = kube.objects["ServingRuntime", service["spec"]["predictor"]["model"]["runtime"]]
    assert made["spec"]["containers"][0]["image"] == "registry.example/kfp-tabular-serve:1.2.0"
    assert "# churn: version 1 is served" in summary
    assert read_record(kube)["version"] == "1"


def test_with_knative_the_next_model_gets_more_requests_step_by_step(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    kube.shares.clear()
    verdict, _, summary = deploy(servers, tmp_path, "2")
    assert verdict.passed, verdict.failures
    assert kube.shares == [("churn-predictor-00002", percent) for percent in (0, 10, 50, 100)]
    assert "| 10 % |" in summary
    assert "Before, version 1 was served." in summary


def test_in_standard_mode_the_next_model_is_checked_in_a_second_service(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    split = {"mode": "Standard", "gateway": "gateways/main", "gateway_host": "churn.example.org"}
    assert deploy(servers, tmp_path, "1", **split)[0].passed
    kube.shares.clear()
    assert deploy(servers, tmp_path, "2", **split)[0].passed
    old, new = "churn-predictor", "churn-canary-predictor"
    expected = [((old, 100 - percent), (new, percent)) for percent in (10, 50, 100)]
    assert kube.shares == [*expected, ((old, 100),)]
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert get_storage_uri(kube) == URIS["2"]


def test_without_a_gateway_requests_are_not_split(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deploy(servers, tmp_path, "1", mode="Standard")[0].passed
    verdict, _, summary = deploy(servers, tmp_path, "2", mode="Standard")
    assert verdict.passed, verdict.failures
    assert "Requests were not split between the old model and the new one." in summary
    assert get_storage_uri(kube) == URIS["2"]


def test_the_reason_of_a_crash_is_reported_and_the_old_model_stays(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    verdict, _, summary = deploy(servers, tmp_path, "crashing", mode=mode)
    assert "CrashLoopBackOff: error: the model is damaged" in verdict.failures[0]
    assert "rolled back" in summary
    assert get_storage_uri(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert read_record(kube)["version"] == "1"


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
    verdict, _, _ = deploy(servers, tmp_path, "crashing", mode=mode)
    assert expected in verdict.failures[0]
    assert ("InferenceService", "churn") not in kube.objects


@pytest.mark.slow_variants
def test_a_model_whose_predictions_differ_from_the_pipelines_gets_no_requests(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    kube.shares.clear()
    predictions = [[of[0] + 1e-5, of[1] - 1e-5] for of in servers.held_out["predictions"]]
    skewed = Servers(servers.addresses, {**servers.held_out, "predictions": predictions})
    verdict, _, _ = deploy(skewed, tmp_path, "2", mode=mode)
    assert "The served prediction of held-out row 0 is" in verdict.failures[0]
    assert {percent for _, percent in kube.shares} <= {0, 100}
    assert get_storage_uri(kube) == URIS["1"]


@pytest.mark.slow_variants
def test_a_model_that_fails_at_a_step_is_taken_back(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    # One request reads the version, two requests of a hundred rows check the predictions.
    Failing.n_requests = 0
    verdict, _, summary = deploy(servers, tmp_path, "2", package="failing", mode=mode)
    assert "of them failed; 1.0% are allowed" in verdict.failures[0]
    assert "rolled back" in summary
    assert get_storage_uri(kube) == URIS["1"]


def test_a_slow_model_is_taken_back(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    verdict, _, _ = deploy(servers, tmp_path, "2", max_p95_ms=0.001)
    assert "0.001 ms are allowed" in verdict.failures[0]
    assert get_storage_uri(kube) == URIS["1"]


def test_a_wrong_version_behind_the_address_is_found(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    kube.servers[URIS["2"]] = kube.servers[URIS["1"]]
    verdict, _, _ = deploy(servers, tmp_path, "2", ready_seconds=1.0)
    assert verdict.failures == ("The service answers with version '1', not '2'.",)


@pytest.mark.slow_variants
def test_the_same_again_changes_nothing(servers: Servers, kube: KubeApi, mode: str, tmp_path: Path) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    spec = kube.objects["InferenceService", "churn"]["spec"]
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    assert kube.objects["InferenceService", "churn"]["spec"] == spec


@pytest.mark.slow_variants
def test_a_rollout_that_died_is_begun_anew(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    kube.forbidden = {("DELETE", "InferenceService"), ("PUT", "Lease")}
    with pytest.raises(KubernetesError, match="leases is forbidden"):
        deploy(servers, tmp_path, "2", mode=mode)
    kube.forbidden = set()
    assert deploy(servers, tmp_path, "2", mode=mode)[0].passed
    assert get_storage_uri(kube) == URIS["2"]


def test_a_defect_leaves_no_requests_with_a_model_that_nobody_watches(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed

    def watch(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("components.deploy.model_endpoint.ModelEndpoint.measure_requests", watch)
    with pytest.raises(ZeroDivisionError, match="a defect"):
        deploy(servers, tmp_path, "2", mode=mode)
    assert get_storage_uri(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects


def test_a_changed_template_does_not_change_running_servers(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    before = get_runtime(kube)
    changed = yaml.safe_load(TEMPLATE.read_text())
    changed["spec"]["containers"][0]["resources"]["limits"]["memory"] = "2Gi"
    kube.apply("ServingRuntime", "kfp-tabular", changed, "kubectl")
    assert deploy(servers, tmp_path, "2")[0].passed
    after = get_runtime(kube)
    assert after["metadata"]["name"] != before["metadata"]["name"]
    assert kube.objects["ServingRuntime", before["metadata"]["name"]] == before
    assert after["spec"]["containers"][0]["resources"]["limits"]["memory"] == "2Gi"


def test_a_model_is_served_by_the_image_of_the_versions_that_trained_it(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    place = write_registration(
        servers, tmp_path, "1", "mlflow-artifacts:/1", serve_image="registry.example/kfp-tabular-serve:1.1.0"
    )
    written = {name: str(tmp_path / name) for name in ("summary", "verdict")}
    run(registration=str(place), **written, run_name="1", settings=Settings(**QUICK))  # type: ignore[arg-type]
    made = get_runtime(kube)["spec"]["containers"][0]
    assert made["image"] == "registry.example/kfp-tabular-serve:1.1.0"


def test_the_served_model_becomes_the_champion(
    servers: Servers, kube: KubeApi, registry: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    assert find_champion(registry) == "1"
    assert not deploy(servers, tmp_path, "2", max_p95_ms=0.001)[0].passed
    assert find_champion(registry) == "1"
    assert deploy(servers, tmp_path, "2")[0].passed
    assert find_champion(registry) == "2"


@pytest.mark.slow_variants
@pytest.mark.parametrize("is_last", [False, True])
def test_with_knative_a_model_that_is_taken_back_gets_no_more_requests_on_the_way(
    servers: Servers, kube: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_last: bool
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    replay, seen = ModelEndpoint.check_predictions, []

    def make_doubtful(endpoint: ModelEndpoint, held_out: HeldOutRows) -> float:
        seen.append(endpoint)
        if len(seen) == 1 + is_last:
            kube.traffic.clear()
            raise ModelCheckError("It is not what it was.", "Look.")
        return replay(endpoint, held_out)

    monkeypatch.setattr(ModelEndpoint, "check_predictions", make_doubtful)
    assert not deploy(servers, tmp_path, "2")[0].passed
    assert kube.traffic == [{URIS["1"]: 100}] * (2 + is_last)


@pytest.mark.slow
def test_with_knative_what_is_served_keeps_all_requests_when_it_is_deployed_again(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    assert deploy(servers, tmp_path, "2")[0].passed
    kube.traffic.clear()
    assert deploy(servers, tmp_path, "2", max_replicas=5)[0].passed
    assert kube.traffic == [{URIS["2"]: 100}]
    assert not deploy(servers, tmp_path, "2", max_p95_ms=0.001)[0].passed
    assert get_storage_uri(kube) == URIS["2"]


def test_a_pod_that_gets_sigterm_undoes_its_rollout(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    monkeypatch.setattr(ModelEndpoint, "measure_requests", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit, match="143"):
        deploy(servers, tmp_path, "2", mode=mode)
    assert get_storage_uri(kube) == URIS["1"]
    assert ("InferenceService", "churn-canary") not in kube.objects
    assert read_record(kube)["version"] == "1"


def test_another_mode_is_refused_before_anything_changes(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode="Standard")[0].passed
    spec = kube.objects["InferenceService", "churn"]["spec"]
    with pytest.raises(InvalidSetting, match="runs in the mode Standard, which cannot become Knative"):
        deploy(servers, tmp_path, "2", mode="Knative")
    assert kube.objects["InferenceService", "churn"]["spec"] == spec
    assert read_record(kube)["version"] == "1"


@pytest.mark.slow_variants
def test_a_model_that_is_taken_back_gets_its_own_settings_back(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode, memory="2Gi")[0].passed
    assert not deploy(servers, tmp_path, "2", mode=mode, memory="8Gi", max_p95_ms=0.001)[0].passed
    model = kube.objects["InferenceService", "churn"]["spec"]["predictor"]["model"]
    assert model["resources"]["limits"]["memory"] == "2Gi"


def test_a_champion_that_cannot_be_set_is_set_by_the_next_run(
    servers: Servers, kube: KubeApi, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(InvalidSetting, match="Version 2 is served, but deploy cannot make it the champion"):
        deploy(servers, tmp_path, "2")
    assert (read_record(kube)["version"], find_champion(registry)) == ("2", "1")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
    _, _, summary = deploy(servers, tmp_path, "2")
    assert "may not be the champion" in summary
    assert find_champion(registry) == "2"
