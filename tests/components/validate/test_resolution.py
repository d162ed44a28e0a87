from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.arrow import get_kind
from components._table.schema import Column
from components.validate.loaded_column import LoadedColumn
from components.validate.resolution import resolve_problem
from components.validate.target_profile import TargetProfile, profile_target


def _make_target(values: list[Any]) -> TargetProfile:
    known = [value for value in values if value is not None]
    array = pa.chunked_array([pa.array(values) if known else pa.array(values, pa.string())])
    kind = get_kind(array.type)
    assert kind is not None
    column = Column("y", kind, array.null_count, len(set(known)), min(known, default=None))
    return profile_target(LoadedColumn("y", array), column)


def _make_draft(**settings: Any) -> Problem:
    return Problem.from_settings({"target": "y", **settings})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], "binary"),
        (["a", "b", None], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([f"c{i}" for i in range(100)], "multiclass"),
        ([0, 1, None], "binary"),
        ([7, 9], "binary"),
        ([1.0, 2.0, None], "binary"),
        ([1.5, 2.5], "regression"),
        # Three whole numbers are classes only where each stands for twenty rows.
        ([1, 2, 3] * 20, "multiclass"),
        ([1, 2, 3] * 19, "regression"),
        (list(range(20)) * 20, "multiclass"),
        (list(range(21)) * 21, "regression"),
        ([1.0, 2.0, 3.0, None] * 20, "multiclass"),
        ([0.0, 1.0, None], "binary"),
        ([1.0, 2.0, 3.5] * 20, "regression"),
        ([-1, 0, 1] * 20, "multiclass"),
        # Grades, digits and codes in any order of frequency stay classes.
        ([5] * 90 + [4] * 60 + [3] * 30 + [2] * 20 + [1] * 10, "multiclass"),
        ([1] * 90 + [2] * 60 + [3] * 10 + [4] * 50 + [5] * 30, "multiclass"),
        ([0] * 90 + [1] * 60 + [2] * 30 + [3] * 20, "multiclass"),
    ],
)
def test_the_task_follows_from_the_values(values: list[Any], expected: str) -> None:
    resolution = resolve_problem(_make_draft(), _make_target(values))
    assert resolution.problem.task == expected
    assert {finding.level for finding in resolution.findings} == {"note"}
    assert resolution.findings[0].text.startswith(f"Task: {expected}, because 'y' ")


COUNTS = [number for number, n in enumerate((94, 56, 40, 42, 28, 16, 12, 7, 4, 2, 1)) for _ in range(n)]


@pytest.mark.parametrize(
    "values", [COUNTS, [float(n) for n in COUNTS], [n + 1 for n in COUNTS], [*COUNTS, None], COUNTS * 30]
)
def test_counts_are_a_regression_and_a_warning_says_so(values: list[Any]) -> None:
    resolution = resolve_problem(_make_draft(), _make_target(values))
    assert resolution.problem.task == "regression"
    warning = resolution.findings[0]
    assert warning.level == "warning"
    assert "looks like counts: 11 whole numbers" in warning.text
    assert warning.remedy.startswith("Set TASK=multiclass (in problem.yaml, task: multiclass)")


@pytest.mark.parametrize(
    ("task", "values"),
    [
        ("regression", [1, 2, 1]),
        ("multiclass", [1, 2, 3]),
        ("multiclass", [1.0, 2.0, 3.0]),
        ("multiclass", [f"c{i}" for i in range(101)]),
        ("binary", ["a", "b"]),
    ],
)
def test_a_task_that_fits_is_kept(task: str, values: list[Any]) -> None:
    assert resolve_problem(_make_draft(task=task), _make_target(values)).problem.task == task


@pytest.mark.parametrize(
    ("settings", "values", "text", "remedy"),
    [
        ({}, [None, None], "is empty: no row has a value", "Name another target."),
        ({}, ["a", "a"], "has only one value: 'a'", "Add rows with other values"),
        ({}, [0.5, 0.5], "has only one value: 0.5", "Add rows with other values"),
        ({}, [np.datetime64(i, "us") for i in range(3)], "holds dates", "Turn them into a number"),
        (
            {},
            [f"c{i}" for i in range(101)],
            "text with 101 different values",
            "Set TASK=multiclass (in problem.yaml, task: multiclass) if",
        ),
        ({}, [f"c{i}" for i in range(1001)], "text with 1,001 different values", "Name another target."),
        (
            {"task": "regression"},
            ["a", "b"],
            "it holds text, not numbers",
            "Set TASK=binary (in problem.yaml, task: binary), or",
        ),
        ({"task": "regression"}, ["a", "b", "c"], "it holds text, not numbers", "Set TASK=multiclass"),
        (
            {"task": "regression"},
            [True, False],
            "it holds true and false",
            "Set TASK=binary (in problem.yaml, task: binary), or",
        ),
        (
            {"task": "binary"},
            [1, 2, 3],
            "it has 3 classes (1, 2, 3)",
            "Set TASK=multiclass (in problem.yaml, task: multiclass), or merge",
        ),
        (
            {"task": "multiclass"},
            ["a", "b"],
            "it has two classes ('a', 'b')",
            "Set TASK=binary (in problem.yaml, task: binary).",
        ),
        (
            {"task": "multiclass"},
            [0.5, 1.5, 2.0],
            "its numbers have fractions",
            "Set TASK=regression (in problem.yaml, task: regression).",
        ),
        (
            {"task": "multiclass"},
            [i / 7 for i in range(5000)],
            "its 5,000 different values are too many to be classes (at most 1,000)",
            "Set TASK=regression (in problem.yaml, task: regression) if they are numbers",
        ),
        (
            {"positive_label": "yess"},
            ["yes", "no"],
            "positive_label 'yess' is not a class of the target",
            "Did you mean 'yes'?",
        ),
        ({"positive_label": 2}, [0, 1], "positive_label 2 is not a class", "Known labels: 0, 1."),
        (
            {"metric": "rmse"},
            ["a", "b", "c"],
            "metric 'rmse' does not fit a multiclass task. ",
            "Correct the problem",
        ),
        (
            {"gates": [{"metric": "r2", "min": 0}]},
            [0, 1],
            "gate 'r2' does not fit a binary task",
            "Correct the problem",
        ),
        ({"value": {"tp": 1}}, [0.5, 1.5, 2.5], "value needs a binary task", "Correct the problem"),
        (
            {"monotonic": {"x": "rising"}},
            ["a", "b", "c"],
            "monotonic needs a binary task or a regression; task is 'multiclass'",
            "Correct the problem",
        ),
        ({"positive_label": 1}, [0.5, 1.5, 2.5], "positive_label needs a binary task", "Correct the problem"),
    ],
)
def test_data_that_contradict_the_draft_leave_it_as_it_is(
    settings: dict[str, Any], values: list[Any], text: str, remedy: str
) -> None:
    draft = _make_draft(**settings)
    resolution = resolve_problem(draft, _make_target(values))
    assert resolution.problem == draft
    (finding,) = resolution.findings
    assert finding.level == "error"
    assert text in finding.text
    assert finding.remedy.startswith(remedy)


def test_all_contradictions_are_named_at_once() -> None:
    draft = _make_draft(metric="r2", positive_label="maybe")
    findings = resolve_problem(draft, _make_target(["yes", "no"])).findings
    assert [finding.text.split()[0] for finding in findings] == ["positive_label", "The"]
    assert "metric 'r2' does not fit a binary task" in findings[1].text


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([10, 9], (9, 10)),
        ([10.0, 9.0], (9, 10)),
        (["b", "B", "a", "10", "9"], ("10", "9", "B", "a", "b")),
        ([True, False], (False, True)),
        ([0.5, 1.5], ()),
    ],
)
def test_classes_are_sorted_as_numpy_sorts_them(values: list[Any], classes: tuple[object, ...]) -> None:
    found = resolve_problem(_make_draft(), _make_target(values)).problem.classes
    assert found == classes
    assert [type(label) for label in found] == [type(label) for label in classes]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 1], 1),
        ([-1, 1, 1], 1),
        ([False, True, True], True),
        (["no", "Yes", "Yes"], "Yes"),
        (["N", "Y", "Y"], "Y"),
        (["stayed", "churned", "churned"], "churned"),
        (["'-1'", "'1'", "'1'"], "'1'"),
        ([0.0, 1.0, 1.0], 1),
        # Codes and other names: the rarer class, or of two equal ones the last.
        ([1, 2, 1], 2),
        ([1, 2, 2], 1),
        (["cash", "card", "card"], "cash"),
        (["a", "b"], "b"),
        (["yes", "true", "true"], "yes"),
    ],
)
def test_the_positive_class_is_the_affirmative_one_or_the_rarer(values: list[Any], expected: object) -> None:
    found = resolve_problem(_make_draft(), _make_target(values)).problem.positive_label
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("given", "values", "expected"),
    [
        ("no", ["no", "yes"], "no"),
        ("0", [0, 1], 0),
        (0, ["0", "1"], "0"),
        ("False", [True, False], False),
        (0, [True, False], False),
        ("NO", ["no", "yes"], "no"),
        ("A", ["a", "A"], "A"),
    ],
)
def test_a_positive_class_may_be_named_as_text_or_number(
    given: str | int, values: list[Any], expected: object
) -> None:
    found = resolve_problem(_make_draft(positive_label=given), _make_target(values)).problem.positive_label
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("settings", "values", "expected"),
    [
        ({}, [0, 1], "roc_auc"),
        ({}, ["a", "b", "c"], "neg_log_loss"),
        ({}, [0.5, 1.5], "neg_root_mean_squared_error"),
        ({"metric": "log_loss"}, [0, 1], "neg_log_loss"),
        ({"metric": "neg_log_loss"}, [0, 1], "neg_log_loss"),
        ({"metric": "value", "value": {"tp": 1}}, [0, 1], "value"),
    ],
)
def test_the_metric_becomes_a_scorer(settings: dict[str, Any], values: list[Any], expected: str) -> None:
    problem = resolve_problem(_make_draft(**settings), _make_target(values)).problem
    assert problem.metric == expected
    assert problem.is_resolved


def test_the_rest_of_the_draft_is_kept() -> None:
    draft = _make_draft(identifiers=["id"], gates=[{"metric": "roc_auc", "min": 0.7}], owner="Ada")
    problem = resolve_problem(draft, _make_target([0, 1])).problem
    assert (problem.identifiers, problem.gates, problem.owner) == (("id",), draft.gates, "Ada")


def test_a_resolved_problem_resolves_to_itself() -> None:
    target = _make_target([0, 1, 1])
    once = resolve_problem(_make_draft(), target).problem
    again = resolve_problem(once, target)
    assert again.problem == once
    assert again.findings == ()
