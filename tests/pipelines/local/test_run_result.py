import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components._problem.verdict import Verdict
from pipelines.local.local_run import RunOutcome, RunStatus
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult, describe_gate, read_run_result
from pipelines.local.run_state import RunState
from pipelines.local.use_results import ScoringUse
from tests.pipelines.local.test_summary import AMBER, INVALID, PASSED, REJECTED, SCORED

RECORD: dict[str, Any] = {
    "pipeline": "training",
    "options": {"trials": "3"},
    "parameters": {"trials": 3, "budget_minutes": 5.0, "metric": "auto"},
    "commit": "abc",
}


UNCOUNTED = {**PASSED.parameters, "trials": 0}


@pytest.mark.parametrize(
    ("result", "level", "headline"),
    [
        (PASSED, "good", "Passed its gates"),
        (REJECTED, "error", "FAILED its gates"),
        (AMBER, "warning", "Passed, but no better than a linear model (0.839 against 0.83)"),
        (INVALID, "error", "A model cannot be trained on this table"),
        (SCORED, "good", "1,234 rows predicted"),
    ],
)
def test_a_result_has_a_level_and_a_headline(result: RunResult, level: str, headline: str) -> None:
    assert (result.level, result.headline) == (level, headline)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"n_tried": 29}, True),
        ({"n_tried": 0}, False),
        ({"is_ended_by_time": True}, True),
        ({"is_ended_by_time": True, "parameters": {}}, False),
        # Time ends such a sweep anyway; few trials say little about what is best.
        ({"parameters": UNCOUNTED, "is_ended_by_time": True, "n_tried": 8}, False),
        ({"parameters": UNCOUNTED, "n_tried": 7}, True),
        ({"parameters": UNCOUNTED, "n_tried": 0}, False),
    ],
)
def test_a_sweep_that_did_not_run_all_its_trials_is_cut_short(
    changes: dict[str, Any], expected: bool
) -> None:
    assert replace(PASSED, **changes).is_cut_short is expected


def write_outputs(folder: RunFolder, outputs: dict[str, str | dict[str, Any]]) -> None:
    """Write the outputs of tasks, by ``task/name``."""
    for name, content in outputs.items():
        path = folder.artifacts / "training-1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def read(folder: RunFolder, status: RunStatus, *tasks: str, failed: str = "") -> RunResult:
    state = RunState([*tasks, failed] if failed else tasks)
    for task in (*tasks, failed):
        if task:
            state.apply_event({"event": "task", "name": task, "state": "started", "time": 1.0})
            if task == failed:
                state.apply_event({"event": "error", "what": "It failed.", "remedy": "", "time": 1.5})
            ended = {"state": "finished", "seconds": 1.0, "status": int(task == failed), "time": 2.0}
            state.apply_event({"event": "task", "name": task, **ended})
    return read_run_result(folder, RunOutcome(status, state, 12.5, RECORD))


def make_metadata(**artifacts: dict[str, Any]) -> dict[str, Any]:
    return {"artifacts": {name: {"artifacts": [{"metadata": of}]} for name, of in artifacts.items()}}


@pytest.mark.parametrize(
    ("seconds", "minutes", "is_long"), [(12.3, 0.2, False), (64.0, 1.0, False), (15.7, 0.1, True)]
)
def test_a_run_that_took_too_long_says_why(seconds: float, minutes: float, is_long: bool) -> None:
    parameters = {**PASSED.parameters, "budget_minutes": minutes}
    overrun = replace(PASSED, seconds=seconds, parameters=parameters).overrun
    if not is_long:
        assert overrun == ""
        return
    assert overrun.startswith("The run took 16 s and not 6 s: the stages beside tune and train took 1 s")


def test_a_run_that_scores_has_no_time_to_keep() -> None:
    assert replace(PASSED, seconds=1e6, parameters={"source": "table.csv"}).overrun == ""


def test_a_training_is_read_from_its_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_outputs(
        folder,
        {
            "ingest/executor_output.json": make_metadata(dataset={"rows": 12}),
            "problem/brief": "# Brief",
            "evaluate/report": "<p>",
            "train/model/lineage.json": {"ended_by_time": True, "warnings": []},
            "register/registration/registration.json": {
                **{"model": "y", "version": "3", "package": None, "champion": None, "tags": {}}
            },
        },
    )
    Verdict((), "", {"caveat": ""}).save(folder.artifacts / "training-1" / "evaluate" / "verdict")
    result = read(folder, "succeeded", "ingest", "evaluate")
    assert [(stage.name, stage.status) for stage in result.stages] == [
        ("ingest", "done"),
        ("evaluate", "done"),
    ]
    assert result.stages[1].page == folder.artifacts / "training-1" / "evaluate" / "report"
    assert (result.data, result.documents) == ({"rows": 12}, {"Brief": "# Brief"})
    assert (result.is_ended_by_time, result.is_registered, result.evaluation) == (True, True, {"caveat": ""})
    assert str(result.command).endswith("run training --trials 3")
    assert result.use is None


def test_a_gate_gives_its_reasons(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    place = folder.artifacts / "training-1" / "validate"
    place.mkdir(parents=True)
    facts = {
        "rows": 12,
        "columns": 2,
        "rows_without_target": 0,
        "readings": [],
        "warnings": [],
    }
    record = {**facts, "task": None, "metric": None, "positive_class": None, "classes": 0}
    Verdict(("The target has one class.",), "Mend it.", record).save(place / "verdict")
    result = read(folder, "rejected", "validate", failed="validate-gate")
    assert (result.failures, result.remedy) == (("The target has one class.",), "Mend it.")
    assert (result.evaluation, result.is_registered) == (None, False)


def test_a_scoring_is_read_from_its_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    facts: dict[str, dict[str, Any]] = {
        "metrics": {"rows": 5.0, "rate_yes": 0.2, "rate_no": 0.8},
        "predictions": {"output": "", "ignored": ["x"]},
    }
    write_outputs(
        folder,
        {
            "score-result/predictions": "",
            "score-result/report": "",
            "score-result/executor_output.json": make_metadata(**facts),
            "ingest-rows/executor_output.json": make_metadata(dataset={"unreadable": {"a": 2}}),
            "register-fetch/registration/registration.json": {
                **{"model": "y", "version": "3", "package": None, "champion": None, "tags": {}}
            },
        },
    )
    scoring = read(folder, "succeeded").use
    assert isinstance(scoring, ScoringUse)
    assert (scoring.rows, scoring.shares) == (5, {"yes": 0.2, "no": 0.8})
    assert (scoring.ignored, scoring.made_null) == (("x",), {"a": 2})
    assert scoring.model == "y, version 3"


@pytest.mark.parametrize(
    ("value", "passed", "expected"),
    [
        (0.8391, True, "passed with 0.839"),
        (0.74996, False, "FAILED with 0.74996"),
        (0.7, False, "FAILED with 0.7"),
    ],
)
def test_a_score_that_failed_differs_from_its_bound(value: float, passed: bool, expected: str) -> None:
    assert describe_gate({"gate": "0.75 ≤ roc_auc", "value": value, "passed": passed}) == expected
