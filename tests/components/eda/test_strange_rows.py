import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda import strange_rows
from components.eda.strange_rows import StrangeRowInfo, compute_bound, find_strange_rows, list_columns

N = 2_000
KINDS: dict[str, Kind] = {
    "size": "float",
    "weight": "float",
    "price": "float",
    "n": "integer",
    "plan": "string",
    "is_new": "boolean",
    "day": "datetime",
}
COLUMNS = list(KINDS)


def _make_table(seed: int = 0) -> pd.DataFrame:
    """Return columns of every kind in which no row is strange: correlated, skewed, with nulls."""
    random = np.random.default_rng(seed)
    size = random.normal(size=N)
    return pd.DataFrame(
        {
            "size": size,
            "weight": size + random.normal(size=N) / 2,
            "price": pd.Series(random.lognormal(sigma=1.0, size=N)).mask(pd.Series(random.random(N) < 0.1)),
            "n": random.poisson(2, N),
            "plan": random.choice(["basic", "plus", "pro"], N, p=[0.6, 0.3, 0.1]),
            "is_new": random.choice([True, False], N),
            "day": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(random.integers(0, 300, N), unit="D"),
        }
    )


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """Return a table in which rows 7 and 1,234 are strange in three columns each."""
    table = _make_table()
    table.loc[7, "size"], table.loc[7, "weight"], table.loc[7, "price"] = -9.0, -999.0, 900.0
    table.loc[1_234, "size"], table.loc[1_234, "n"] = 5.0, 14
    table.loc[1_234, "day"] = pd.Timestamp(2029, 1, 1)
    return table


@pytest.fixture(scope="module")
def found(planted: pd.DataFrame) -> StrangeRowInfo:
    found = find_strange_rows(planted, COLUMNS, KINDS, seed=0)
    assert found is not None
    return found


def test_rows_that_are_strange_in_several_columns_are_found_with_these_columns(found: StrangeRowInfo) -> None:
    assert found.n_rows == N
    assert {row.place for row in found.rows[:2]} == {7, 1_234}
    by_place = {row.place: row for row in found.rows}
    assert set(by_place[7].columns) <= {"size", "weight", "price"}
    assert "weight -999 is the smallest of all" in by_place[7].reasons
    assert set(by_place[1_234].columns) <= {"size", "n", "day"}
    assert "day 2029-01-01 is the latest of all" in by_place[1_234].reasons
    assert sum(row.score > found.bound for row in found.rows) == found.n_strange
    assert set(list_columns(found.rows)) <= set(COLUMNS)


@pytest.mark.slow
def test_tables_without_strange_rows_seldom_have_one() -> None:
    found = [find_strange_rows(_make_table(seed), COLUMNS, KINDS, seed=seed) for seed in range(1, 21)]
    n_strange = [info.n_strange for info in found if info is not None]
    assert len(n_strange) == 20
    assert sum(n > 0 for n in n_strange) <= 3
    assert max(n_strange) <= 2


def test_the_same_seed_finds_the_same(planted: pd.DataFrame, found: StrangeRowInfo) -> None:
    assert find_strange_rows(planted, COLUMNS, KINDS, seed=0) == found


def test_of_very_many_columns_the_most_predictive_are_looked_at(
    planted: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strange_rows, "MOST_COLUMNS", 3)
    found = find_strange_rows(planted, COLUMNS, KINDS, seed=0)
    assert found is not None
    assert found.n_left == len(COLUMNS) - 3
    assert {name for row in found.rows for name in row.columns} <= set(COLUMNS[:3])


def test_few_rows_and_constant_columns_are_not_looked_at(planted: pd.DataFrame) -> None:
    assert find_strange_rows(planted[:199], COLUMNS, KINDS, seed=0) is None
    assert find_strange_rows(planted.assign(n=1), ["n"], KINDS, seed=0) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.random.default_rng(0).exponential(size=200_000), np.log(1e5)),
        (np.random.default_rng(0).random(200_000), 1.0),
        (np.ones(100), 1.0),
    ],
    ids=["exponential", "bounded", "constant"],
)
def test_the_bound_continues_the_tail_of_a_distribution(values: np.ndarray, expected: float) -> None:
    assert compute_bound(values, 1e-5) == pytest.approx(expected, rel=0.1)
