"""What deploy does not touch, and what it does not deploy."""

from pathlib import Path

import pytest
import yaml

from components._kubernetes.client import KubernetesError
from components.deploy.run import Settings, remove, run
from components.errors import InvalidSetting
from tests.components.deploy.rollouts import (
    TEMPLATE,
    Servers,
    deploy,
    read_record,
    write_registration,
)
from tests.kube_api.cluster import KubeApi


def test_fields_that_others_own_are_left_to_them(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    theirs = {"kind": "InferenceService", "spec": {"predictor": {"timeout": 7}}}
    kube.apply("InferenceService", "churn", theirs, "somebody")
    assert deploy(servers, tmp_path, "2")[0].passed
    assert kube.objects["InferenceService", "churn"]["spec"]["predictor"]["timeout"] == 7


def test_a_field_that_somebody_else_decides_on_is_a_conflict(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    theirs = {"spec": {"predictor": {"maxReplicas": 9}}}
    kube.apply("InferenceService", "churn", theirs, "somebody", is_forced=True)
    verdict, _, _ = deploy(servers, tmp_path, "2")
    assert 'conflict with "somebody": .spec.predictor.maxReplicas' in verdict.failures[0]


@pytest.mark.parametrize("hidden", [set(), {"InferenceService", "ServingRuntime"}])
def test_a_namespace_without_the_runtime_is_refused(
    servers: Servers, kube: KubeApi, tmp_path: Path, hidden: set[str]
) -> None:
    kube.delete("ServingRuntime", "kfp-tabular")
    kube.hidden = hidden
    with pytest.raises(InvalidSetting, match="has no ServingRuntime kfp-tabular, or the cluster no KServe"):
        deploy(servers, tmp_path, "1")


def test_without_an_image_nothing_is_deployed(
    servers: Servers, kube: KubeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KFP_TABULAR_SERVE_IMAGE")
    with pytest.raises(InvalidSetting, match="The server's image is unknown"):
        deploy(servers, tmp_path, "1")
    assert kube.history == []


@pytest.mark.parametrize(
    ("version", "package", "says"),
    [
        ("1", "mlflow-artifacts:/1", "MLFLOW_ARTIFACTS_DESTINATION is not set"),
        ("1", "/runs/mlruns/1", "at /runs/mlruns/1, from where KServe's pods cannot fetch it"),
        (None, "", "is not in a registry"),
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
    place = write_registration(servers, tmp_path, version, package)
    with pytest.raises(InvalidSetting, match=says):
        run(registration=str(place), summary="", verdict="", run_name="1", settings=Settings())
    assert kube.history == []


def test_a_version_without_held_out_rows_is_not_deployed(
    servers: Servers, kube: KubeApi, tmp_path: Path
) -> None:
    place = write_registration(servers, tmp_path, "1", "mlflow-artifacts:/1")
    (place / "held_out.json").unlink()
    with pytest.raises(InvalidSetting, match="Version 1 of 'churn' has no held-out rows"):
        run(registration=str(place), summary="", verdict="", run_name="1", settings=Settings())
    assert kube.history == []


def test_a_service_of_somebody_else_is_left_alone(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    theirs = yaml.safe_load((TEMPLATE.parents[1] / "model" / "model-inferenceservice.yaml").read_text())
    kube.apply(
        "InferenceService", "churn", {**theirs, "metadata": {**theirs["metadata"], "name": "churn"}}, "git"
    )
    kube.history.clear()
    with pytest.raises(InvalidSetting, match="churn was not created by deploy"):
        deploy(servers, tmp_path, "1")
    with pytest.raises(InvalidSetting, match="churn was not created by deploy"):
        remove(service="churn", run_name="1")
    assert kube.history == []


def test_a_removed_service_is_gone_and_may_be_removed_again(
    servers: Servers, kube: KubeApi, mode: str, tmp_path: Path
) -> None:
    assert deploy(servers, tmp_path, "1", mode=mode)[0].passed
    for _ in range(2):
        remove(service="churn", run_name="later")
    assert {kind for kind, _ in kube.objects} == {"ServingRuntime"}


def test_a_removal_that_fails_lets_others_in(servers: Servers, kube: KubeApi, tmp_path: Path) -> None:
    assert deploy(servers, tmp_path, "1")[0].passed
    kube.forbidden = {("DELETE", "InferenceService")}
    with pytest.raises(KubernetesError, match="inferenceservices is forbidden"):
        remove(service="churn", run_name="later")
    assert read_record(kube)["version"] == "1"
