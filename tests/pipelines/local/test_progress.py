import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.local.progress import Progress, StageLines, Tail, build_progress_table
from pipelines.local.run_state import RunState

TRIAL = {
    "event": "trial",
    "finished": 4,
    "trials": 30,
    "metric": "roc_auc",
    "best": 0.81234,
    "best_family": "LightGBM",
    "budget": 600.0,
    "time": 71.0,
}
_OF_TRIAL = "4 of 30 trials, 1:10 of 10:00, best ROC AUC 0.812, LightGBM"


def make_task_event(name: str, state: str, time: float, status: int = 0) -> dict:
    return {"event": "task", "name": name, "state": state, "time": time, "status": status}


def apply_events(*events: dict) -> RunState:
    state = RunState(["ingest", "tune", "train"])
    for event in events:
        state.apply_event(event)
    return state


INGESTED = [make_task_event("ingest", "started", 1.0), make_task_event("ingest", "finished", 2.5)]


def test_the_picture_names_every_stage_and_the_best_trial() -> None:
    state = apply_events(*INGESTED, make_task_event("tune", "started", 3.0), TRIAL)
    out = io.StringIO()
    console = Console(file=out, width=100)
    console.print(build_progress_table(state, now=81.0))
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["✓", "ingest", "1.5", "s"],
        ["›", "tune", "78.0", "s", *_OF_TRIAL.replace("1:10", "1:20").split()],
        ["·", "train"],
    ]


def test_a_stage_has_its_line_when_a_later_one_has_begun() -> None:
    lines = StageLines()
    assert lines.format_new_lines(apply_events(*INGESTED)) == []
    tuned = [
        *INGESTED,
        make_task_event("tune", "started", 3.0),
        TRIAL,
        make_task_event("tune", "finished", 5.0),
    ]
    state = apply_events(*tuned)
    assert lines.format_new_lines(state) == ["✓ ingest           1.5 s"]
    assert lines.format_new_lines(state) == []
    assert lines.format_remaining_lines(state) == [f"✓ tune             2.0 s  {_OF_TRIAL}"]


def test_a_notice_is_shown_once_while_the_run_goes_on() -> None:
    state = apply_events(
        *INGESTED, make_task_event("tune", "started", 3.0), {"event": "notice", "text": "Late."}
    )
    lines = StageLines()
    assert lines.format_new_lines(state) == ["✓ ingest           1.5 s", "! Late."]
    assert lines.format_new_lines(state) == []
    out = io.StringIO()
    Console(file=out, width=100).print(build_progress_table(state, now=10.0))
    assert out.getvalue().splitlines()[-1].split() == ["!", "Late."]


def test_without_a_number_of_trials_the_finished_ones_are_counted() -> None:
    state = apply_events(
        *INGESTED,
        make_task_event("tune", "started", 3.0),
        {**TRIAL, "trials": 0},
        make_task_event("tune", "finished", 5.0),
    )
    assert StageLines().format_remaining_lines(state)[-1] == (
        "✓ tune             2.0 s  4 trials, 1:10 of 10:00, best ROC AUC 0.812, LightGBM"
    )


def test_a_failed_stage_is_marked() -> None:
    state = apply_events(
        make_task_event("ingest", "started", 1.0), make_task_event("ingest", "finished", 2.0, status=1)
    )
    assert StageLines().format_remaining_lines(state) == ["✗ ingest           1.0 s"]


def test_a_stage_that_a_person_stopped_is_not_marked_as_failed() -> None:
    state = apply_events(make_task_event("ingest", "started", 1.0))
    state.is_stopping = True
    state.apply_event(make_task_event("ingest", "finished", 2.0, status=-9))
    assert StageLines().format_remaining_lines(state) == ["‖ ingest           1.0 s  interrupted"]


def test_in_a_log_a_sweep_says_seldom_how_far_it_is() -> None:
    state, lines = apply_events(*INGESTED, make_task_event("tune", "started", 3.0), TRIAL), StageLines()
    assert lines.format_new_lines(state) == ["✓ ingest           1.5 s", f"› tune        {_OF_TRIAL}"]
    state.apply_event({**TRIAL, "finished": 5, "time": 80.0})
    assert lines.format_new_lines(state) == []
    state.apply_event({**TRIAL, "finished": 6, "time": 101.0})
    assert lines.format_new_lines(state) == [
        "› tune        6 of 30 trials, 1:40 of 10:00, best ROC AUC 0.812, LightGBM"
    ]


def test_a_line_is_wrapped_at_the_width_of_the_console(tmp_path: Path) -> None:
    path, out = tmp_path / "events.jsonl", io.StringIO()
    words = " ".join(["word"] * 40)
    with Progress(path, RunState(["ingest"]), Console(file=out, width=60), is_live=False):
        path.write_text(json.dumps({"event": "notice", "text": words}) + "\n")
    first, *rest = out.getvalue().splitlines()
    assert first.startswith("! word")
    assert all(line.startswith("  word") and len(line) <= 60 for line in rest)
    assert out.getvalue().count("word") == 40


def test_the_tail_gives_whole_lines_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = Tail(path)
    assert tail.read() == []
    path.write_text('{"a": 1}\n{"b"')
    assert tail.read() == [{"a": 1}]
    assert tail.read() == []
    with path.open("a") as file:
        file.write(': "ä"}\n')
    assert tail.read() == [{"b": "ä"}]


def make_pass_event(time: float, done: int) -> dict:
    left = 100.0 * (10_000_000_000 - done) / done
    amounts = {"done": done, "total": 10_000_000_000, "unit": "bytes", "left": left}
    return {"event": "pass", "stage": "ingest", "time": time, **amounts}


def test_a_long_pass_shows_how_far_it_is_and_in_a_log_seldom() -> None:
    state = apply_events(make_task_event("ingest", "started", 0.0), make_pass_event(100.0, 4_000_000_000))
    lines = StageLines()
    assert lines.format_new_lines(state) == ["› ingest      4 of 10 GB, 2:30 left"]
    state.apply_event(make_pass_event(120.0, 5_000_000_000))
    assert lines.format_new_lines(state) == []
    out = io.StringIO()
    Console(file=out, width=100).print(build_progress_table(state, now=121.0))
    assert out.getvalue().splitlines()[0].split() == [
        "›",
        "ingest",
        "121.0",
        "s",
        "5",
        "of",
        "10",
        "GB,",
        "1:40",
        "left",
    ]
    state.apply_event(make_pass_event(130.0, 6_000_000_000))
    assert lines.format_new_lines(state) == ["› ingest      6 of 10 GB, 1:07 left"]
    state.apply_event(make_task_event("ingest", "finished", 140.0))
    assert lines.format_remaining_lines(state) == ["✓ ingest         140.0 s"]


@pytest.mark.parametrize("is_live", [False, True])
def test_what_a_task_finds_out_is_announced_after_it(tmp_path: Path, is_live: bool) -> None:
    path = tmp_path / "events.jsonl"
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=is_live)
    said = {"ingest": lambda: ["So many rows."]}
    with Progress(path, RunState(["ingest"]), console, is_live=is_live, announcements=said):
        path.write_text("".join(json.dumps(event) + "\n" for event in INGESTED))
    assert out.getvalue().count("So many rows.\n") == 1


@pytest.mark.parametrize("is_live", [False, True])
def test_events_up_to_the_end_are_seen(tmp_path: Path, is_live: bool) -> None:
    path = tmp_path / "events.jsonl"
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=is_live)
    state = RunState(["ingest", "tune"])
    with Progress(path, state, console, is_live=is_live):
        path.write_text("".join(json.dumps(event) + "\n" for event in INGESTED))
    assert state.stages["ingest"].status == "done"
    assert out.getvalue().count("✓ ingest           1.5 s") == 1
