from dataclasses import replace

import pytest

from components._metrics.estimate import Estimate
from components.evaluate.evaluation import Measure
from components.evaluate.significance import (
    describe_caveat,
    describe_comparison,
    describe_differences,
    judge_difference,
)
from tests.components.evaluate.test_report import EVALUATION


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (Estimate(0.1, 0.05, 0.2), "better"),
        (Estimate(0.1, 0.0, 0.2), "the same"),
        (Estimate(-0.1, -0.2, 0.0), "the same"),
        (Estimate(-0.1, -0.2, -0.05), "worse"),
        (Estimate(0.1), "unknown"),
        (None, "unknown"),
    ],
)
def test_a_difference_counts_only_beyond_its_interval(over: Estimate | None, expected: str) -> None:
    assert judge_difference(over) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"over_simple": Estimate(0.1, -0.1, 0.2)}, "no better than a linear model (0.80 against 0.70)"),
        ({"over_simple": Estimate(-0.1, -0.2, -0.1)}, "no better than a linear model (0.80 against 0.70)"),
        (
            {"over_simple": Estimate(0.0, 0.0, 0.0), "title": "Linear model"},
            "no better than a linear model (0.80 against 0.70): it is one itself",
        ),
        (
            {"over_simple": Estimate(0.1, -0.1, 0.2), "over_baseline": Estimate(0.1, -0.1, 0.2)},
            "no better than the baseline (0.80 against 0.50)",
        ),
        ({"measures": (Measure("r2", None, None, None),)}, "R² is undefined on the test rows"),
    ],
)
def test_what_passed_and_is_worth_no_more_than_something_simpler_has_a_caveat(
    changes: dict[str, object], expected: str
) -> None:
    assert describe_caveat(replace(EVALUATION, **changes)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("over", "is_simple", "expected"),
    [
        (None, False, ""),
        (Estimate(0.1), False, "there are too few rows to tell the two apart"),
        (Estimate(0.1, 0.0, 0.2), False, "the model is the same (95 % interval of its gain 0.00 to 0.20)"),
        (
            Estimate(0.1, 0.1, 0.2),
            True,
            "the model is better (95 % interval of its gain 0.100 to 0.200); it is a linear model itself",
        ),
    ],
)
def test_a_comparison_ends_a_line(over: Estimate | None, is_simple: bool, expected: str) -> None:
    assert describe_comparison(over, is_simple=is_simple) == expected


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        (None, []),
        (Estimate(0.1, 0.05, 0.2), ["Better than the linear model by 0.100 (95 % interval 0.050 to 0.200)."]),
        (
            Estimate(-0.1, -0.2, -0.05),
            ["Worse than the linear model by 0.100 (95 % interval 0.050 to 0.200)."],
        ),
        (
            Estimate(0.01, -0.01, 0.03),
            [
                "The same as the linear model within chance: the difference is 0.010 (95 % interval -0.010 "
                "to 0.030)."
            ],
        ),
        (
            Estimate(0.1),
            ["There are too few rows to tell the model and the linear model apart: the difference is 0.1."],
        ),
    ],
)
def test_a_difference_is_called_better_or_worse_only_beyond_chance(
    over: Estimate | None, expected: list[str]
) -> None:
    evaluation = replace(EVALUATION, over_baseline=None, over_simple=over)
    assert describe_differences(evaluation) == expected
    standing = {"Better": "better", "Worse": "worse", "The": "the same", "There": "unknown"}
    assert all(standing[text.split()[0]] == judge_difference(over) for text in expected)
