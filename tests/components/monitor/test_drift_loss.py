from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._metrics.estimate import Estimate
from components.monitor.drift_loss import (
    ColumnLoss,
    ColumnShift,
    DriftLossEstimator,
    find_broken_cells,
    merge_rises,
)
from components.monitor.row_loss import RowLoss
from components.monitor.rows import PredictedRows
from tests.predicted_rows import build_predicted_rows

N = 4_000
WRONG = RowLoss("wrong decisions", 1 - np.eye(2), 1.0, None)
ERROR = RowLoss("absolute error", None, 1.0, None)
# Bins of a column with the values 0 and 1: those two, others, and null.
OTHER, NULL = 2, 3
Predict = Callable[[pd.DataFrame], np.ndarray]


def _assign(column: pd.Series) -> np.ndarray:
    number = column.to_numpy(dtype=float)
    return np.select([np.isnan(number), number == 0, number == 1], [NULL, 0, 1], OTHER)


def _build_shift(
    reference: PredictedRows, values: Sequence[float] | np.ndarray, name: str = "x"
) -> ColumnShift:
    column = pd.Series(np.asarray(values, dtype=float))
    bins, old = _assign(column), _assign(reference.columns[name])
    old_counts, new_counts = (np.bincount(part, minlength=4).astype(float) for part in (old, bins))
    return ColumnShift(name, old, old_counts, new_counts, float(len(bins)), (NULL,), NULL, column, bins)


def _build_reference() -> PredictedRows:
    """Return rows of a model that is right where x is 0, and wrong in every second row where x is 1."""
    x = np.arange(N) // 2 % 2
    truth = np.where(x == 1, np.arange(N) % 2, 1)
    return build_predicted_rows(np.full(N, 0.9), truth, x=x.astype(float), unused=np.zeros(N))


def _estimate(
    reference: PredictedRows,
    shift: ColumnShift,
    predict: Predict = lambda table: np.full((len(table), 1), 0.9),
    loss: RowLoss = WRONG,
) -> ColumnLoss:
    return DriftLossEstimator(reference, predict, ["x"], loss, 1_000, 0).estimate_column_loss(shift)


def test_a_shift_to_the_rows_that_cost_more_costs_their_difference() -> None:
    reference = _build_reference()
    # Half of the rows have a loss of 0.5 on average; with three quarters of them it is 0.375, not 0.25.
    found = _estimate(reference, _build_shift(reference, np.repeat([0, 1], [1_000, 3_000])))
    assert found.basis == "reweighted"
    assert found.per_day.value == pytest.approx(125, abs=1)
    assert found.per_day.low == pytest.approx(125 - 12, abs=6)
    assert found.per_day.high == pytest.approx(125 + 12, abs=6)
    assert found.effective_rows == pytest.approx(0.8 * N, rel=0.01)


def test_a_shift_to_the_rows_that_cost_less_costs_less_than_nothing() -> None:
    reference = _build_reference()
    found = _estimate(reference, _build_shift(reference, np.zeros(4_000)))
    assert found.per_day.value == pytest.approx(-250, abs=2)


def test_without_a_shift_the_interval_holds_0_in_95_of_100() -> None:
    reference = _build_reference()
    estimator = DriftLossEstimator(reference, _predict_x, ["x"], WRONG, 1_000, 0)
    held = 0
    for seed in range(100):
        values = np.random.default_rng(seed).integers(0, 2, 500)
        per_day = estimator.estimate_column_loss(_build_shift(reference, values)).per_day
        held += per_day.low < 0 < per_day.high  # type: ignore[operator]
    assert held >= 90


def test_a_drift_of_an_unused_column_costs_exactly_nothing() -> None:
    reference = _build_reference()
    found = _estimate(reference, _build_shift(reference, np.full(1_000, 99.0), "unused"))
    assert found == ColumnLoss(Estimate(0, 0, 0), "none", N)


def _predict_x(table: pd.DataFrame) -> np.ndarray:
    """Return the class that x is, and the second where it is null."""
    return table["x"].fillna(0.8).clip(0.1, 0.9).to_numpy(dtype=float)[:, None]


def _build_exact() -> PredictedRows:
    x = (np.arange(N) % 2).astype(float)
    return build_predicted_rows(x.clip(0.1, 0.9), x, x=x)


@pytest.mark.parametrize(
    ("values", "rise", "basis"),
    [
        # Null makes all decisions the second class, which is wrong in half of the rows.
        (np.full(1_000, np.nan), 0.5, "substituted"),
        # The same for half of the rows.
        (np.where(np.arange(1_000) % 4 < 2, np.nan, np.arange(1_000) % 2), 0.25, "both"),
        # A value that never was, for all rows.
        (np.full(1_000, 7.0), 0.5, "substituted"),
    ],
)
def test_a_broken_column_costs_what_the_model_loses_without_it(
    values: np.ndarray, rise: float, basis: str
) -> None:
    reference = _build_exact()
    found = _estimate(reference, _build_shift(reference, values), _predict_x)
    assert found.basis == basis
    assert found.per_day.value == pytest.approx(1_000 * rise, rel=0.05)
    assert found.per_day.low <= found.per_day.value <= found.per_day.high  # type: ignore[operator]


def test_a_change_of_unit_keeps_the_order_of_the_values() -> None:
    # 0 and 1 became -1000 and 1000: the model decides the same.
    reference = _build_exact()
    shift = _build_shift(reference, np.where(np.arange(1_000) % 2 == 1, 1_000.0, -1_000.0))
    assert _estimate(reference, shift, _predict_x).per_day.value == pytest.approx(0, abs=30)


def test_a_value_that_is_far_more_frequent_than_in_the_reference_is_substituted() -> None:
    x = (np.arange(N) % 100 == 0).astype(float)
    reference = build_predicted_rows(np.full(N, 0.9), np.ones(N), x=x)
    shift = _build_shift(reference, np.ones(2_000))
    found = _estimate(reference, shift, lambda table: 0.9 - 0.8 * table[["x"]].to_numpy())
    assert found.basis == "both"
    assert found.per_day.value == pytest.approx(900, rel=0.05)


def test_a_model_that_remembers_its_rows_does_not_make_a_broken_column_cheap() -> None:
    # The truth is x plus noise, and the model remembers the noise of each row by its number.
    rng = np.random.default_rng(0)
    x = (np.arange(N) % 2).astype(float)
    noise = rng.normal(0, 1, N)
    reference = build_predicted_rows(x, x + noise, x=x, row=np.arange(N, dtype=float))

    def predict(table: pd.DataFrame) -> np.ndarray:
        remembered = noise[table["row"].to_numpy(dtype=int)]
        return (table["x"].fillna(0).to_numpy(dtype=float) + remembered)[:, None]

    found = _estimate(reference, _build_shift(reference, np.full(1_000, np.nan)), predict, ERROR)
    # In new rows the model would lose x in half of the rows; here it has kept all its memory.
    assert found.per_day.value == pytest.approx(500, rel=0.05)


def test_new_categories_are_put_into_rows_of_strings() -> None:
    x = np.arange(N) % 2
    texts = np.array(["no", "yes"])[x]
    reference = build_predicted_rows(x * 0.8 + 0.1, x, x=pd.Categorical(texts))
    column = pd.Series(["ja", "nein"] * 500)
    old, new = np.array([N / 2, N / 2, 0, 0]), np.array([0.0, 0, 1_000, 0])
    shift = ColumnShift("x", x, old, new, 1_000.0, (OTHER, NULL), NULL, column, np.full(1_000, OTHER))

    def predict(table: pd.DataFrame) -> np.ndarray:
        return np.where(table["x"] == "yes", 0.9, 0.1)[:, None]

    found = _estimate(reference, shift, predict)
    assert (found.basis, found.per_day.value) == ("substituted", pytest.approx(500, rel=0.05))


def test_rows_with_broken_cells_are_found_and_cost_their_part() -> None:
    reference = _build_exact()
    values = np.where(np.arange(1_000) % 10 == 0, np.nan, np.arange(1_000) % 2)
    shift = _build_shift(reference, values)
    windows = build_predicted_rows(np.full(1_000, 0.5), x=values)
    broken = find_broken_cells([shift], reference, 0)
    assert (broken["x"].to_numpy() == np.isnan(values)).mean() > 0.99
    estimator = DriftLossEstimator(reference, _predict_x, ["x"], WRONG, 1_000, 0)
    rise = estimator.estimate_broken_rise(windows, broken)
    assert rise.value == pytest.approx(0.5, abs=0.03)
    total = merge_rises(Estimate(0, -0.01, 0.01), rise, 0.1, 1_000, 1_000)
    assert total is not None
    assert total.value == pytest.approx(50, rel=0.1)


def test_rises_merge_by_their_shares() -> None:
    assert merge_rises(None, None, 0.5, 10, 1) is None
    inside, broken = Estimate(1, 0, 2), Estimate(3, 1, 5)
    assert merge_rises(inside, None, 0.5, 10, 10) == Estimate(10, 0, 20)
    total = merge_rises(inside, broken, 0.25, 1e12, 1)
    assert total is not None
    assert (total.value, total.half_width) == (1.5, pytest.approx(np.hypot(0.75, 0.5)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.0, 5.0, np.nan]), min_size=1, max_size=200),
    st.integers(0, 3),
)
def test_a_loss_is_within_what_decisions_can_cost(values: list[float], seed: int) -> None:
    reference = _build_exact().take(np.random.default_rng(seed).choice(N, 200, replace=False))
    found = _estimate(reference, _build_shift(reference, values), _predict_x)
    assert -1_000 <= found.per_day.value <= 1_000
