"""The wiring of the training pipeline as it is compiled for a cluster."""

import pytest

from pipelines.remote.wired_tasks import Origin, WiredTask, list_wired_tasks
from tests.pipelines.remote.training import read_training


@pytest.fixture(scope="module")
def tasks() -> dict[str, WiredTask]:
    return {task.name: task for task in list_wired_tasks(read_training())}


def test_an_input_is_that_of_the_task_that_writes_it_or_a_parameter(tasks: dict[str, WiredTask]) -> None:
    assert tasks["ingest"].inputs["source"] == Origin("", "source")
    assert tasks["select"].inputs["engineered"] == Origin("engineer", "recipe")
    # Through the loop of the workers, into it and out of it.
    assert tasks["tune"].inputs["folds"] == Origin("tune-plan", "folds")
    assert tasks["tune-result"].inputs["parts"] == Origin("tune", "results")


def test_a_task_comes_after_those_that_it_waits_for(tasks: dict[str, WiredTask]) -> None:
    assert tasks["problem"].upstream == frozenset()
    assert tasks["ingest"].upstream == {"problem", "ingest-plan"}
    # It takes nothing of the gate.
    assert "validate-gate" in tasks["split"].upstream
    assert tasks["deploy"].upstream >= {"register-gate", "tune", "tune-result"}
    # The exit handler waits for all.
    assert tasks["notify"].upstream == tasks.keys() - {"notify"}


def test_what_settings_say_of_the_cache_is_known(tasks: dict[str, WiredTask]) -> None:
    assert {name for name in ("ingest", "train", "tune-plan") if tasks[name].is_cached} == {
        "ingest",
        "tune-plan",
    }
