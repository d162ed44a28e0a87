import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.interface import Command
from pipelines.local.decisions import Decisions
from pipelines.local.run_result import RunResult, StageResult
from pipelines.local.summary import format_times, list_decisions, list_facts, show_summary
from pipelines.local.use_results import ScoringUse

EVALUATION = {
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
PASSED = RunResult(
    name="one",
    status="succeeded",
    seconds=12.34,
    parameters={
        "source": "/data/my table.csv",
        "target": "y",
        "trials": 30,
        "budget_minutes": 5.0,
        "seed": 0,
    },
    command=Command(("run", "training"), {"source": "my table.csv", "target": "y"}),
    commit="abc",
    stages=(
        StageResult("ingest", "done", 1.04, None),
        StageResult("tune", "done", 9.5, None),
        StageResult("train", "waiting", 0.0, None),
    ),
    failures=(),
    remedy="",
    evaluation=EVALUATION,
    data={},
    documents={},
    decisions=Decisions(
        facts=(("task", "binary, positive class 'yes'"), ("table", "10,000 rows and 5 columns read")),
        left_out=("income (identifies rows)",),
        warnings=("The target is empty in 3 rows. Rows without a target are left out.",),
    ),
    n_tried=30,
    is_registered=True,
)
REJECTED = replace(
    PASSED,
    status="rejected",
    evaluation={**EVALUATION, "gates": [{"gate": "0.9 ≤ roc_auc", "value": 0.83916, "passed": False}]},
    failures=("0.9 ≤ roc_auc does not hold.",),
    remedy="Try more trials.",
)
AMBER = replace(
    PASSED,
    evaluation={
        **EVALUATION,
        "simple": 0.83,
        "caveat": "no better than a linear model (0.839 against 0.83)",
        "against_simple": {"words": "the model is the same (95 % interval of its gain 0 to 0.02)"},
        "explanations": ["Accuracy is low for a reason."],
    },
)
INVALID = replace(
    PASSED, status="rejected", evaluation=None, failures=("The target has one class.",), remedy="Mend."
)

SCORED = replace(
    PASSED,
    evaluation=None,
    use=ScoringUse(
        "churn, version 3",
        1_234,
        {"no": 0.75, "yes": 0.25},
        (Path("/runs/one/predictions"), Path("/runs/one/predictions.csv")),
        "s3://scores/daily/0a1b",
        ("a", "b", "c", "d", "e", "f"),
        {"a": 16, "b": 1},
    ),
)


def test_the_facts_are_those_of_the_verdict() -> None:
    assert list_facts(EVALUATION, 30) == [
        ("model", "LightGBM, from 30 trials"),
        ("ROC AUC", "0.839 (95 % interval 0.818 to 0.861, 2,000 test rows)"),
        ("baseline", "0.500"),
        ("simple model", "–"),
        ("gate 0.75 ≤ roc_auc", "passed with 0.839"),
    ]


def test_trials_that_were_ended_early_are_told_from_those_that_finished() -> None:
    assert list_facts({**EVALUATION, "trials": 18}, 30)[0] == (
        "model",
        "LightGBM, from 18 finished trials of 30",
    )


def test_the_longest_stage_comes_first() -> None:
    assert format_times(PASSED) == "12.3 s: tune 9.5, ingest 1.0"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PASSED, ["Passed its gates", "LightGBM", "/runs/one/index.html"]),
        (PASSED, ["task      binary, positive class 'yes'", "left out  income (identifies rows)"]),
        (PASSED, ["warning   The target is empty in 3 rows. Rows without a target are left out."]),
        (
            AMBER,
            [
                "Passed, but no better than a linear model (0.839 against 0.83)",
                "simple model         0.830: the model is the same (95 % interval of its gain 0 to 0.02)",
                "note                 Accuracy is low for a reason.",
            ],
        ),
        (
            REJECTED,
            ["FAILED its gates", "FAILED with 0.839", "0.9 ≤ roc_auc does not hold.", "Try more trials."],
        ),
        (INVALID, ["A model cannot be trained on this table", "The target has one class.", "Mend."]),
    ],
)
def test_the_summary_says_what_came_out(result: RunResult, expected: list[str]) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100)
    show_summary(result, Path("/runs/one/index.html"), console)
    text = out.getvalue()
    assert [phrase for phrase in expected if phrase not in text] == []


@pytest.mark.parametrize(
    ("result", "style"),
    [(PASSED, "[1;32m"), (AMBER, "[1;33m"), (REJECTED, "[1;31m")],
)
def test_the_headline_is_green_amber_or_red(result: RunResult, style: str) -> None:
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=True, color_system="standard")
    show_summary(result, Path("/runs/one/index.html"), console)
    assert f"\x1b{style}{result.headline}" in out.getvalue()


def test_a_sweep_that_time_ended_is_said_within_the_ten_lines() -> None:
    many = replace(PASSED.decisions, warnings=tuple(f"warning {i}" for i in range(20)))
    lines = list_decisions(replace(PASSED, n_tried=12, decisions=many))
    assert len(lines) == 10
    assert lines[-2:] == [
        ("warning", "and 15 more: see the validation page"),
        ("sweep", "the time was up after 12 of 30 trials: another run may give another model"),
    ]


def test_a_run_that_took_too_long_is_said() -> None:
    late = replace(PASSED, seconds=400.0)
    assert list_decisions(late)[-1] == ("time", late.overrun) != ("time", "")


@pytest.mark.parametrize("is_terminal", [False, True])
def test_no_line_is_longer_than_the_console_and_the_next_is_below_its_text(is_terminal: bool) -> None:
    long = replace(PASSED, decisions=Decisions(warnings=("very " * 40,)), failures=("very " * 40,))
    out = io.StringIO()
    console = Console(file=out, width=60, force_terminal=is_terminal, color_system=None)
    show_summary(long, Path("/i"), console)
    lines = out.getvalue().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("warning  very"))
    assert lines[first + 1].startswith(" " * len("warning  ") + "very")
    copyable = lines.index(next(line for line in lines if line.startswith("report")))
    assert max(map(len, lines[:copyable])) <= 60


def test_a_path_is_never_wrapped() -> None:
    out = io.StringIO()
    console = Console(file=out, width=40)
    path = Path("/runs") / ("long-" * 20) / "index.html"
    show_summary(PASSED, path, console)
    assert str(path) in out.getvalue()


def test_a_run_that_scored_says_how_many_rows_and_where_they_are() -> None:
    out = io.StringIO()
    show_summary(SCORED, Path("/runs/one/index.html"), Console(file=out, width=120))
    text = out.getvalue()
    for part in (
        "1,234 rows predicted",
        "churn, version 3",
        "predicted no",
        "75.0%",
        "/runs/one/predictions\n",
        "/runs/one/predictions.csv\n",
        "s3://scores/daily/0a1b",
        "/runs/one/index.html",
    ):
        assert part in text
    assert "next" not in text
