from typing import Any

import pytest

from components.deploy.pods import collect_pod_faults, collect_pod_messages


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
    ("found", "expected"),
    [
        (
            make_pod(container=make_waiting_state("ImagePullBackOff", "no such tag")),
            "ImagePullBackOff: no such tag",
        ),
        (
            make_pod(container=make_waiting_state("CrashLoopBackOff", "back-off", STORAGE), is_init=True),
            "NoSuchBucket: models",
        ),
        (
            make_pod(container=make_waiting_state("CrashLoopBackOff", "back-off", KILLED)),
            "more than its memory",
        ),
        (
            make_pod(container=make_waiting_state("CreateContainerConfigError", "secret not found")),
            "secret not found",
        ),
    ],
    ids=["image", "storage", "memory", "secret"],
)
def test_reasons_that_waiting_does_not_mend_are_reported(found: Any, expected: str) -> None:
    (message,) = collect_pod_faults([found])
    assert expected in message
    assert message.startswith("churn-1, container ")


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
    assert collect_pod_faults([found]) == collect_pod_messages([found]) == []


def test_a_pod_without_a_node_may_still_get_one() -> None:
    found = make_pod(
        container=make_waiting_state("PodInitializing"),
        scheduled={"status": "False", "message": "Insufficient cpu"},
    )
    assert collect_pod_faults([found]) == []
    assert collect_pod_messages([found]) == ["churn-1 has no node: Insufficient cpu"]


def test_an_image_that_was_not_pulled_once_is_waited_for() -> None:
    found = make_pod(container=make_waiting_state("ErrImagePull", "timeout"))
    assert collect_pod_faults([found]) == []
    assert collect_pod_messages([found]) == ["churn-1, container kserve-container: ErrImagePull: timeout"]
