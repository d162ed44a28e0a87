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
    fit_recipe,
    get_units,
    list_fit_columns,
    list_required_columns,
    make_unique_names,
    set_units,
)
from components._table.target import encode_target
from components._table.time_blocks import cut_time_blocks
from tests.components._model.tables import (
    DERIVED,
    KINDS,
    draw_rows,
    draw_table,
    make_problem,
    make_recipe,
)

EPOCH = datetime(1970, 1, 1)
Row = dict[str, Any]


def fit_drawn(kind: TaskKind) -> Pipeline:
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
    recipe = fit_drawn(kind)
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
    recipe = fit_drawn(kind)
    rows = draw_rows(40, seed=2)
    alone = np.concatenate([recipe.transform(rows.iloc[[i]]) for i in range(len(rows))])
    np.testing.assert_array_equal(alone, recipe.transform(rows))


def test_columns_may_come_in_any_order_with_others_among_them() -> None:
    recipe = fit_drawn("binary")
    rows = draw_rows(20, seed=3)
    shuffled = rows[rows.columns[::-1]].assign(unrelated="text")
    np.testing.assert_array_equal(recipe.transform(shuffled), recipe.transform(rows))


def test_fitting_twice_gives_the_same_recipe() -> None:
    rows = draw_rows(50, seed=4)
    first, again = (fit_drawn("binary") for _ in range(2))
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


def draw_table_in_time(kind: TaskKind) -> pd.DataFrame:
    """Return rows in random order, several of them at each time."""
    return draw_table(kind, 800).assign(at=np.random.default_rng(0).integers(0, 150, 800))


def engineer_in_time(table: pd.DataFrame, kind: TaskKind, **settings: Any) -> tuple[pd.DataFrame, Pipeline]:
    """Return the features of training rows and the recipe.

    The last features are without their standardisation, and NaN where they are the median, which fills.
    """
    question = make_problem(kind, event_time="at", **settings)
    recipe = append_step(make_recipe(kind)[:1], "engineer", Engineer(kind, derived=DERIVED))
    features = fit_recipe(recipe, table, encode_target(table["y"], question), question)
    step = recipe["engineer"]
    last = features.columns[-len(step.means_) :]
    values = features[last] * step.scales_ + step.means_
    is_filled = np.isclose(values, step.fallbacks_) & ~last.str.contains("_target")
    return features.assign(**values.mask(is_filled)), recipe


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("settings", [{}, {"gap": 7.0, "group": "of"}])
def test_later_rows_do_not_change_the_features_of_earlier_training_rows(
    kind: TaskKind, settings: Row
) -> None:
    table = draw_table_in_time(kind).assign(of=np.arange(800) % 40)
    before, _ = engineer_in_time(table, kind, **settings)
    is_statistic = before.columns.str.contains("_target|frequency|_by_")
    for bound in (30, 90):
        is_later = table["at"].to_numpy() >= bound
        changed, rng = table.copy(), np.random.default_rng(bound)
        # Each column has the same values as before, so that preprocess learns the same.
        for name in [*KINDS, "y"]:
            changed.loc[is_later, name] = rng.permutation(changed.loc[is_later, name].to_numpy())
        if kind == "regression":
            changed.loc[is_later, "y"] *= 1e3
        after, _ = engineer_in_time(changed, kind, **settings)
        is_known = before.notna() & after.notna()
        assert is_known.loc[~is_later, is_statistic].mean().min() > 0.4
        np.testing.assert_allclose(
            after.where(is_known)[~is_later], before.where(is_known)[~is_later], atol=1e-9
        )
        assert not np.allclose(
            after.loc[is_later, is_statistic], before.loc[is_later, is_statistic], equal_nan=True
        )


@pytest.mark.parametrize("kind", TASKS)
def test_rows_without_earlier_rows_have_the_features_of_no_category(kind: TaskKind) -> None:
    table = draw_table_in_time(kind)
    features, _ = engineer_in_time(table, kind)
    numbers, _ = cut_time_blocks(table["at"].to_numpy(), None)
    first = features[numbers == 0]
    assert len(first) > 30
    for name in ("amount_mean_by_city", "visits_deviation_by_product", "product_frequency"):
        assert first[name].isna().all()
        assert features[name].notna().mean() > 0.8
    targets = first.loc[:, first.columns.str.contains("_target")]
    assert (targets == targets.iloc[0]).all(axis=None)


@pytest.mark.parametrize("kind", TASKS)
def test_the_order_of_rows_changes_no_feature_in_time(kind: TaskKind) -> None:
    table = draw_table_in_time(kind)
    features, recipe = engineer_in_time(table, kind)
    moved, other = engineer_in_time(table.sample(frac=1.0, random_state=1), kind)
    np.testing.assert_allclose(moved.loc[features.index], features, atol=1e-9)
    np.testing.assert_allclose(other.transform(table), recipe.transform(table), atol=1e-9)


def test_later_rows_get_the_statistics_of_all_training_rows() -> None:
    table = draw_table_in_time("regression")
    _, recipe = engineer_in_time(table, "regression")
    rows = table.assign(amount=1.0)
    frequencies = recipe.transform(rows)["product_frequency"]
    step = recipe["engineer"]
    position = list(step.get_feature_names_out()).index("product_frequency") - len(
        step.get_feature_names_out()
    )
    shares = rows.groupby("product")["product"].transform("size") / len(rows)
    np.testing.assert_allclose(frequencies * step.scales_[position] + step.means_[position], shares)


def test_a_recipe_in_time_is_fitted_on_the_time_too() -> None:
    recipe = make_recipe("binary")
    assert list_fit_columns(recipe, make_problem("binary")) == list_required_columns(recipe)
    assert list_fit_columns(recipe, make_problem("binary", event_time="at"))[-1] == "at"
    by_feature = make_problem("binary", event_time="since")
    assert list_fit_columns(recipe, by_feature) == list_required_columns(recipe)


@pytest.mark.parametrize("kind", TASKS)
def test_the_state_of_a_step_holds_no_long_lists(kind: TaskKind) -> None:
    for _, step in fit_drawn(kind).steps:
        state = step.__getstate__()
        assert state["json"]
        assert not any(isinstance(state[name], list | dict) for name in state["json"])
        assert copy.deepcopy(step).export() == step.export()


def test_a_column_of_a_table_does_not_copy_what_the_table_tells() -> None:
    table = set_units(pd.DataFrame({"a": [1.0]}), {"a": [0.0, 1.0]})
    assert get_units(table) == {"a": [0.0, 1.0]}
    assert table["a"].attrs["units"] is table.attrs["units"]
