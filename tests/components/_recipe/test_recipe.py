import copy
import json
import math
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from components._compiled.steps import NULL, OTHER
from components._problem.task import TASKS, TaskKind
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.recipe import (
    append_step,
    get_units,
    list_required_columns,
    make_unique_names,
    set_units,
)
from components._table.target import encode_target
from tests.components._model.tables import KINDS, draw_rows, draw_table, make_problem, make_recipe

EPOCH = datetime(1970, 1, 1)
Row = dict[str, Any]


def fit_recipe(kind: TaskKind) -> Pipeline:
    table = draw_table(kind)
    return make_recipe(kind).fit(table[list(KINDS)], encode_target(table["y"], make_problem(kind)))


def preprocess(row: Row, plan: Row) -> Row:
    """Preprocess a row from the export alone, in plain Python."""
    values: Row = {}
    for name, how in plan["numeric"].items():
        given = row[name]
        value = how["fill"] if given is None or not math.isfinite(given) else float(given)
        low, high = how["fences"]
        value = value if low is None else max(value, low)
        value = value if high is None else min(value, high)
        values[name] = (value - how["mean"]) / how["scale"]
    for name, indicator in plan["indicators"].items():
        missing = row[name] is None or (name in plan["numeric"] and not math.isfinite(row[name]))
        values[indicator] = float(missing)
    for name, known in plan["categorical"].items():
        value = NULL if row[name] is None else row[name]
        values[name] = value if value in (*known, NULL) else OTHER
    return values | {name: row[name] for name in plan["datetime"]}


def encode(row: Row, plan: Row) -> list[float]:
    """Encode a preprocessed row from the export alone."""
    result = [row[name] for name in plan["numeric"]]
    for name, categories in plan["one_hot"].items():
        result += [float(row[name] == category) for category in categories]
    scaled = [compute_date_part(row[name], part, plan["first"][name]) for name, part in plan["parts"]]
    for name, how in plan["target"].items():
        scaled += how["means"][how["categories"].index(row[name])]
    places = zip(scaled, plan["fallbacks"], plan["means"], plan["scales"], strict=True)
    return result + [((fill if x is None else x) - mean) / scale for x, fill, mean, scale in places]


def compute_date_part(moment: datetime | None, part: str, first: int) -> float | None:
    if moment is None:
        return None
    if part == "days":
        return ((moment - EPOCH).total_seconds() - first / 1e6) / 86400
    return float(moment.weekday() if part == "weekday" else getattr(moment, part))


def as_json_row(row: Row) -> Row:
    """Return a row as in a request: plain values, None for every null."""
    return {
        name: None
        if pd.isna(value)
        else value.to_pydatetime()
        if isinstance(value, pd.Timestamp)
        else getattr(value, "item", lambda value=value: value)()
        for name, value in row.items()
    }


@pytest.mark.parametrize("kind", TASKS)
def test_the_export_is_enough_to_transform_rows_in_plain_python(kind: TaskKind) -> None:
    recipe = fit_recipe(kind)
    plans = json.loads(json.dumps([step.export() for _, step in recipe.steps], allow_nan=False))
    rows = draw_rows(400, seed=1)
    rows.loc[:30, "city"] = "unknown"
    rows.loc[20:50, "product"] = None
    rows.loc[40:60, "visits"] = np.nan
    rows.loc[60:65, "amount"] = [np.inf, -np.inf, 1e12, -1e12, 0.0, -0.0]
    rows.loc[66, "city"] = OTHER
    rows.loc[67, "city"] = NULL
    rows.loc[68:, "since"] += pd.Timedelta(days=9000)
    expected = recipe.transform(rows)
    records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
    by_hand = [encode(preprocess(as_json_row(row), plans[0]), plans[1]) for row in records]
    np.testing.assert_allclose(np.array(by_hand)[:, plans[2]["kept"]], expected, rtol=1e-6, atol=1e-6)
    assert plans[2]["features"] == recipe.get_feature_names_out().tolist()


@pytest.mark.parametrize("kind", TASKS)
def test_a_row_alone_is_transformed_as_among_others(kind: TaskKind) -> None:
    recipe = fit_recipe(kind)
    rows = draw_rows(40, seed=2)
    alone = np.concatenate([recipe.transform(rows.iloc[[i]]) for i in range(len(rows))])
    np.testing.assert_array_equal(alone, recipe.transform(rows))


def test_columns_may_come_in_any_order_with_others_among_them() -> None:
    recipe = fit_recipe("binary")
    rows = draw_rows(20, seed=3)
    shuffled = rows[rows.columns[::-1]].assign(unrelated="text")
    np.testing.assert_array_equal(recipe.transform(shuffled), recipe.transform(rows))


def test_fitting_twice_gives_the_same_recipe() -> None:
    rows = draw_rows(50, seed=4)
    first, again = (fit_recipe("binary") for _ in range(2))
    np.testing.assert_array_equal(first.transform(rows), again.transform(rows))


def test_a_recipe_grows_by_an_unfitted_copy() -> None:
    begun = append_step(None, "preprocess", Preprocessor(["visits"], [], []))
    begun.fit(draw_rows(20), None)
    longer = append_step(begun, "engineer", Engineer("binary"))
    assert [name for name, _ in longer.steps] == ["preprocess", "engineer"]
    assert len(begun.steps) == 1
    check_is_fitted(begun[0])
    with pytest.raises(NotFittedError, match="Preprocessor instance is not fitted"):
        check_is_fitted(longer[0])


def test_a_recipe_requires_the_columns_of_its_first_step() -> None:
    recipe = append_step(None, "preprocess", Preprocessor(["visits"], ["city"], ["since"]))
    assert list_required_columns(recipe) == ["visits", "city", "since"]


@pytest.mark.parametrize(
    ("names", "taken", "expected"),
    [
        (["a", "b"], [], ["a", "b"]),
        (["a", "a", "a"], [], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], [], ["a", "a_2", "a_3"]),
        (["a", "a", "a_2"], [], ["a", "a_2", "a_2_2"]),
        (["a"], ["a", "a_2"], ["a_3"]),
    ],
)
def test_names_that_repeat_are_numbered(names: list[str], taken: list[str], expected: list[str]) -> None:
    assert make_unique_names(names, taken) == expected


@pytest.mark.parametrize("kind", TASKS)
def test_the_state_of_a_step_holds_no_long_lists(kind: TaskKind) -> None:
    for _, step in fit_recipe(kind).steps:
        state = step.__getstate__()
        assert state["json"]
        assert not any(isinstance(state[name], list | dict) for name in state["json"])
        assert copy.deepcopy(step).export() == step.export()


def test_a_column_of_a_table_does_not_copy_what_the_table_tells() -> None:
    table = set_units(pd.DataFrame({"a": [1.0]}), {"a": [0.0, 1.0]})
    assert get_units(table) == {"a": [0.0, 1.0]}
    assert table["a"].attrs["units"] is table.attrs["units"]
