from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components.evaluate.evaluation import SliceSearch
from components.evaluate.explanation import explain_search
from components.evaluate.number_format import list_slices
from components.evaluate.slices import find_slices

BINARY = {"task": "binary", "metric": "roc_auc", "classes": (0, 1), "positive_label": 1}
LETTERS = {"task": "multiclass", "metric": "accuracy", "classes": (0, 1, 2)}
REGRESSION = {"task": "regression", "metric": "r2"}


def _make_problem(settings: dict[str, Any]) -> Problem:
    return Problem.model_validate({"target": "y", **settings})


def _draw_rows(n_rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "city": rng.choice(["Bonn", "Kiel", "Ulm"], n_rows),
            "age": rng.integers(18, 80, n_rows),
            "plan": rng.choice(["a", "b"], n_rows),
        }
    )


def _predict(settings: dict[str, Any], is_bad: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and predictions that are worse where they are said to be."""
    rng = np.random.default_rng([seed, 1])
    n_rows = len(is_bad)
    if settings is REGRESSION:
        values = rng.normal(size=n_rows)
        return values, values + rng.normal(size=n_rows) * np.where(is_bad, 2.0, 1.0)
    n_classes = len(settings["classes"])
    y = rng.integers(n_classes, size=n_rows)
    is_right = rng.random(n_rows) < np.where(is_bad, 0.5, 0.8)
    shown = np.where(is_right, y, (y + 1) % n_classes)
    table = np.full((n_rows, n_classes), 0.2 / (n_classes - 1))
    table[np.arange(n_rows), shown] = 0.8
    return y, table


@pytest.mark.parametrize("settings", [BINARY, LETTERS, REGRESSION])
def test_a_planted_category_is_found_and_named(settings: dict[str, Any]) -> None:
    rows = _draw_rows(2_000)
    is_bad = (rows["city"] == "Kiel").to_numpy()
    search = find_slices(rows, *_predict(settings, is_bad, 0), _make_problem(settings), list(rows.columns))
    (found,) = search.slices
    assert (found.words, found.rows) == ("city Kiel", is_bad.sum())
    assert found.excess.low is not None
    assert 0 < found.excess.low < found.excess.value == pytest.approx(found.loss - found.other_loss)
    assert (found.predicted is None) is (settings is LETTERS)


def test_a_planted_pair_is_found_where_neither_column_shows_it() -> None:
    rows = _draw_rows(4_000)
    is_kiel, is_a = (rows["city"] == "Kiel").to_numpy(), (rows["plan"] == "a").to_numpy()
    # The mean of each city and of each plan is 1.
    spread = np.select([is_kiel & is_a, is_kiel, is_a], [1.5, 0.5, 0.75], 1.25)
    rng = np.random.default_rng(2)
    y = rng.normal(size=4_000)
    predictions = y + rng.normal(size=4_000) * spread
    search = find_slices(rows, y, predictions, _make_problem(REGRESSION), ["city", "plan"])
    assert search.slices[0].words == "city Kiel and plan a"
    assert all(" and " in found.words for found in search.slices)


def test_rows_that_count_little_do_not_make_a_slice() -> None:
    rows = _draw_rows(2_000)
    is_bad = (rows["city"] == "Kiel").to_numpy() & (np.arange(2_000) % 2 == 0)
    problem = _make_problem(REGRESSION)
    values = _predict(REGRESSION, is_bad, 0)
    weights = np.where(is_bad, 1e-6, 1.0)
    assert find_slices(rows, *values, problem, ["city"]).slices
    assert not find_slices(rows, *values, problem, ["city"], weights).slices


def test_a_search_among_noise_seldom_finds_anything() -> None:
    found = []
    for seed in range(40):
        rows = _draw_rows(800, seed)
        values = _predict(REGRESSION, np.zeros(800, dtype=bool), seed)
        found.append(bool(find_slices(rows, *values, _make_problem(REGRESSION), list(rows.columns)).slices))
    # At most 5 % in the long run; 6 of 40 or more have a probability of 1 % then.
    assert sum(found) < 6


def test_few_rows_are_not_searched() -> None:
    rows = _draw_rows(60)
    values = _predict(REGRESSION, np.zeros(60, dtype=bool), 0)
    search = find_slices(rows, *values, _make_problem(REGRESSION), list(rows.columns))
    assert search == SliceSearch((), 0, 3, 60)
    assert "too few to look for" in explain_search(search, _make_problem(REGRESSION))


def test_what_was_found_is_told() -> None:
    rows = _draw_rows(2_000)
    problem = _make_problem(BINARY)
    values = _predict(BINARY, (rows["city"] == "Kiel").to_numpy(), 0)
    search = find_slices(rows, *values, problem, list(rows.columns))
    assert "These have a higher one" in explain_search(search, problem)
    (line,) = list_slices(search, problem)
    assert line[0] == "city Kiel"
    assert str(line[5]).endswith("%")
    nothing = SliceSearch((), 12, 100, 2_000)
    assert "of 12 bins and categories of the 100 most important columns" in explain_search(nothing, problem)
    assert "Nowhere" in explain_search(nothing, problem)


def test_of_many_columns_the_most_important_are_searched() -> None:
    rows = _draw_rows(2_000)
    plans = pd.DataFrame({f"plan_{i}": rows["plan"] for i in range(99)})
    many = pd.concat([plans, rows], axis=1)
    problem = _make_problem(REGRESSION)
    values = _predict(REGRESSION, (rows["city"] == "Kiel").to_numpy(), 0)
    everywhere = find_slices(many, *values, problem, ["city", *plans.columns])
    assert [found.words for found in everywhere.slices] == ["city Kiel"]
    last = [*plans.columns, "age", "city"]
    search = find_slices(many, *values, problem, last)
    assert search.slices == ()
    assert "of the 100 most important columns" in explain_search(search, problem)
