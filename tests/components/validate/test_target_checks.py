import pytest

from components.validate.evidence import Check
from components.validate.target_checks import (
    check_imbalance,
    check_rare_classes,
    check_row_count,
    check_target_range,
    check_unknown_targets,
)
from tests.components.validate.evidence import N, find_with


@pytest.mark.parametrize(
    ("check", "settings", "columns", "level", "expected"),
    [
        (
            check_row_count,
            {},
            {"y": [None] * 11 + [0, 1] * 14 + [1]},
            "error",
            ["Only 29 rows with a target; training and testing need at least 30. Add rows."],
        ),
        (check_row_count, {}, {"y": [None] * 10 + [0, 1] * 15}, "error", []),
        (
            check_target_range,
            {},
            {"y": [i * 1e300 for i in range(40)]},
            "error",
            [
                "The target 'y' has numbers from 0 to 3.9e+301: their squared errors are too large for a "
                "computer's numbers. Convert the target to another unit in the source."
            ],
        ),
        (
            check_target_range,
            {},
            {"y": [i * 1e-200 for i in range(40)]},
            "error",
            [
                "The target 'y' has numbers from 0 to 3.9e-199: their squared errors are too small for a "
                "computer's numbers. Convert the target to another unit in the source."
            ],
        ),
        (check_target_range, {}, {"y": [i * 1e20 for i in range(40)]}, "error", []),
        (
            check_rare_classes,
            {},
            {"y": ["a"] * 30 + ["b"] * 5 + ["c"] * 4 + ["d"]},
            "error",
            [
                "Classes of the target 'y' with too few rows: 'c' (4 rows), 'd' (1 row); each class needs at "
                "least 5. Merge them with other classes in the source, or leave their rows out with this "
                "line in problem.yaml: "
                '`columns: {y: {nulls: ["c", "d"]}}`.'
            ],
        ),
        (
            check_rare_classes,
            {"task": "multiclass"},
            {"y": [1.0] * 30 + [2.0] * 8 + [3.0] * 2},
            "error",
            [
                "Classes of the target 'y' with too few rows: 3 (2 rows); each class needs at least 5. "
                "Set TASK=regression (in problem.yaml, task: regression) if they are numbers. Or merge "
                "them in the source, or leave their rows out with this line in problem.yaml: "
                '`columns: {y: {nulls: ["3"]}}`.'
            ],
        ),
        (
            check_rare_classes,
            {},
            {"y": [0] * 38 + [1] * 2},
            "error",
            [
                "Classes of the target 'y' with too few rows: 1 (2 rows); each class needs at least 5. "
                "Add rows of this class, or name another target."
            ],
        ),
        (check_rare_classes, {}, {"y": [i / 7 for i in range(N)]}, "error", []),
        (
            check_unknown_targets,
            {},
            {"y": [None, *[0, 1, 1] * 13]},
            "warning",
            ["The target is empty in 1 row (2.5%). Rows without a target are left out."],
        ),
        (
            check_imbalance,
            {},
            {"y": [1] + [0] * 39},
            "warning",
            [
                "Class 1 is rare: 1 row (2.50%). "
                "Judge the model by average_precision or value, not by accuracy."
            ],
        ),
        (check_imbalance, {}, {"y": [1] * 2 + [0] * 38}, "warning", []),
    ],
)
def test_a_target_that_cannot_be_learned_well_is_found(
    check: Check,
    settings: dict[str, object],
    columns: dict[str, list[object]],
    level: str,
    expected: list[str],
) -> None:
    found, levels = find_with(check, settings, columns)
    assert found == expected
    assert levels <= {level}
