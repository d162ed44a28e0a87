import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from components.evaluate.row_origin import estimate_roc_auc, judge_row_origin

N = 600


def _draw(seed: int, shift: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": np.where(random.random(N) < 0.1, np.nan, random.normal(shift, 1, N)),
            "plan": random.choice(np.array(["basic", "plus", "pro", None]), N),
            "new": random.choice([True, False], N),
            "day": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(random.integers(0, 300, N), unit="D"),
        }
    )


TRAIN = _draw(0)


@pytest.mark.parametrize("change", ["number", "category", "date", "together"])
def test_a_column_that_tells_the_sides_apart_is_named(change: str) -> None:
    test = _draw(1, shift=2.0 if change == "number" else 0.0)
    train = TRAIN
    if change == "category":
        test = test.assign(plan=test["plan"].mask(test["plan"] == "pro", "max"))
    if change == "date":
        test = test.assign(day=test["day"] + pd.Timedelta(days=200))
    if change == "together":
        # Each column is distributed as before, but not the two together.
        train = train.assign(new=train["age"] > 0)
        test = test.assign(new=test["age"] < 0)
    found = judge_row_origin(train, test, seed=0)
    assert found is not None
    assert found.is_known
    name = {"number": "age", "category": "plan", "date": "day", "together": "age"}[change]
    assert name in [column for column, _ in found.columns[:2]]
    assert 0.6 < found.roc_auc.value <= 1
    assert sum(share for _, share in found.columns) == pytest.approx(1)


def test_rows_of_one_distribution_are_not_told_apart() -> None:
    found = [judge_row_origin(_draw(2 * i), _draw(2 * i + 1), seed=i) for i in range(5)]
    assert sum(one is not None and one.is_known for one in found) <= 1


def test_few_rows_or_no_columns_are_not_judged() -> None:
    assert judge_row_origin(TRAIN, TRAIN[:50], seed=0) is None
    assert judge_row_origin(TRAIN[[]], TRAIN[[]], seed=0) is None


def test_the_area_is_scikit_learns_and_its_interval_covers_the_truth() -> None:
    random = np.random.default_rng(0)
    is_positive = np.arange(300) < 100
    n_covered = 0
    for _ in range(200):
        scores = np.round(random.normal(is_positive, 1), 1)
        found = estimate_roc_auc(scores, is_positive)
        assert found.value == pytest.approx(roc_auc_score(is_positive, scores))
        assert found.low is not None
        assert found.high is not None
        # The area of two normal distributions one standard deviation apart.
        n_covered += found.low < 0.7602 < found.high
    assert 182 <= n_covered <= 198
