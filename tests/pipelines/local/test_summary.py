import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.local.result import Result, Scored, StageResult
from pipelines.local.summary import facts, next_command, show, times

JUDGED = {
    "model": "LightGBM",
    "metric": "roc_auc",
    "score": 0.83916,
    "low": 0.8183,
    "high": 0.8612,
    "baseline": 0.5,
    "simple": None,
    "gates": [{"gate": "0.75 ≤ roc_auc", "value": 0.83916, "passed": True}],
    "rows_train": 8000,
    "rows_test": 2000,
    "threshold": None,
    "trials": 30,
}
PASSED = Result(
    name="one",
    status="succeeded",
    seconds=12.34,
    parameters={"source": "/data/my table.csv", "target": "y", "trials": 30, "seed": 0},
    given={"source": "/data/my table.csv", "target": "y"},
    commit="abc",
    stages=(
        StageResult("ingest", "done", 1.04, None),
        StageResult("tune", "done", 9.5, None),
        StageResult("train", "waiting", 0.0, None),
    ),
    failures=(),
    remedy="",
    judged=JUDGED,
    data={},
    documents={},
)
REJECTED = replace(
    PASSED,
    status="rejected",
    judged={**JUDGED, "gates": [{"gate": "0.9 ≤ roc_auc", "value": 0.83916, "passed": False}]},
    failures=("0.9 ≤ roc_auc does not hold.",),
    remedy="Try more trials.",
)
INVALID = replace(
    PASSED, status="rejected", judged=None, failures=("The target has one class.",), remedy="Mend."
)

SCORED = replace(
    PASSED,
    judged=None,
    scored=Scored(
        "churn, version 3",
        1_234,
        {"no": 0.75, "yes": 0.25},
        Path("/runs/one/predictions"),
        "s3://scores/daily/0a1b",
        Path("/runs/one/report"),
    ),
)


def test_the_facts_are_those_of_the_verdict() -> None:
    assert facts(JUDGED) == [
        ("model", "LightGBM, from 30 trials"),
        ("roc_auc", "0.8392 (95 % interval 0.8183 to 0.8612, 2,000 test rows)"),
        ("baseline", "0.5"),
        ("simple model", "–"),
        ("gate 0.75 ≤ roc_auc", "passed with 0.8392"),
    ]


def test_the_longest_stage_comes_first() -> None:
    assert times(PASSED) == "12.3 s: tune 9.5, ingest 1.0"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PASSED, "make run SOURCE='/data/my table.csv' TARGET=y TRIALS=60"),
        (
            replace(PASSED, parameters={"source": "sample:churn"}),
            "make run SOURCE=table.csv TARGET=column",
        ),
        (INVALID, "mend that, then run again"),
    ],
)
def test_the_next_command_fits_the_result(result: Result, expected: str) -> None:
    assert next_command(result) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PASSED, ["Passed its gates", "LightGBM", "/runs/one/index.html"]),
        (
            REJECTED,
            ["FAILED its gates", "FAILED with 0.8392", "0.9 ≤ roc_auc does not hold.", "Try more trials."],
        ),
        (INVALID, ["The table cannot make a model", "The target has one class.", "Mend."]),
    ],
)
def test_the_summary_says_what_came_out(result: Result, expected: list[str]) -> None:
    console = Console(file=io.StringIO(), width=60)
    show(result, Path("/runs/one/index.html"), console)
    text = console.file.getvalue()
    assert [phrase for phrase in expected if phrase not in text] == []


def test_a_path_is_never_wrapped() -> None:
    console = Console(file=io.StringIO(), width=40)
    path = Path("/runs") / ("long-" * 20) / "index.html"
    show(PASSED, path, console)
    assert str(path) in console.file.getvalue()


def test_a_run_that_scored_says_how_many_rows_and_where_they_are() -> None:
    out = io.StringIO()
    show(SCORED, Path("/runs/one/index.html"), Console(file=out, width=120))
    text = out.getvalue()
    for part in (
        "1,234 rows have their prediction",
        "churn, version 3",
        "predicted no",
        "75.0%",
        "/runs/one/predictions",
        "s3://scores/daily/0a1b",
        "/runs/one/index.html",
    ):
        assert part in text
    assert "next" not in text
