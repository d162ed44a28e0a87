import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._model.families import FAMILIES, build
from components._model.package import Package
from components._model.target import encode, ordered_classes
from components._model.trials import TrialResult
from components._problem.task import TASKS, TaskKind
from components._table.schema import Column, Schema
from components.train.fitting import fit_winner, golden_rows
from tests.components._model.tables import KINDS, problem, raw_table, unfitted_recipe
from tests.components.train.finished import SMALL


def _fit(kind: TaskKind, family: str, threads: int = 1, threshold: float | None = None) -> Package:
    kinds = {**KINDS, "y": "float" if kind == "regression" else "string"}
    schema = Schema(tuple(Column(name, of) for name, of in kinds.items()), 300)
    winner = TrialResult(4, 0, family, SMALL[family], (0.5,), 1.0)
    recipe = unfitted_recipe(kind)
    return fit_winner(
        raw_table(kind),
        problem(kind),
        schema,
        recipe,
        winner,
        threshold,
        seed=7,
        threads=threads,
        lineage={"seed": 7},
    )


@pytest.mark.parametrize("kind", TASKS)
def test_the_model_is_the_recipe_and_the_estimator_fitted_one_after_the_other(kind: TaskKind) -> None:
    table, question = raw_table(kind), problem(kind)
    y = encode(table["y"], question)
    recipe = unfitted_recipe(kind)
    estimator = build("lightgbm", kind, SMALL["lightgbm"], 7, 1)
    estimator.fit(recipe.fit_transform(table[list(KINDS)], y), y)
    unseen = raw_table(kind, 50, seed=1)
    matrix = recipe.transform(unseen[list(KINDS)])
    expected = estimator.predict(matrix) if kind == "regression" else estimator.predict_proba(matrix)
    np.testing.assert_array_equal(_fit(kind, "lightgbm").predict(unseen), expected)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", TASKS)
def test_the_number_of_threads_does_not_change_the_model(kind: TaskKind, family: str) -> None:
    unseen = raw_table(kind, 80, seed=1)
    one, two = (_fit(kind, family, threads).predict(unseen) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_a_model_predicts_with_one_thread_wherever_it_was_fitted() -> None:
    estimator = _fit("binary", "extra_trees", threads=2).pipeline[-1].estimator
    assert estimator.n_jobs == 1


@pytest.mark.parametrize("kind", TASKS)
def test_the_signature_says_what_goes_in_and_what_comes_out(kind: TaskKind) -> None:
    threshold = 0.3 if kind == "binary" else None
    signature = _fit(kind, "linear", threshold=threshold).signature
    assert signature.columns == {name: KINDS[name] for name in signature.columns}
    assert set(signature.columns) == set(KINDS)
    expected = [] if kind == "regression" else list(ordered_classes(problem(kind)))
    assert signature.classes == expected
    assert (signature.task, signature.target, signature.threshold) == (kind, "y", threshold)
    assert (signature.family, signature.title) == ("linear", "Linear model")
    if kind == "binary":
        assert signature.classes[-1] == problem(kind).positive_label


def test_a_binary_model_decides_by_the_threshold() -> None:
    unseen = raw_table("binary", 80, seed=1)
    package = _fit("binary", "linear", threshold=0.2)
    positive = package.predict(unseen)[:, 1]
    decided = package.pipeline.predict(unseen[list(package.signature.columns)])
    assert ((positive >= 0.2) & (positive < 0.5)).any()
    np.testing.assert_array_equal(decided == "left", positive >= 0.2)


def test_golden_rows_are_rows_of_the_table_as_json_with_their_predictions() -> None:
    table = raw_table("binary")
    package = _fit("binary", "lightgbm")
    golden: dict[str, Any] = json.loads(json.dumps(golden_rows(package, table, 20, seed=0), allow_nan=False))
    assert len(golden["rows"]) == len(golden["predictions"]) == 20
    rows = pd.DataFrame(golden["rows"])
    rows["since"] = pd.to_datetime(rows["since"], format="ISO8601")
    np.testing.assert_array_equal(package.predict(rows), golden["predictions"])
    assert rows["amount"].isna().any()
    assert set(rows["city"].dropna()) <= set(table["city"].dropna())


def test_a_small_table_is_golden_as_a_whole() -> None:
    package = _fit("regression", "linear")
    assert len(golden_rows(package, raw_table("regression", 5), 20, seed=0)["rows"]) == 5
