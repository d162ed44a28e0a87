import numpy as np
from sklearn.pipeline import Pipeline

from components._compiled.columns import ColumnarRecipe
from components._compiled.steps import Strings
from components._problem.task import TaskKind
from components._recipe.model_input import to_columns
from components._table.target import encode_target
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._model.tables import KINDS, draw_table, make_problem, make_recipe

COLUMNS = list(KINDS)


def fit_recipe(kind: TaskKind, **encoding: int) -> Pipeline:
    table, recipe = draw_table(kind), make_recipe(kind)
    recipe.set_params(**{f"engineer__{name}": value for name, value in encoding.items()})
    recipe.fit(table[COLUMNS], encode_target(table["y"], make_problem(kind)))
    return recipe


def compile_columns(recipe: Pipeline) -> ColumnarRecipe:
    return ColumnarRecipe({name: step.export() for name, step in recipe.steps})


def test_columns_may_hold_infinities_and_strings_as_categories() -> None:
    recipe = fit_recipe("regression")
    rows = make_hostile_rows()
    columns = to_columns(rows, KINDS)
    expected = compile_columns(recipe).transform(columns)
    is_null = rows["amount"].isna().to_numpy()
    infinite = np.where(is_null, [np.inf, -np.inf] * (len(rows) // 2), columns["amount"])
    again = to_columns(rows.astype({"city": "category", "product": "category"}), KINDS)
    city = again["city"]
    assert isinstance(city, Strings)
    assert len(city.values) < 20
    np.testing.assert_array_equal(compile_columns(recipe).transform({**again, "amount": infinite}), expected)
