import pytest

from pipelines.local.run_state import RunState, get_stage

TASKS = ["problem", "validate", "validate-gate", "tune-plan", "tune"]


def make_start(name: str, time: float) -> dict:
    return {"event": "task", "name": name, "state": "started", "time": time}


def make_end(name: str, time: float, status: int = 0) -> dict:
    return {
        "event": "task",
        "name": name,
        "state": "finished",
        "time": time,
        "seconds": 1.0,
        "status": status,
    }


def error(what: str) -> dict:
    return {"event": "error", "what": what, "remedy": "", "time": 0.0}


def apply_events(*events: dict) -> RunState:
    state = RunState(TASKS)
    for event in events:
        state.apply_event(event)
    return state


@pytest.mark.parametrize(
    ("task", "stage"), [("tune", "tune"), ("tune-plan", "tune"), ("validate-gate", "validate")]
)
def test_tasks_of_a_stage_share_its_name(task: str, stage: str) -> None:
    assert get_stage(task) == stage


def test_stages_keep_the_order_of_the_tasks() -> None:
    assert list(apply_events().stages) == ["problem", "validate", "tune"]


def test_a_stage_whose_plan_runs_early_stands_where_its_work_is() -> None:
    assert list(RunState(["ingest-plan", "problem", "ingest", "validate"]).stages) == [
        "problem",
        "ingest",
        "validate",
    ]


@pytest.mark.parametrize(
    ("events", "status", "seconds"),
    [
        ([], "waiting", 0.0),
        ([make_start("validate", 1.0)], "running", 9.0),
        ([make_start("validate", 1.0), make_end("validate", 3.0)], "running", 2.0),
        (
            [
                make_start("validate", 1.0),
                make_end("validate", 3.0),
                make_start("validate-gate", 4.0),
                make_end("validate-gate", 4.5),
            ],
            "done",
            2.5,
        ),
        ([make_start("validate", 1.0), make_end("validate", 2.0, 1)], "failed", 1.0),
    ],
)
def test_a_stage_is_done_when_all_its_tasks_are(events: list[dict], status: str, seconds: float) -> None:
    stage = apply_events(*events).stages["validate"]
    assert (stage.status, stage.compute_seconds(10.0)) == (status, seconds)


def test_tasks_side_by_side_count_once() -> None:
    events = [make_start("tune", 1.0), make_start("tune", 2.0), make_end("tune", 4.0), make_end("tune", 6.0)]
    assert apply_events(*events).stages["tune"].seconds == 5.0


def test_the_count_of_trials_never_goes_back() -> None:
    counts = [{"event": "trial", "finished": n} for n in (1, 3, 2)]
    assert apply_events(*counts).trial == {"event": "trial", "finished": 3}


@pytest.mark.parametrize(
    ("events", "failed", "rejecting"),
    [
        ([make_end("problem", 1.0)], None, None),
        ([error("x"), make_end("problem", 1.0, 1)], "problem", None),
        ([error("x"), make_end("validate-gate", 1.0, 1)], "validate-gate", "validate"),
        ([make_end("validate-gate", 1.0, 1)], "validate-gate", None),
        ([make_end("tune", 1.0, 1), make_end("tune-plan", 2.0, 1)], "tune", None),
    ],
)
def test_a_run_is_rejected_by_a_gate_that_says_so(
    events: list[dict], failed: str | None, rejecting: str | None
) -> None:
    state = apply_events(*events)
    assert (state.failed_task, state.rejecting_stage) == (failed, rejecting)


def test_events_of_other_kinds_are_left_alone() -> None:
    state = apply_events({"event": "weather", "time": 1.0})
    assert [stage.status for stage in state.stages.values()] == ["waiting"] * 3
