import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from components._compiled.steps import NULL, OTHER
from components._model.files import load_pipeline, save_pipeline
from components._recipe.preprocess import Preprocessor, Statistics, compute_scales
from components._recipe.recipe import append_step
from tests.components._model.tables import KINDS, draw_rows

# Quartiles 2 and 4, median 3.
ONE_TO_FIVE = [1.0, 2.0, 3.0, 4.0, 5.0]


def make_numbers(values: list[Any], **settings: Any) -> tuple[Preprocessor, pd.DataFrame]:
    table = pd.DataFrame({"x": values})
    preprocessor = Preprocessor(["x"], [], [], **settings).fit(table)
    return preprocessor, table


@pytest.mark.parametrize(
    ("factor", "values", "fences"),
    [
        (1.5, ONE_TO_FIVE, (-1.0, 7.0)),
        (3.0, ONE_TO_FIVE, (-4.0, 10.0)),
        (0.0, ONE_TO_FIVE, (-np.inf, np.inf)),
        # Equal quartiles.
        (3.0, [1.0, 1.0, 1.0, 1.0, 1.0, 9.0], (-np.inf, np.inf)),
        # Nulls and infinite numbers do not count.
        (1.5, [*ONE_TO_FIVE, np.nan, np.inf, -np.inf], (-1.0, 7.0)),
        (1.5, [np.nan, np.nan], (-np.inf, np.inf)),
    ],
)
def test_fences_lie_interquartile_ranges_beyond_the_quartiles(
    factor: float, values: list[Any], fences: tuple[float, float]
) -> None:
    preprocessor, _ = make_numbers(values, fence_factor=factor)
    assert (preprocessor.lows_[0], preprocessor.highs_[0]) == fences


def test_unseen_numbers_are_clipped_filled_and_scaled_by_what_training_rows_taught() -> None:
    preprocessor, _ = make_numbers(ONE_TO_FIVE, fence_factor=1.5)
    unseen = pd.DataFrame({"x": [1e9, -1e9, np.nan, np.inf, -np.inf, 5.0]})
    expected = (np.array([7.0, -1.0, 3.0, 3.0, 3.0, 5.0]) - 3.0) / np.std(ONE_TO_FIVE)
    preprocessed = preprocessor.transform(unseen)
    # No indicator: the column had no nulls in training.
    assert list(preprocessed.columns) == ["x"]
    np.testing.assert_allclose(preprocessed["x"], expected)


def test_training_numbers_have_mean_zero_and_deviation_one_after_filling_and_clipping() -> None:
    preprocessor, table = make_numbers([*ONE_TO_FIVE, np.nan, 1000.0])
    preprocessed = preprocessor.transform(table)["x"].to_numpy()
    np.testing.assert_allclose([preprocessed.mean(), preprocessed.std()], [0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("values", "unseen", "expected"),
    [
        # The deviation of three times 0.1 is not 0 in floating point.
        ([0.1, 0.1, 0.1], 1.1, 1.0),
        ([5, 5, 5, 5], 7, 2.0),
        # Squares of such differences vanish.
        ([0.0, 1e-200], 1.0, 1.0),
        ([None, None], 2.0, 2.0),
    ],
)
def test_a_constant_number_is_centred_and_not_blown_up(
    values: list[Any], unseen: float, expected: float
) -> None:
    preprocessor, _ = make_numbers(values, fence_factor=0)
    assert preprocessor.transform(pd.DataFrame({"x": [unseen]})).iloc[0, 0] == pytest.approx(expected)


def test_the_scale_of_a_column_is_its_deviation_or_one() -> None:
    np.testing.assert_array_equal(compute_scales(np.array([[1.0, 0.1], [3.0, 0.1], [2.0, 0.1]]))[1], 1.0)
    assert compute_scales(np.array([[1.0], [3.0]])).tolist() == [1.0]
    assert compute_scales(np.array([[1.0], [5.0]])).tolist() == [2.0]


@pytest.mark.parametrize(
    ("values", "fill", "indicator"),
    [
        ([True, None, False, True], 1.0, [0, 1, 0, 0]),
        ([True, False, False], 0.0, None),
        # Rows of objects, as from JSON: numbers must not become nulls.
        (pd.Series([4, None, 2.5, 10], dtype=object), 4.0, [0, 1, 0, 0]),
        ([None, None], 0.0, [1, 1]),
    ],
)
def test_booleans_and_objects_are_numbers_and_their_nulls_are_marked(
    values: list[Any], fill: float, indicator: list[int] | None
) -> None:
    preprocessor, table = make_numbers(values)
    preprocessed = preprocessor.transform(table)
    assert preprocessor.medians_[0] == fill
    assert (preprocessed["x_is_null"].tolist() if "x_is_null" in preprocessed else None) == indicator


@pytest.mark.parametrize(
    ("rare_below", "kept"),
    [(0.0, ["01", "1", "a=b"]), (0.15, ["01", "1"]), (0.35, ["1"]), (0.9, [])],
)
def test_categories_are_those_frequent_in_training(rare_below: float, kept: list[str]) -> None:
    training = pd.DataFrame({"s": [*["1"] * 5, *["01"] * 3, "a=b", None]})
    preprocessor = Preprocessor([], ["s"], [], rare_below=rare_below).fit(training)
    assert preprocessor.categories_ == {"s": kept}


def test_rare_unknown_and_null_strings_have_categories_of_their_own() -> None:
    preprocessor = Preprocessor([], ["s"], [], rare_below=0.3).fit(
        pd.DataFrame({"s": ["a"] * 5 + ["b"] * 4 + ["c"]})
    )
    preprocessed = preprocessor.transform(
        pd.DataFrame({"s": ["b", "a", "c", "never seen", None, np.nan, ""]})
    )
    assert preprocessed["s"].tolist() == ["b", "a", OTHER, OTHER, NULL, NULL, OTHER]
    assert preprocessed["s"].cat.categories.tolist() == ["a", "b", NULL, OTHER]


def test_strings_that_read_like_the_categories_made_here_fall_into_them() -> None:
    table = pd.DataFrame({"s": [OTHER, NULL, None, "a"]})
    preprocessed = Preprocessor([], ["s"], [], rare_below=0.0).fit(table).transform(table)
    assert preprocessed["s"].tolist() == [OTHER, NULL, NULL, "a"]
    assert preprocessed["s"].cat.categories.tolist() == ["a", NULL, OTHER]


def test_a_string_column_without_values_is_all_null() -> None:
    table = pd.DataFrame({"s": pd.Series([None, None], dtype=object)})
    preprocessor = Preprocessor([], ["s"], []).fit(table)
    assert preprocessor.transform(table)["s"].tolist() == [NULL, NULL]
    assert preprocessor.transform(pd.DataFrame({"s": ["x"]}))["s"].tolist() == [OTHER]


def test_dates_pass_and_their_nulls_are_marked() -> None:
    dates = pd.Series(["1901-12-13 20:45:52", None, "2038-01-19"], dtype="datetime64[us]")
    table = pd.DataFrame({"d": dates})
    preprocessed = Preprocessor([], [], ["d"]).fit(table).transform(table)
    assert preprocessed["d_is_null"].tolist() == [0.0, 1.0, 0.0]
    pd.testing.assert_series_equal(preprocessed["d"], table["d"])
    no_date = pd.DataFrame({"d": pd.Series([None], dtype=object)})
    assert Preprocessor([], [], ["d"]).fit(table).transform(no_date)["d"].isna().all()


def test_an_indicator_never_takes_the_name_of_a_column() -> None:
    table = pd.DataFrame({"x": [1.0, np.nan, 3.0], "x_is_null": [7.0, 8.0, 9.0]})
    preprocessor = Preprocessor(["x", "x_is_null"], [], []).fit(table)
    preprocessed = preprocessor.transform(table)
    assert list(preprocessed.columns) == ["x", "x_is_null", "x_is_null_2"]
    assert preprocessed["x_is_null_2"].tolist() == [0.0, 1.0, 0.0]
    np.testing.assert_allclose(preprocessed["x_is_null"], make_scaled([7.0, 8.0, 9.0]))


def make_scaled(values: list[float]) -> np.ndarray:
    return (np.array(values) - np.mean(values)) / np.std(values)


@pytest.mark.parametrize(
    "names", [list(KINDS), ["amount"], ["city"], ["since"], ["member"], ["city", "since"], []]
)
def test_any_mix_of_kinds_is_cleaned_under_the_names_announced_and_no_row_is_changed(
    names: list[str],
) -> None:
    table = draw_rows(60)[names].set_axis(range(100, 160))
    before = table.copy(deep=True)
    by_kind = [
        [name for name in names if KINDS[name] in ("float", "integer", "boolean")],
        [name for name in names if KINDS[name] == "string"],
        [name for name in names if KINDS[name] == "datetime"],
    ]
    preprocessor = Preprocessor(by_kind[0], by_kind[1], by_kind[2]).fit(table)
    preprocessed = preprocessor.transform(table)
    pd.testing.assert_frame_equal(table, before)
    assert list(preprocessed.columns) == preprocessor.get_feature_names_out().tolist()
    assert preprocessed.index.equals(table.index)
    assert not preprocessed.drop(columns=by_kind[2]).isna().any(axis=None)
    assert len(preprocessor.transform(table.iloc[:0])) == 0


def test_the_export_is_strict_json() -> None:
    preprocessor = Preprocessor(["amount", "visits"], ["city"], ["since"], fence_factor=0).fit(draw_rows(50))
    exported = json.loads(json.dumps(preprocessor.export(), allow_nan=False))
    assert exported["numeric"]["visits"]["fences"] == [None, None]
    assert exported["indicators"] == {"amount": "amount_is_null", "since": "since_is_null"}


def test_sentences_say_what_happens_to_the_columns() -> None:
    table = pd.DataFrame({"x": [*ONE_TO_FIVE, np.nan], "s": ["a", "a", "b", "b", "b", None]})
    words = " ".join(Preprocessor(["x"], ["s"], []).fit(table).describe())
    assert "1 numeric columns: nulls take the median, 1 columns are clipped" in words
    assert "Null indicators for x." in words
    assert "s: 2 categories, all others become (other)." in words


def test_texts_stay_as_they_are_beside_their_categories() -> None:
    table = pd.DataFrame({"s": ["a b", None, "a b"], "t": ["x", "", None]}, dtype=object)
    preprocessor = Preprocessor([], ["s"], [], {"s": "s_text", "t": "t"}).fit(table)
    assert preprocessor.feature_names == ["s", "t"]
    passed = preprocessor.transform(table)
    assert list(passed.columns) == ["s", "s_text", "t"]
    assert passed["s_text"].tolist() == ["a b", None, "a b"]
    assert passed["t"].tolist() == ["x", "", None]
    assert isinstance(passed["s"].dtype, pd.CategoricalDtype)
    assert preprocessor.describe()[-1] == "Texts stay as they are: s, t."


def test_a_null_indicator_does_not_take_the_name_of_a_text() -> None:
    table = pd.DataFrame({"x": [1.0, None], "x_is_null": ["a", "b"]})
    passed = Preprocessor(["x"], [], [], {"x_is_null": "x_is_null"}).fit(table).transform(table)
    assert list(passed.columns) == ["x", "x_is_null_2", "x_is_null"]


@pytest.mark.parametrize("factor", [1.0, 1e150, 1e300])
def test_numbers_whose_squares_no_float_holds_are_standardised(factor: float) -> None:
    values = np.random.default_rng(0).normal(size=200)
    preprocessor, frame = make_numbers(list(values * factor))
    np.testing.assert_allclose(
        preprocessor.transform(frame).iloc[:, 0], (values - values.mean()) / values.std(), rtol=1e-9
    )


STATISTICS: Statistics = {
    "n_rows": 5_000_000,
    "numeric": {
        "x": {"fill": 0.1 + 0.2, "fences": [-4.0, 10.0], "mean": 2.5, "scale": 0.5},
        "y": {"fill": 0.0, "fences": [None, None], "mean": 1e300, "scale": 1.0},
    },
    "has_nulls": {"x": True, "y": False, "d": False, "later": True},
    "categorical": {"s": ["a", "ä"]},
}


def test_statistics_are_kept_by_every_fit_copy_and_file(tmp_path: Path) -> None:
    few = pd.DataFrame(
        {
            "x": [7.0, 8.0],
            "y": [1.0, 2.0],
            "s": ["b", "b"],
            "d": pd.Series([None] * 2, dtype="datetime64[us]"),
        }
    )
    given = Preprocessor(["x", "y"], ["s"], ["d"], statistics=STATISTICS)
    recipe = append_step(None, "preprocess", given).fit(few)
    save_pipeline(recipe, tmp_path / "recipe.skops")
    stored = load_pipeline(tmp_path / "recipe.skops")
    for step in (recipe[0], stored[0], clone(stored[0]).fit(few.iloc[:0])):
        assert step.export()["numeric"] == STATISTICS["numeric"]
        assert step.export()["indicators"] == {"x": "x_is_null"}
        assert step.categories_ == STATISTICS["categorical"]
        assert step.describe()[-1].startswith("All of this is learned from all 5,000,000 training rows.")


def test_statistics_hold_for_fewer_columns_and_one_more_date() -> None:
    given = Preprocessor(["y"], [], ["d"], statistics=STATISTICS)
    changed = clone(given).set_params(datetime=["d", "later"], text={"s": "s"})
    preprocessed = changed.fit(pd.DataFrame()).transform(
        pd.DataFrame({"y": [0.0], "d": [None], "later": [None], "s": ["words"]})
    )
    assert list(preprocessed.columns) == ["y", "later_is_null", "d", "later", "s"]


def test_without_statistics_a_file_does_not_know_them() -> None:
    preprocessor, _ = make_numbers(ONE_TO_FIVE)
    assert "statistics" not in preprocessor.__getstate__()
