import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components.engineer.workload import (
    Workload,
    count_blocks,
    count_characters,
    count_features,
    plan_workload,
)


def test_a_small_table_is_split_several_times() -> None:
    assert plan_workload(800, 10, 1, 1, 1.0) == Workload(rows=800, steps=100, repeats=5, blocks=1)


def test_many_rows_are_sampled() -> None:
    plan = plan_workload(1_000_000, 20, 2, 1, 10.0)
    assert plan is not None
    assert plan.rows == 10_000


@pytest.mark.parametrize(("more", "less"), [((60, 5, 1), (10, 5, 1)), ((10, 1, 10), (10, 1, 1))])
def test_more_features_or_classes_leave_fewer_rows_or_steps(
    more: tuple[int, int, int], less: tuple[int, int, int]
) -> None:
    large, small = plan_workload(50_000, *more, 1.0), plan_workload(50_000, *less, 1.0)
    assert large is not None
    assert small is not None
    assert large.rows * large.steps * large.repeats < small.rows * small.steps * small.repeats


def test_more_budget_never_plans_less() -> None:
    plans = [plan_workload(50_000, 40, 4, 3, minutes) for minutes in (0.25, 0.5, 1.0, 2.0, 60.0)]
    rows = [0 if plan is None else plan.rows for plan in plans]
    assert rows == sorted(rows)
    assert 0 < rows[1] <= rows[-1]
    # A first run on a laptop must not wait for it.
    assert plans[2] == plans[3] == plans[4]


def test_where_even_the_least_is_too_much_nothing_is_planned() -> None:
    assert plan_workload(50_000, 2_000, 5, 50, 1.0) is None
    assert plan_workload(500, 10, 5, 1, 0.01) is None


def test_blocks_are_spared_last() -> None:
    plan = plan_workload(50_000, 60, 5, 6, 1.0)
    assert plan is not None
    assert plan.rows == 1_000
    assert 0 < plan.blocks < 5


def test_texts_take_time_by_their_characters() -> None:
    plain = plan_workload(10_000, 10, 2, 1, 0.5)
    short, long = (plan_workload(10_000, 10, 2, 1, 0.5, [characters]) for characters in (20, 300))
    assert plain is not None
    assert short is not None
    assert long is not None
    assert plain.rows >= short.rows > long.rows
    assert short.blocks == 3
    # The longest texts can be judged in a minute.
    assert plan_workload(10_000, 10, 2, 1, 0.5, [2_000]) is None
    assert plan_workload(10_000, 10, 2, 1, 1.0, [2_000]) is not None


def prepare_rows() -> tuple[Pipeline, pd.DataFrame]:
    """Return the first step of a recipe, and rows: two numbers, 3 and 60 categories, two dates, a text."""
    rows = np.arange(600)
    frame = pd.DataFrame({"a": rows * 1.0, "b": rows % 7 * 1.0, "few": [f"{i % 3}" for i in rows]})
    frame["many"] = [f"{i % 60}" for i in rows]
    frame["d"] = np.datetime64("2024-01-01", "us") + rows.astype("timedelta64[D]")
    frame["e"] = frame["d"]
    frame["review"] = np.where(rows % 2, "x" * 10, "x" * 5_000)
    cleaned = Preprocessor(["a", "b"], ["few", "many"], ["d", "e"], {"review": "review_text"})
    return Pipeline([("preprocess", cleaned)]).fit(frame, rows), frame


@pytest.mark.parametrize(("n_outputs", "n_features"), [(1, 14), (4, 17)])
def test_a_column_counts_as_what_trees_look_at(n_outputs: int, n_features: int) -> None:
    # Two numbers, five parts of each date, one bundle of one-hot columns, and mean targets.
    assert count_features(prepare_rows()[0], Engineer("binary"), n_outputs) == n_features


@pytest.mark.parametrize(("event_time", "n_blocks"), [("", 5), ("d", 6)])
def test_kinds_of_columns_make_blocks(event_time: str, n_blocks: int) -> None:
    # Arithmetic, crosses, numbers by category, frequencies and dates; the event time has its own.
    assert count_blocks(prepare_rows()[0], Engineer("binary", event_time=event_time)) == n_blocks


def test_of_a_text_the_characters_that_are_read_count() -> None:
    assert count_characters(*prepare_rows()) == {"review_text": (10 + 2_000) / 2}
