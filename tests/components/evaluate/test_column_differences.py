import numpy as np
import pandas as pd
import pytest

from components.evaluate.column_differences import ColumnDifference, find_column_differences

N = 1_000
NONE: frozenset[str] = frozenset()


def _draw(seed: int, n: int = N) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.normal(40, 10, n),
            "n": random.poisson(2, n),
            "plan": random.choice(["basic", "plus", "pro"], n, p=[0.6, 0.3, 0.1]),
            "name": [f"name {i}" for i in random.integers(0, 10 * n, n)],
            "new": random.choice(np.array([True, False, None]), n),
            "day": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(random.integers(0, 300, n), unit="D"),
            "income": pd.Series(random.lognormal(size=n)).mask(pd.Series(random.random(n) < 0.1)),
            "empty": np.full(n, np.nan),
        }
    )


TRAIN, TEST = _draw(0), _draw(1)
COLUMNS = list(TRAIN.columns)


def _find(test: pd.DataFrame, categories: frozenset[str] = NONE) -> list[ColumnDifference]:
    return find_column_differences(TRAIN, test, COLUMNS, categories)


def test_tables_of_one_distribution_seldom_differ() -> None:
    found = [find_column_differences(_draw(2 * i), _draw(2 * i + 1), COLUMNS, NONE) for i in range(10)]
    assert sum(map(bool, found)) <= 1


def test_numbers_are_compared_where_their_shares_differ_most() -> None:
    (difference,) = _find(TEST.assign(age=TEST["age"] + 10))
    assert difference.column == "age"
    assert difference.distance == pytest.approx(0.38, abs=0.05)
    assert difference.train_share - difference.test_share == pytest.approx(difference.distance)
    assert float(difference.part.removeprefix("up to ")) == pytest.approx(45, abs=5)


def test_categories_are_compared_by_total_variation() -> None:
    plan = np.where(TEST["plan"] == "pro", np.resize(["basic", "plus"], N), TEST["plan"])
    (difference,) = _find(TEST.assign(plan=plan))
    assert (difference.column, difference.test_share) == ("plan", 0.0)
    assert difference.part == "pro"
    assert difference.distance == pytest.approx(0.1, abs=0.03)


def test_numbers_may_be_categories_and_rare_values_are_compared_together() -> None:
    (difference,) = _find(TEST.assign(n=np.where(TEST["n"] == 2, 1_000, TEST["n"])), frozenset(["n"]))
    assert (difference.column, difference.part) == ("n", "2")
    (other,) = _find(TEST.assign(name="always the same"))
    assert (other.column, other.distance) == ("name", 1.0)
    assert sorted([other.train_share, other.test_share]) == [0.0, 1.0]


def test_dates_and_nulls_are_compared() -> None:
    later = TEST.assign(day=TEST["day"] + pd.Timedelta(days=400))
    (difference,) = _find(later)
    assert (difference.column, difference.distance, difference.part) == ("day", 1.0, "until 2026-10-27")
    (difference,) = _find(TEST.assign(income=TEST["income"].mask(TEST["age"] > 40)))
    assert (difference.column, difference.part) == ("income", "(null)")
    assert difference.train_share == pytest.approx(0.1, abs=0.03)
    assert difference.test_share > 0.45


def test_few_rows_are_not_compared() -> None:
    assert _find(TEST[:10].assign(age=1e6)) == []
