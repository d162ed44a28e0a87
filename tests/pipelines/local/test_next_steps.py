from dataclasses import replace
from typing import Any

import pytest

from pipelines.interface import MAKE_TARGET, Command
from pipelines.local.next_steps import suggest_next_steps
from pipelines.local.run_result import RunResult
from tests.pipelines.local.test_summary import AMBER, INVALID, PASSED, REJECTED, SCORED

SHORT: dict[str, Any] = {"n_tried": 10}
SAMPLE = replace(
    PASSED,
    parameters={**PASSED.parameters, "source": "sample:churn"},
    command=Command(("run", "training"), {"trials": "30"}),
)
FULL = Command(
    ("run", "training"),
    {
        "source": "t.csv",
        "target": "it's",
        "task": "binary",
        "problem": "my p",
        "trials": "30",
        "seed": "7",
    },
)


@pytest.fixture(autouse=True)
def _through_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAKE_TARGET, "run")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            PASSED,
            [
                ("next", "make score SOURCE='my table.csv' RUN=one"),
                ("or", "make serve RUN=one"),
            ],
        ),
        (replace(PASSED, is_registered=False), [("next", "make serve RUN=one")]),
        (
            replace(PASSED, **SHORT),
            [
                ("next", "make score SOURCE='my table.csv' RUN=one"),
                ("or", "make serve RUN=one"),
                ("or", "make run SOURCE='my table.csv' TARGET=y MINUTES=19"),
            ],
        ),
        (
            AMBER,
            [
                ("next", "make score SOURCE='my table.csv' RUN=one"),
                ("or", "make serve RUN=one"),
                ("or", "make run SOURCE='my table.csv' TARGET=y TRIALS=60"),
            ],
        ),
        (
            SAMPLE,
            [
                ("next", "make score SOURCE=sample:churn RUN=one"),
                ("or", "make serve RUN=one"),
                ("your table", "make run SOURCE=table.csv TARGET=column"),
            ],
        ),
        (REJECTED, [("next", "make run SOURCE='my table.csv' TARGET=y TRIALS=60")]),
        (replace(REJECTED, **SHORT), [("next", "make run SOURCE='my table.csv' TARGET=y MINUTES=19")]),
        (
            replace(REJECTED, command=FULL),
            [
                (
                    "next",
                    "make run SOURCE=t.csv TARGET='it'\"'\"'s' TASK=binary PROBLEM='my p' TRIALS=60 SEED=7",
                )
            ],
        ),
        (
            INVALID,
            [
                (
                    "next",
                    "correct my table.csv as described above, then: make run SOURCE='my table.csv' TARGET=y",
                )
            ],
        ),
        (
            replace(INVALID, command=PASSED.command.replace_options(expectations='{"a": {}}')),
            [
                (
                    "next",
                    "correct my table.csv as described above, then: make run SOURCE='my table.csv' TARGET=y "
                    "EXPECTATIONS='{\"a\": {}}'",
                )
            ],
        ),
        (
            replace(INVALID, command=PASSED.command.replace_options(expectations="e.yaml")),
            [
                (
                    "next",
                    "correct my table.csv or e.yaml as described above, then: make run "
                    "SOURCE='my table.csv' TARGET=y EXPECTATIONS=e.yaml",
                )
            ],
        ),
        (
            replace(INVALID, remedy="Set task=regression to predict them as numbers."),
            [("next", "make run SOURCE='my table.csv' TARGET=y TASK=regression")],
        ),
        (
            replace(INVALID, remedy="Set TASK=multiclass (in problem.yaml, task: multiclass)."),
            [("next", "make run SOURCE='my table.csv' TARGET=y TASK=multiclass")],
        ),
        (
            replace(INVALID, remedy="Write in problem.yaml: columns: {x: {kind: text}}"),
            [
                (
                    "next",
                    "write that into problem.yaml, then: make run SOURCE='my table.csv' TARGET=y "
                    "PROBLEM=problem.yaml",
                )
            ],
        ),
        (
            replace(
                INVALID,
                failures=("metric 'rmse' does not fit a binary task.",),
                command=PASSED.command.replace_options(metric="rmse"),
            ),
            [("next", "make run SOURCE='my table.csv' TARGET=y")],
        ),
        (SCORED, []),
    ],
)
def test_every_step_keeps_what_was_given_and_none_repeats_what_failed(
    result: RunResult, expected: list[tuple[str, str]]
) -> None:
    assert suggest_next_steps(result) == expected


def test_minutes_are_raised_by_at_least_twice() -> None:
    (step,) = suggest_next_steps(replace(REJECTED, n_tried=29))
    assert step[1].endswith("MINUTES=10")
    few = {**REJECTED.parameters, "budget_minutes": 0.0}
    (step,) = suggest_next_steps(replace(REJECTED, n_tried=1, parameters=few))
    assert step[1].endswith("MINUTES=1")


@pytest.mark.parametrize("n_tried", [3, 30])
def test_a_sweep_that_only_time_ends_gets_more_of_it(n_tried: int) -> None:
    uncounted = {**REJECTED.parameters, "trials": 0, "budget_minutes": 2.0}
    command = Command(("run", "training"), {"source": "t.csv", "target": "y", "minutes": "2"})
    (step,) = suggest_next_steps(replace(REJECTED, n_tried=n_tried, parameters=uncounted, command=command))
    assert step == ("next", "make run SOURCE=t.csv TARGET=y MINUTES=4")


def test_runs_elsewhere_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MAKE_TARGET)
    monkeypatch.setattr("sys.orig_argv", ["python3", "-m", "pipelines"])
    command = Command(("run", "training"), {"source": "t.csv", "target": "y", "runs": "/my runs"})
    assert suggest_next_steps(replace(PASSED, command=command)) == [
        ("next", "python3 -m pipelines run scoring --source t.csv --runs '/my runs' --run one"),
        ("or", "python3 -m pipelines serve --runs '/my runs' --run one"),
    ]
