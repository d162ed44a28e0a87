import numpy as np
import pytest

from components._compiled.derived import (
    LIMIT,
    Arithmetic,
    CodeTable,
    Cross,
    CyclePosition,
    Days,
    Operation,
    Unit,
    compute_operation,
    drop_extremes,
)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("product", [6.0, -6.0, 0.0, 0.0]),
        ("difference", [1.0, 5.0, -2.0, 0.0]),
        # 3/2, 3/-2 and 0/2 as r / (1 + |r|); of 0/0 nothing is known.
        ("ratio", [0.6, -0.6, 0.0, np.nan]),
    ],
)
def test_operations_are_those_of_arithmetic(operation: Operation, expected: list[float]) -> None:
    left, right = np.array([3.0, 3.0, 0.0, 0.0]), np.array([2.0, -2.0, 2.0, 0.0])
    np.testing.assert_allclose(compute_operation(operation, left, right), expected)


def test_ratios_keep_their_order_and_their_bounds_near_denominators_of_zero() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, 500)) * 10.0 ** rng.integers(-12, 12, (2, 500))
    squashed = compute_operation("ratio", left, right)
    assert (np.abs(squashed) <= 1).all()
    ratios = left / right
    np.testing.assert_allclose(squashed, ratios / (1 + np.abs(ratios)), atol=1e-15)
    assert (np.diff(squashed[np.argsort(ratios)]) >= 0).all()
    assert compute_operation("ratio", np.array([2.0, -2.0]), np.array([0.0, 0.0])).tolist() == [1.0, -1.0]


def test_what_cannot_be_computed_counts_as_missing() -> None:
    huge = np.array([1e300, -1e300, np.inf, np.nan, 1.0])
    product = drop_extremes(compute_operation("product", huge, huge))
    np.testing.assert_array_equal(product, [np.nan, np.nan, np.nan, np.nan, 1.0])
    np.testing.assert_array_equal(drop_extremes(np.array([LIMIT, -2 * LIMIT])), [LIMIT, np.nan])


def test_an_operation_takes_numbers_in_their_unit_and_categories_by_their_table() -> None:
    numbers, codes = np.array([0.0, 1.0]), np.array([1, 0])
    compute = Arithmetic("difference", Unit(mean=10.0, scale=2.0), CodeTable(np.array([3.0, 4.0])))
    assert compute(numbers, codes).tolist() == [6.0, 9.0]


def test_days_between_dates_have_a_fraction_and_are_missing_with_either_date() -> None:
    later = np.array(["2024-03-02T12:00", "NaT", "1969-12-31"], dtype="datetime64[us]")
    earlier = np.array(["2024-02-28", "2024-01-01", "1970-01-01"], dtype="datetime64[us]")
    days = Arithmetic("difference", Days(), Days())(later, earlier)
    np.testing.assert_array_equal(days, [3.5, np.nan, -1.0])


@pytest.mark.parametrize(
    ("cycle", "dates", "share"),
    [
        ("week", ["2024-01-01", "2024-01-04"], [0, 3 / 7]),
        ("day", ["2024-01-01T00:30", "2024-01-01T18:00"], [0, 0.75]),
        ("year", ["2024-01-01", "1950-07-01"], [0, 0.5]),
    ],
)
def test_a_date_has_a_position_in_each_cycle(cycle: str, dates: list[str], share: list[float]) -> None:
    known = np.array([*dates, "NaT"], dtype="datetime64[us]")
    angles = 2 * np.pi * np.array([*share, np.nan])
    np.testing.assert_allclose(CyclePosition(cycle, "sin")(known), np.sin(angles), atol=1e-12)  # type: ignore[arg-type]
    np.testing.assert_allclose(CyclePosition(cycle, "cos")(known), np.cos(angles), atol=1e-12)  # type: ignore[arg-type]


def test_pairs_that_training_never_had_share_one_code() -> None:
    cross = Cross(width=3, pairs=[1, 5])
    left, right = np.array([0, 1, 1, 0], dtype=np.int8), np.array([1, 2, 0, 0])
    assert cross(left, right).tolist() == [0, 1, 2, 2]
    assert Cross(3, [])(left, right).tolist() == [0, 0, 0, 0]
