"""KServe accepts the objects that deploy applies, and they agree with those in git."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from components._inference_log.kserve_events import ID_HEADER
from components.deploy.objects import Release, ServiceSpec, build_inference_service, build_runtime
from components.deploy.settings import Settings
from pipelines.catalogue import ROOT
from tests.manifests.kserve_schema import find_faults

RELEASE = Release("churn", "3", "s3://mlflow/1/models/m-1/artifacts/package", "kfp-tabular-1-2-0-0123456789")


def make_manifest(path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "manifests" / "base" / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("settings", [Settings(), Settings(mode="Standard")], ids=lambda of: str(of.mode))
@pytest.mark.parametrize("percent", [None, 10])
def test_kserve_accepts_the_service(settings: Settings, percent: int | None) -> None:
    assert list(find_faults(build_inference_service("churn", ServiceSpec(RELEASE, settings), percent))) == []


def test_kserve_accepts_the_runtime_whose_name_depends_on_image_and_content() -> None:
    template = make_manifest("serving/kfp-tabular-servingruntime.yaml")
    made = build_runtime(template, "registry.example:5000/team/kfp-tabular-serve:1.2.0")
    assert list(find_faults(made)) == []
    name = made["metadata"]["name"]
    assert name.startswith("kfp-tabular-1-2-0-")
    assert len(name) <= 63
    assert build_runtime(template, "registry.example:5000/team/kfp-tabular-serve:1.2.0") == made
    others = [
        build_runtime(template, "registry.example:5000/team/kfp-tabular-serve:1.2.1"),
        build_runtime(template, "registry.example:5000/team/kfp-tabular-serve@sha256:" + "0" * 64),
        build_runtime({"spec": {**template["spec"], "volumes": []}}, made["spec"]["containers"][0]["image"]),
    ]
    names = {name, *(of["metadata"]["name"] for of in others)}
    assert len(names) == 4
    assert all(len(of) <= 63 for of in names)


def test_a_service_agrees_with_the_one_in_git() -> None:
    made = build_inference_service("model", ServiceSpec(RELEASE, Settings(mode="Standard")))
    of_git = make_manifest("model/model-inferenceservice.yaml")
    assert of_git["metadata"]["annotations"] == made["metadata"]["annotations"]
    assert of_git["metadata"]["labels"].items() <= made["metadata"]["labels"].items()
    predictor, by_git = made["spec"]["predictor"], of_git["spec"]["predictor"]
    same = ("serviceAccountName", "minReplicas", "maxReplicas")
    assert {name: predictor.get(name) for name in same} == {name: by_git.get(name) for name in same}
    for name in ("modelFormat", "protocolVersion"):
        assert predictor["model"][name] == by_git["model"][name]
    assert by_git["model"]["runtime"] == "kfp-tabular"


def test_with_a_log_sink_kserve_logs_each_version_to_an_address_of_its_own() -> None:
    settings = Settings(log_sink="http://kfp-tabular-log-sink.kubeflow:8080/")
    for release, place in ((RELEASE, "churn/3"), (replace(RELEASE, model="a b%", version="4"), "a%20b%25/4")):
        made = build_inference_service("churn", ServiceSpec(release, settings))
        assert list(find_faults(made)) == []
        url = f"http://kfp-tabular-log-sink.kubeflow:8080/{place}"
        logger = made["spec"]["predictor"]["logger"]
        assert (logger["mode"], logger["url"]) == ("all", url)
        assert logger["metadataHeaders"] == [ID_HEADER]
    assert (
        "logger"
        not in build_inference_service("churn", ServiceSpec(RELEASE, Settings()))["spec"]["predictor"]
    )


@pytest.mark.parametrize(
    ("request_", "limit", "expected"), [("200m", "1", 350), ("1", "1", 70), ("0.5", "2", 280)]
)
def test_without_knative_a_pod_is_added_at_70_percent_of_the_limit(
    request_: str, limit: str, expected: int
) -> None:
    settings = Settings(mode="Standard", cpu_request=request_, cpu_limit=limit)
    predictor = build_inference_service("churn", ServiceSpec(RELEASE, settings))["spec"]["predictor"]
    (metric,) = predictor["autoScaling"]["metrics"]
    assert metric["resource"]["target"] == {"type": "Utilization", "averageUtilization": expected}
    assert predictor["model"]["resources"]["requests"]["cpu"] == request_
    assert predictor["model"]["resources"]["limits"]["cpu"] == limit
