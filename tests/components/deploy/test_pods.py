import math
from typing import Any

import pytest

from components.deploy.pods import collect_deployment_faults, collect_pod_faults


def make_pod(
    *, container: dict[str, Any], is_init: bool = False, scheduled: dict[str, Any] | None = None
) -> Any:
    statuses = [{"name": "storage-initializer" if is_init else "kserve-container", **container}]
    return {
        "metadata": {"name": "churn-1"},
        "status": {
            "conditions": [{"type": "PodScheduled", "status": "True", **(scheduled or {})}],
            "initContainerStatuses" if is_init else "containerStatuses": statuses,
        },
    }


def make_waiting_state(reason: str, message: str = "", last: dict[str, Any] | None = None) -> dict[str, Any]:
    state = {"state": {"waiting": {"reason": reason, "message": message}}}
    return state if last is None else {**state, "lastState": {"terminated": last}}


KILLED = {"exitCode": 137, "reason": "OOMKilled"}
STORAGE = {"exitCode": 1, "reason": "Error", "message": "Traceback ...\nNoSuchBucket: models"}


@pytest.mark.parametrize(
    ("found", "expected", "remedy"),
    [
        (
            make_pod(container=make_waiting_state("ImagePullBackOff", "no such tag")),
            "ImagePullBackOff: no such tag",
            "Check the image's name",
        ),
        (
            make_pod(container=make_waiting_state("CrashLoopBackOff", "back-off", STORAGE), is_init=True),
            "NoSuchBucket: models",
            "See the logs",
        ),
        (
            make_pod(container=make_waiting_state("CrashLoopBackOff", "back-off", KILLED)),
            "more than its memory",
            "Raise memory",
        ),
        (
            make_pod(container=make_waiting_state("CreateContainerConfigError", "secret not found")),
            "secret not found",
            "Create the Secret",
        ),
    ],
    ids=["image", "storage", "memory", "secret"],
)
def test_reasons_that_waiting_does_not_mend_end_it_in_seconds(found: Any, expected: str, remedy: str) -> None:
    (fault,) = collect_pod_faults(found, [])
    assert expected in fault.text
    assert fault.text.startswith("churn-1, container ")
    assert fault.remedy.startswith(remedy)
    assert fault.patience <= 10


@pytest.mark.parametrize(
    "found",
    [
        make_pod(container={"state": {"running": {}}}),
        make_pod(container=make_waiting_state("ContainerCreating")),
        make_pod(container={"state": {"terminated": {"exitCode": 0}}}, is_init=True),
    ],
    ids=["running", "starting", "done"],
)
def test_a_pod_that_starts_is_not_a_fault(found: Any) -> None:
    assert collect_pod_faults(found, [{"reason": "Scheduled"}]) == []


@pytest.mark.parametrize(
    ("events", "patience"),
    [([], 90.0), ([{"reason": "TriggeredScaleUp"}], math.inf)],
    ids=["full", "scaling"],
)
def test_a_node_is_waited_for_only_while_the_cluster_adds_one(events: list[Any], patience: float) -> None:
    found = make_pod(
        container=make_waiting_state("PodInitializing"),
        scheduled={"status": "False", "message": "Insufficient cpu."},
    )
    (fault,) = collect_pod_faults(found, events)
    assert fault.text.startswith("churn-1 has no node: Insufficient cpu.")
    assert ("The cluster is adding a node." in fault.text) == bool(events)
    assert fault.patience == patience
    assert "cpu_request" in fault.remedy


def test_a_secret_that_cannot_be_mounted_is_named() -> None:
    mount = {"reason": "FailedMount", "message": 'MountVolume.SetUp failed: secret "tls" not found'}
    (fault,) = collect_pod_faults(make_pod(container=make_waiting_state("ContainerCreating")), [mount])
    assert 'secret "tls" not found' in fault.text
    assert fault.remedy.startswith("Create the Secret")
    assert fault.patience < 120
    assert collect_pod_faults(make_pod(container={"state": {"running": {}}}), [mount]) == []


def test_an_image_that_was_not_pulled_once_is_waited_for() -> None:
    (fault,) = collect_pod_faults(make_pod(container=make_waiting_state("ErrImagePull", "timeout")), [])
    assert fault.text == "churn-1, container kserve-container: ErrImagePull: timeout"
    assert fault.patience == math.inf


def test_a_crash_before_the_next_try_is_waited_for() -> None:
    crashed = {"state": {"terminated": {"exitCode": 1, "message": "No disk."}}}
    (fault,) = collect_pod_faults(make_pod(container=crashed), [])
    assert fault.text == "churn-1, container kserve-container: Error: No disk."
    assert fault.patience == math.inf


def test_a_quota_that_is_exceeded_is_said_with_its_remedy() -> None:
    refusal = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    (fault,) = collect_deployment_faults({"status": {"conditions": [refusal]}})
    assert fault.text == "Kubernetes refuses its pods: exceeded quota: small."
    assert "raise it, or ask for less" in fault.remedy
    assert fault.patience < 120
    assert collect_deployment_faults({"status": {"conditions": [{**refusal, "status": "False"}]}}) == []
