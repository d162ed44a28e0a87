import pytest

from components.waiting_tasks import WaitingTasks
from components.workflow import Workflow
from tests.workflows import make_manifest, make_task

NOT_THERE = 'ImagePullBackOff: Back-off pulling image "r/x:1": ErrImagePull: r/x:1: not found'
NO_SECRET = 'CreateContainerConfigError: secret "kfp-tabular" not found'
BACK_OFF = 'ImagePullBackOff: Back-off pulling image "r/x:1": connection reset'
NO_ROOM = "Unschedulable: 0/1 nodes are available."
STARTING = "PodInitializing"


def look(*messages: str, phase: str = "Pending", deadline: int | None = None) -> Workflow:
    """Return a workflow in which one task has each of these messages."""
    tasks = [make_task(f"task-{i}", f"Task {i}", phase, text) for i, text in enumerate(messages)]
    workflow = Workflow.parse(make_manifest(*tasks, activeDeadlineSeconds=deadline))
    assert workflow
    return workflow


def follow(*messages: str) -> WaitingTasks:
    """Return what is known of one task that had these messages, ten seconds apart, from second 0 on."""
    waiting = WaitingTasks()
    for i, message in enumerate(messages):
        waiting.update(look(message), 10.0 * i)
    return waiting


@pytest.mark.parametrize("message", [NOT_THERE, NO_SECRET])
def test_a_task_is_hopeless_once_it_has_waited_long_enough(message: str) -> None:
    waiting = follow(message, message)
    assert waiting.find_hopeless(10.0, 11.0) is None
    task = waiting.find_hopeless(10.0, 10.0)
    assert task
    assert task.title == "Task 0"


@pytest.mark.parametrize("message", [NO_ROOM, STARTING, BACK_OFF])
def test_a_task_that_may_start_by_itself_is_waited_for(message: str) -> None:
    waiting = follow(*[message] * 100)
    assert waiting.find_hopeless(990.0) is None
    (task,) = waiting.list_all()
    assert task.since == 0.0


def test_the_time_counts_from_the_cause_and_not_from_the_beginning() -> None:
    waiting = follow(STARTING, STARTING, NOT_THERE)
    assert waiting.find_hopeless(79.0, 60.0) is None
    assert waiting.find_hopeless(80.0, 60.0)
    assert waiting.list_all()[0].since == 0.0


def test_a_cause_that_kubernetes_mentions_now_and_then_counts_all_the_time() -> None:
    task = follow(NOT_THERE, BACK_OFF, BACK_OFF).find_hopeless(20.0, 20.0)
    assert task
    assert task.cause.what.endswith("not found")


@pytest.mark.parametrize("now", [STARTING, "", NO_ROOM, BACK_OFF])
def test_a_pod_that_moves_on_is_hopeful_again(now: str) -> None:
    assert follow(NO_SECRET, now).find_hopeless(1000.0) is None
    waiting = follow(NO_SECRET, now, NOT_THERE)
    assert waiting.find_hopeless(79.0, 60.0) is None
    assert waiting.find_hopeless(80.0, 60.0)


def test_a_task_that_has_started_waits_no_more() -> None:
    waiting = follow(NOT_THERE)
    waiting.update(look("", phase="Running"), 10.0)
    assert waiting.list_all() == []
    assert waiting.find_hopeless(1000.0) is None


def test_one_hopeless_task_of_several_is_enough() -> None:
    waiting = WaitingTasks()
    waiting.update(look(NO_ROOM, NOT_THERE), 0.0)
    task = waiting.find_hopeless(0.0)
    assert task
    assert task.title == "Task 1"


def test_what_a_stopped_run_waited_for_stays_known() -> None:
    waiting = follow(NOT_THERE)
    waiting.update(look("Step exceeded its deadline", phase="Failed", deadline=0), 10.0)
    assert waiting.find_hopeless(10.0)
