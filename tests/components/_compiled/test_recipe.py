import numpy as np
import pandas as pd
import pytest

from components._compiled.recipe import CompiledRecipe
from components._model.encoding import Encoder
from components._model.recipe import Step
from components._model.rows import rows_of
from components._model.selection import Selector
from components._model.target import encode
from components._problem.task import TASKS, TaskKind
from tests.components._compiled.hostile import hostile_rows
from tests.components._model.tables import KINDS, problem, raw_table, unfitted_recipe

COLUMNS = list(KINDS)


def compiled_and_fitted(kind: TaskKind, **encoding: int) -> tuple[CompiledRecipe, object]:
    table, recipe = raw_table(kind), unfitted_recipe(kind)
    recipe.set_params(**{f"engineer__{name}": value for name, value in encoding.items()})
    recipe.fit(table[COLUMNS], encode(table["y"], problem(kind)))
    return CompiledRecipe({name: step.export() for name, step in recipe.steps}, COLUMNS), recipe


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(
    "encoding",
    [{}, {"one_hot_up_to": 1, "target_above": 1}, {"one_hot_up_to": 40, "target_above": 2}],
    ids=["as-is", "target", "both"],
)
def test_features_are_the_recipes_to_the_last_bit(kind: TaskKind, encoding: dict[str, int]) -> None:
    compiled, recipe = compiled_and_fitted(kind, **encoding)
    rows = hostile_rows()
    expected = recipe.transform(rows[COLUMNS])
    features = compiled.transform(rows_of(rows, KINDS))
    assert features.shape == (400, compiled.n_features)
    np.testing.assert_array_equal(features, expected)


def test_a_null_of_every_column_has_its_place() -> None:
    compiled, recipe = compiled_and_fitted("binary")
    row = pd.DataFrame({name: pd.Series([None], dtype=object) for name in COLUMNS})
    row["since"] = row["since"].astype("datetime64[us]")
    np.testing.assert_array_equal(compiled.transform([[None] * len(COLUMNS)]), recipe.transform(row))


def test_a_row_leaves_nothing_to_the_next() -> None:
    compiled, _ = compiled_and_fitted("binary")
    rows = rows_of(hostile_rows(50), KINDS)
    together = compiled.transform(rows)
    again = compiled.transform(rows[::-1])[::-1]
    np.testing.assert_array_equal(together, again)


def test_every_step_of_a_recipe_is_compiled() -> None:
    # A step more, or another in its place, would go unseen by a server.
    assert [type(step).__name__ for _, step in unfitted_recipe("binary").steps] == [
        "Cleaner",
        Encoder.__name__,
        Selector.__name__,
    ]
    assert {step.__name__ for step in Step.__subclasses__()} == {"Cleaner", "Encoder", "Selector"}
