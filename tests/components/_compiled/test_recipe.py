from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._compiled.columns import ColumnarRecipe
from components._compiled.recipe import CompiledRecipe
from components._problem.task import TASKS, TaskKind
from components._recipe.engineer import Engineer
from components._recipe.model_input import to_columns, to_rows
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import Step
from components._recipe.select import Selector
from components._table.kinds import Kind
from components._table.target import encode_target
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._model.tables import DERIVED, KINDS, draw_table, make_problem, make_recipe
from tests.texts import draw_hostile_texts, draw_reviews

COLUMNS = list(KINDS)


def fit_recipe(kind: TaskKind, **encoding: Any) -> Pipeline:
    table, recipe = draw_table(kind), make_recipe(kind)
    recipe.set_params(**{f"engineer__{name}": value for name, value in encoding.items()})
    recipe.fit(table[COLUMNS], encode_target(table["y"], make_problem(kind)))
    return recipe


def compile_and_fit(kind: TaskKind, **encoding: Any) -> tuple[CompiledRecipe, Pipeline]:
    recipe = fit_recipe(kind, **encoding)
    return CompiledRecipe({name: step.export() for name, step in recipe.steps}, COLUMNS), recipe


def compile_columns(recipe: Pipeline) -> ColumnarRecipe:
    return ColumnarRecipe({name: step.export() for name, step in recipe.steps})


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(
    "encoding",
    [
        {},
        {"one_hot_up_to": 1, "target_above": 1},
        {"one_hot_up_to": 40, "target_above": 2},
        {"derived": DERIVED},
        {"derived": DERIVED, "one_hot_up_to": 1, "target_above": 1},
    ],
    ids=["as-is", "target", "both", "derived", "derived-target"],
)
def test_features_are_the_recipes_to_the_last_bit(kind: TaskKind, encoding: dict[str, Any]) -> None:
    compiled, recipe = compile_and_fit(kind, **encoding)
    rows = make_hostile_rows()
    expected = recipe.transform(rows[COLUMNS])
    features = compiled.transform(to_rows(rows, KINDS))
    assert features.shape == (400, compiled.n_features)
    np.testing.assert_array_equal(features, expected)
    of_columns = compile_columns(recipe).transform(to_columns(rows, KINDS))
    assert of_columns.dtype == features.dtype
    assert of_columns.tobytes() == features.tobytes()


def test_a_null_of_every_column_has_its_place() -> None:
    compiled, recipe = compile_and_fit("binary")
    row = pd.DataFrame({name: pd.Series([None], dtype=object) for name in COLUMNS})
    row["since"] = row["since"].astype("datetime64[us]")
    expected = recipe.transform(row)
    np.testing.assert_array_equal(compiled.transform([[None] * len(COLUMNS)]), expected)
    np.testing.assert_array_equal(compile_columns(recipe).transform(to_columns(row, KINDS)), expected)


def test_no_difference_of_numbers_is_too_large() -> None:
    recipe = fit_recipe("binary")
    steps = {name: step.export() for name, step in recipe.steps}
    for facts in steps["preprocess"]["numeric"].values():
        facts |= {"fences": [None, None], "scale": 1e-10}
    rows = make_hostile_rows()
    features = CompiledRecipe(steps, COLUMNS).transform(to_rows(rows, KINDS))
    assert np.isfinite(features).all()
    np.testing.assert_array_equal(ColumnarRecipe(steps).transform(to_columns(rows, KINDS)), features)


@pytest.mark.parametrize("kind", TASKS)
def test_derived_features_need_no_other_feature_of_their_columns(kind: TaskKind) -> None:
    recipe = fit_recipe(kind, derived=DERIVED)
    steps = {name: step.export() for name, step in recipe.steps}
    rows = make_hostile_rows()
    every = list(range(len(recipe["engineer"].get_feature_names_out())))
    whole = ColumnarRecipe({**steps, "select": {"kept": every}}).transform(to_columns(rows, KINDS))
    derived = [i for i, of in enumerate(recipe["engineer"].list_derivations()) if of]
    assert len(derived) > len(DERIVED)
    for kept in (derived, derived[::-1], derived[:1], derived[5:6], derived[-1:]):
        alone = {**steps, "select": {"kept": kept}}
        features = CompiledRecipe(alone, COLUMNS).transform(to_rows(rows, KINDS))
        np.testing.assert_array_equal(features, whole[:, kept])
        assert np.isfinite(features).all()


def test_a_row_leaves_nothing_to_the_next() -> None:
    compiled, _ = compile_and_fit("binary")
    rows = to_rows(make_hostile_rows(50), KINDS)
    together = compiled.transform(rows)
    again = compiled.transform(rows[::-1])[::-1]
    np.testing.assert_array_equal(together, again)


def test_every_step_of_a_recipe_is_compiled() -> None:
    # A server would ignore another step.
    assert [type(step).__name__ for _, step in make_recipe("binary").steps] == [
        "Preprocessor",
        "Engineer",
        "Selector",
    ]
    assert {step.__name__ for step in Step.__subclasses__()} == {"Preprocessor", "Engineer", "Selector"}


def fit_text_recipe(kind: TaskKind, **settings: Any) -> tuple[Pipeline, dict[str, Kind]]:
    """Return a recipe for a number, reviews, and products that are categories and texts."""
    reviews, worth = draw_reviews(600)
    table = pd.DataFrame({"a": np.arange(600.0) % 5, "review": np.array(reviews, dtype=object)})
    table["product"] = [f"red box of {i % 30} parts" for i in range(600)]
    table.loc[::9, ["review", "product"]] = None
    text = {"review": "review", "product": "product_text"}
    derived = [[of, name] for name in text.values() for of in ("text_length", "text_topics", "text_target")]
    recipe = Pipeline(
        [
            ("preprocess", Preprocessor(["a"], ["product"], [], text)),
            ("engineer", Engineer(kind, derived=derived, **settings)),
            ("select", Selector(kind)),
        ]
    )
    y = worth if kind == "regression" else pd.qcut(worth, 2 if kind == "binary" else 3, labels=False)
    kinds: dict[str, Kind] = {"a": "float", "product": "string", "review": "string"}
    return recipe.fit(table, y), kinds


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_features_of_texts_are_the_recipes_to_the_last_bit(kind: TaskKind) -> None:
    recipe, kinds = fit_text_recipe(kind)
    names = recipe.get_feature_names_out().tolist()
    assert any(name.startswith("review_words_target") for name in names)
    assert any(name.startswith("product_text_topic") for name in names)
    known, _ = draw_reviews(100, seed=1)
    texts = [*draw_hostile_texts(200), *known, None, "", "x" * 100_000]
    rows = pd.DataFrame({"a": 1.0, "review": texts, "product": texts[::-1]}, dtype=object)
    expected = recipe.transform(rows)
    assert np.isfinite(expected).all()
    compiled = CompiledRecipe({name: step.export() for name, step in recipe.steps}, list(kinds))
    np.testing.assert_array_equal(compiled.transform(to_rows(rows, kinds)), expected)
    of_columns = compile_columns(recipe).transform(to_columns(rows, kinds))
    assert of_columns.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kept", [[0], [-1], [3, 1], [-2, 2, 0]])
def test_features_of_texts_need_no_other_feature(kept: list[int]) -> None:
    recipe, kinds = fit_text_recipe("binary")
    n_features = len(recipe["engineer"].get_feature_names_out())
    chosen = [i % n_features for i in kept]
    steps = {**{name: step.export() for name, step in recipe.steps}, "select": {"kept": chosen}}
    texts, _ = draw_reviews(20, seed=1)
    rows = pd.DataFrame({"a": 1.0, "review": [*texts, None], "product": [None, *texts]}, dtype=object)
    whole = ColumnarRecipe({**steps, "select": {"kept": list(range(n_features))}})
    expected = whole.transform(to_columns(rows, kinds))[:, chosen]
    features = CompiledRecipe(steps, list(kinds)).transform(to_rows(rows, kinds))
    np.testing.assert_array_equal(features, expected)


def test_the_features_of_a_text_are_those_of_its_column() -> None:
    recipe, _ = fit_text_recipe("binary")
    compiled = compile_columns(recipe)
    of_review, of_product = compiled.list_positions("review"), compiled.list_positions("product")
    names = recipe.get_feature_names_out()
    assert all(name.startswith("review_") for name in names[of_review])
    assert all(name.startswith("product") for name in names[of_product])
    assert not set(of_review) & set(of_product)
