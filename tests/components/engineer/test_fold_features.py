from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components.engineer.fold_features import FoldTables, drop_derivations
from components.engineer.gate_rows import choose_rows
from tests.components._model.tables import make_problem

N_ROWS = 400
ENGINEER = Engineer("regression")
DERIVATIONS = [["product", "a", "b"], ["ratio", "a", "b"]]


def make_tables(numbers: tuple[str, ...] = ("a", "b"), **settings: Any) -> tuple[FoldTables, pd.DataFrame]:
    """Return the tables of two folds, and the rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.lognormal(size=(N_ROWS, 2)), columns=list("ab"))
    frame["s"] = [f"s{i:02}" for i in rng.integers(0, 60, N_ROWS)]
    frame["t"] = np.arange(N_ROWS)
    y = rng.normal(size=N_ROWS)
    frame["y"] = y
    problem = make_problem("regression", **settings)
    strings = ["s"] if numbers else []
    texts = {} if numbers else {"s": "s"}
    cleaned = Pipeline([("preprocess", Preprocessor(list(numbers), strings, [], texts))]).fit(frame, y)
    chosen = choose_rows(frame, y, problem, N_ROWS, n_folds=2, repeats=1, seed=0)
    return FoldTables(cleaned, frame, problem, chosen), frame


def test_features_are_those_of_the_recipe_fitted_in_the_fold() -> None:
    tables, _ = make_tables()
    for fold, fitted, scored in zip(
        tables.make_features(ENGINEER), tables.fitted, tables.scored, strict=True
    ):
        assert fold.sources == ["a", "b", "s"]
        assert fold.derivations == [(), (), ()]
        assert fold.fit.dtype == np.float32
        np.testing.assert_array_equal(fold.fit[:, 0], fitted["a"].astype(np.float32))
        np.testing.assert_array_equal(fold.score[:, 0], scored["a"].astype(np.float32))
        # Standardised in the fold.
        assert fitted["a"].mean() == pytest.approx(0.0, abs=1e-9)
        assert scored["a"].mean() != pytest.approx(0.0, abs=1e-9)


def test_derivations_are_added_and_dropped_with_their_sources() -> None:
    tables, _ = make_tables()
    before = tables.make_features(ENGINEER)
    added = tables.add_derivations(before, ENGINEER, DERIVATIONS)
    assert added[0].derivations == [(), (), (), *map(tuple, DERIVATIONS)]
    assert added[0].sources == ["a", "b", "s", "a & b", "a & b"]
    ratio = drop_derivations(added[0], DERIVATIONS[:1])
    np.testing.assert_array_equal(ratio.score, added[0].score[:, [0, 1, 2, 4]])
    np.testing.assert_array_equal(drop_derivations(ratio, DERIVATIONS).fit, before[0].fit)
    assert not ENGINEER.derived


def test_by_time_the_first_rows_have_no_mean_target() -> None:
    tables, _ = make_tables(event_time="t")
    fold = tables.make_features(ENGINEER)[0]
    (encoded,) = fold.fit[:, [source == "s" for source in fold.sources]].T
    # Those of the first block of time have one value, that of no earlier row.
    assert len(np.unique(encoded[: len(encoded) // 20])) == 1
    assert len(np.unique(encoded)) > 20


def test_texts_alone_have_a_constant_to_fit_on() -> None:
    tables, _ = make_tables(numbers=())
    fold = tables.make_features(ENGINEER)[0]
    assert fold.sources == ["constant"]
    assert not fold.fit.any()
