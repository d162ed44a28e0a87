import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from components._problem.task import TaskKind
from components._recipe.engineer import Engineer
from components._recipe.recipe import set_units
from components._table.time_blocks import cut_time_blocks
from tests.texts import draw_reviews

NOISE_ROWS = 2000


def make_strings(values: list[str], categories: list[str] | None = None) -> pd.Categorical:
    return pd.Categorical(values, categories=categories or sorted(set(values)))


def make_dates(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="datetime64[us]")


def undo_scaling(engineer: Engineer, encoded: pd.DataFrame) -> pd.DataFrame:
    """Undo the standardisation of date parts and target encodings, the last columns."""
    return encoded.iloc[:, -len(engineer.means_) :] * engineer.scales_ + engineer.means_


def test_date_parts_are_those_of_pandas_before_1970_too() -> None:
    rng = np.random.default_rng(0)
    seconds = rng.integers(-3_000_000_000, 3_000_000_000, 500)
    moments = pd.to_datetime(pd.Series([*seconds, -1, 0]), unit="s").astype("datetime64[us]")
    moments = moments.drop(moments.sample(50, random_state=0).index).reindex(moments.index)
    moments = pd.concat([moments, make_dates("1969-12-31T23:59:59.999999", "1600-02-29", "2400-02-29T12:30")])
    table = pd.DataFrame({"d": moments.reset_index(drop=True)})
    engineer = Engineer("regression")
    encoded = undo_scaling(engineer, engineer.fit_transform(table, np.zeros(len(table))))
    known = table["d"].notna()
    of = table["d"][known].dt
    microseconds = table["d"][known].astype(np.int64)
    expected = pd.DataFrame(
        {
            "d_days": (microseconds - microseconds.min()) / 86_400_000_000,
            "d_month": of.month,
            "d_day": of.day,
            "d_weekday": of.weekday,
            "d_hour": of.hour,
        }
    )
    pd.testing.assert_frame_equal(encoded[known], expected, check_dtype=False, atol=1e-9)
    # A missing date takes the median of each part.
    filled = np.tile(expected.median().to_numpy(), (int((~known).sum()), 1))
    np.testing.assert_allclose(encoded[~known], filled, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (("2024-01-01", "2024-01-08", None), ["d_days", "d_day"]),
        (("2024-01-01T01:00", "2024-01-01T07:00"), ["d_days", "d_hour"]),
        (("2024-01-01", "2024-01-01"), []),
        ((None, None), []),
    ],
)
def test_dates_that_hardly_vary_have_finite_features(
    values: tuple[str | None, ...], parts: list[str]
) -> None:
    table = pd.DataFrame({"d": make_dates(*values)})
    engineer = Engineer("binary")
    encoded = engineer.fit_transform(table, np.arange(len(table)) % 2)
    assert list(encoded.columns) == parts
    assert not encoded.isna().any(axis=None)
    assert engineer.transform(pd.DataFrame({"d": make_dates(None, "1999-09-09")})).notna().all(axis=None)


def test_days_count_from_the_first_training_date() -> None:
    engineer = Engineer("binary").fit(
        pd.DataFrame({"d": make_dates("2024-03-01", "2024-03-02")}), np.array([0, 1])
    )
    unseen = engineer.transform(pd.DataFrame({"d": make_dates("2024-02-29T12:00", "2024-03-11")}))
    assert undo_scaling(engineer, unseen)["d_days"].tolist() == [-0.5, 10.0]


def test_few_categories_become_a_column_each() -> None:
    table = pd.DataFrame({"s": make_strings(["x", "b=c", "x"])})
    encoded = Engineer("binary", one_hot_up_to=2, target_above=2).fit_transform(table, np.array([0, 1, 0]))
    assert encoded.to_dict("list") == {"s=b=c": [0.0, 1.0, 0.0], "s=x": [1.0, 0.0, 1.0]}


@pytest.mark.parametrize(
    ("one_hot_up_to", "target_above", "names", "ways"),
    [
        (3, 3, ["s=a", "s=b", "s=c"], {}),
        (2, 2, ["s_target"], {}),
        (
            3,
            2,
            ["s=a", "s=b", "s=c", "s_target"],
            {"s=a": "one-hot", "s=b": "one-hot", "s=c": "one-hot", "s_target": "target"},
        ),
    ],
)
def test_the_number_of_categories_decides_the_encoding(
    one_hot_up_to: int, target_above: int, names: list[str], ways: dict[str, str]
) -> None:
    table = pd.DataFrame({"s": make_strings(list("abcabcabc"))})
    engineer = Engineer("binary", one_hot_up_to=one_hot_up_to, target_above=target_above).fit(
        table, np.array([0, 1] * 4 + [0])
    )
    assert engineer.get_feature_names_out().tolist() == names
    assert engineer.get_alternatives() == ways


@pytest.mark.parametrize(
    ("kind", "y", "columns"),
    [
        ("binary", np.array([1, 0, 0] * 300), [[1.0, 0.0, 0.0]]),
        ("regression", np.array([7.0, -1.0, 2.5] * 300), [[7.0, -1.0, 2.5]]),
        ("multiclass", np.array([2, 0, 1] * 300), [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    ],
)
def test_many_categories_become_their_mean_target_one_column_per_class(
    kind: TaskKind, y: np.ndarray, columns: list[list[float]]
) -> None:
    table = pd.DataFrame({"s": make_strings(list("abc") * 300, [*"abc", "(null)"])})
    engineer = Engineer(kind, one_hot_up_to=2, target_above=2).fit(table, y)
    encoded = undo_scaling(engineer, engineer.transform(table.iloc[:3]))
    np.testing.assert_allclose(encoded.T, columns, atol=1e-9)
    suffixes = ["_0", "_1", "_2"] if kind == "multiclass" else [""]
    assert list(encoded.columns) == [f"s_target{suffix}" for suffix in suffixes]


def test_a_category_that_training_never_had_takes_the_whole_mean() -> None:
    table = pd.DataFrame({"s": make_strings(list("abc") * 10, [*"abc", "(null)"])})
    y = np.array([0, 0, 1] * 10)
    engineer = Engineer("binary", one_hot_up_to=2, target_above=2).fit(table, y)
    unseen = engineer.transform(pd.DataFrame({"s": make_strings(["(null)"], [*"abc", "(null)"])}))
    assert undo_scaling(engineer, unseen).iloc[0, 0] == pytest.approx(1 / 3)


def draw_noise(kind: TaskKind) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"s": make_strings([f"{i:04}" for i in rng.integers(0, 700, NOISE_ROWS)])})
    y = rng.normal(size=NOISE_ROWS) if kind == "regression" else rng.integers(0, 2, NOISE_ROWS)
    return table, y


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_the_encoding_of_training_rows_has_not_seen_their_targets(kind: TaskKind) -> None:
    table, y = draw_noise(kind)
    engineer = Engineer(kind)
    crossed = engineer.fit_transform(table, y)["s_target"]
    direct = engineer.transform(table)["s_target"]
    # Four standard errors of a correlation by chance, 1/sqrt(n); without cross-fitting it is far larger.
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 4 / np.sqrt(NOISE_ROWS)
    assert np.corrcoef(direct, y)[0, 1] > 0.4


def test_the_seed_alone_decides_the_cross_fitting() -> None:
    table, y = draw_noise("binary")
    first, again, other = (Engineer("binary", seed=seed).fit_transform(table, y) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    ours, theirs = (Engineer("binary", seed=seed).fit(table, y).encodings_["s"] for seed in (3, 4))
    np.testing.assert_array_equal(ours, theirs)


def test_a_class_of_one_row_does_not_stop_the_cross_fitting() -> None:
    table = pd.DataFrame({"s": make_strings(list("abcd") * 5)})
    with pytest.warns(UserWarning, match="least populated class"):
        encoded = Engineer("multiclass", one_hot_up_to=2, target_above=2).fit_transform(
            table, np.array([0, 1] * 9 + [1, 2])
        )
    assert encoded.shape == (20, 3)
    assert not encoded.isna().any(axis=None)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"x": [1.0, 2.0, 3.0, 4.0]},
        {"s": make_strings(list("abab"))},
        {"s": make_strings(list("abcd"))},
        {"d": make_dates("2020-01-01", None, "2020-02-03", "1969-01-01")},
        {"x": [0.0] * 4, "s": make_strings(list("aaaa")), "d": make_dates(None, None, None, None)},
    ],
)
def test_any_mix_of_kinds_is_encoded_under_the_names_announced_and_no_row_is_changed(
    columns: dict[str, Any],
) -> None:
    table = pd.DataFrame(columns, index=range(7, 11))
    if "d" in table:
        table["d"] = np.asarray(columns["d"])
    before = table.copy(deep=True)
    engineer = Engineer("binary", one_hot_up_to=3, target_above=3)
    for encoded in (engineer.fit_transform(table, np.array([0, 1, 0, 1])), engineer.transform(table)):
        assert list(encoded.columns) == engineer.get_feature_names_out().tolist()
        assert encoded.index.equals(table.index)
        assert (encoded.dtypes == np.float64).all()
        assert not encoded.isna().any(axis=None)
    pd.testing.assert_frame_equal(table, before)


def test_no_two_features_have_one_name() -> None:
    table = pd.DataFrame(
        {
            "a=b=c": [1.0, 2.0],
            "d_days": [0.0, 1.0],
            "a": make_strings(["b=c", "b"]),
            "a=b": make_strings(["c", "d"]),
        }
    ).assign(d=make_dates("2020-01-01", "2020-01-02"))
    encoded = Engineer("binary").fit_transform(table, np.array([0, 1]))
    assert encoded.columns.is_unique
    assert list(encoded.columns[:6]) == ["a=b=c", "d_days", "a=b", "a=b=c_2", "a=b=c_3", "a=b=d"]
    assert "d_days_2" in encoded


def test_the_export_is_strict_json() -> None:
    table = pd.DataFrame(
        {"s": make_strings(list("abcd")), "d": make_dates("2020-01-01", None, "2021-01-01", None)}
    )
    engineer = Engineer("binary", one_hot_up_to=3, target_above=3).fit(table, np.array([0, 1, 0, 1]))
    exported = json.loads(json.dumps(engineer.export(), allow_nan=False))
    assert exported["parts"] == [["d", "days"], ["d", "weekday"]]
    assert list(exported["target"]) == ["s"]


def test_sentences_say_what_becomes_of_the_columns() -> None:
    table = pd.DataFrame(
        {
            "x": [1.0, 2.0, 3.0, 4.0],
            "wide": make_strings(list("abcd")),
            "narrow": make_strings(list("abab")),
            "d": make_dates("2020-01-01", None, "2020-01-01T05:00", None),
            "still": make_dates(None, None, None, None),
        }
    )
    assert Engineer("binary", one_hot_up_to=3, target_above=3).fit(
        table, np.array([0, 1, 0, 1])
    ).describe() == [
        "1 numbers and null indicators stay as they are.",
        "d becomes its days, hour.",
        "still does not vary.",
        "narrow is encoded one-hot, in 2 columns.",
        "wide becomes the cross-fitted mean target of its 4 categories.",
    ]


def test_sentences_say_that_statistics_come_from_earlier_rows() -> None:
    table = pd.DataFrame({"s": make_strings(list("abcd")), "x": [1.0, 2.0, 3.0, 4.0]})
    blocks, y = cut_time_blocks(np.arange(4), None), np.array([0, 1, 0, 1])
    *_, mean, past = Engineer("binary", one_hot_up_to=2).fit(table, y, blocks).describe()
    assert mean == "s becomes the past mean target of its 4 categories."
    assert past == (
        "Because of the event time, mean targets, frequencies and numbers by category of a training row come "
        "from earlier rows only. Later rows get those of all training rows."
    )
    assert len(Engineer("binary").fit(table[["x"]], y, blocks).describe()) == 1


def preprocess_pairs(n_rows: int = NOISE_ROWS) -> tuple[pd.DataFrame, np.ndarray]:
    """Return preprocessed rows of two numbers, two strings and two dates, and a target without relation."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n_rows, 2)), columns=["a", "b"])
    table["s"] = make_strings([f"s{i:02}" for i in rng.integers(0, 40, n_rows)])
    table["t"] = make_strings([f"t{i:02}" for i in rng.integers(0, 40, n_rows)])
    for name in "de":
        hours = pd.to_timedelta(rng.integers(0, 900, n_rows), unit="h")
        table[name] = (pd.Timestamp("2020-01-01") + hours).astype("datetime64[us]")
    set_units(table, {"a": [10.0, 2.0], "b": [5.0, 1.0]})
    return table, rng.normal(size=n_rows)


def test_the_mean_target_of_a_pair_has_not_seen_the_rows_target() -> None:
    table, y = preprocess_pairs()
    engineer = Engineer("regression", derived=[["cross", "s", "t"]])
    crossed = engineer.fit_transform(table, y)["s & t_target"]
    direct = engineer.transform(table)["s & t_target"]
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 4 / np.sqrt(NOISE_ROWS)
    assert np.corrcoef(direct, y)[0, 1] > abs(np.corrcoef(crossed, y)[0, 1])


def test_categories_that_training_never_had_take_the_statistics_of_all_rows() -> None:
    table = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "s": make_strings(list("xxyy"), ["x", "y", "(null)"])})
    set_units(table, {"a": [0.0, 1.0]})
    derived = [
        ["group_mean", "a", "s"],
        ["ratio_to_group", "a", "s"],
        ["frequency", "s"],
        ["cross", "s", "s"],
    ]
    engineer = Engineer("binary", derived=derived).fit(table, np.array([0, 1, 0, 1]))
    unseen = table.assign(s=make_strings(["(null)"] * 4, ["x", "y", "(null)"]))
    features = undo_scaling(engineer, engineer.transform(unseen))
    assert features["a_mean_by_s"].tolist() == [1.5] * 4
    assert features["s_frequency"].tolist() == [0.0] * 4
    assert np.isfinite(features.to_numpy()).all()


def preprocess_reviews(n_rows: int = 900) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows of a number and of reviews, every tenth of which is missing, and how good they are."""
    reviews, worth = draw_reviews(n_rows)
    table = pd.DataFrame({"a": np.arange(n_rows) % 7 - 3.0, "review": np.array(reviews, dtype=object)})
    table.loc[::10, "review"] = None
    return table, worth


TEXT_DERIVATIONS = [["text_length", "review"], ["text_topics", "review"], ["text_target", "review"]]


def test_a_text_has_features_by_derivations_only() -> None:
    table, y = preprocess_reviews()
    assert list(Engineer("regression").fit_transform(table, y).columns) == ["a"]
    engineer = Engineer("regression", derived=[["text_length", "review"]])
    encoded = engineer.fit_transform(table, y)
    lengths = [f"review_{name}" for name in ("is_null", "characters", "words", "capitals", "digits")]
    assert list(encoded.columns) == ["a", *lengths]
    shown = undo_scaling(engineer, engineer.transform(table))
    is_null = table["review"].isna()
    assert shown["review_is_null"].tolist() == is_null.astype(float).tolist()
    characters = table["review"].str.len()
    np.testing.assert_allclose(shown["review_characters"], characters.fillna(characters.median()))


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_words_predict_the_target_of_rows_that_were_not_fitted_on(kind: TaskKind) -> None:
    table, worth = preprocess_reviews()
    y = worth if kind == "regression" else pd.qcut(worth, 2 if kind == "binary" else 3, labels=False)
    engineer = Engineer(kind, derived=TEXT_DERIVATIONS).fit(table[:600], y[:600])
    names = engineer.get_feature_names_out().tolist()
    targets = [name for name in names if "target" in name]
    suffixes = ["_0", "_1", "_2"] if kind == "multiclass" else [""]
    expected = [f"review_words_target{suffix}" for suffix in suffixes]
    assert targets == expected
    assert names.count("review_topic_1") == 1
    later = table[600:].assign(worth=worth[600:]).dropna()
    predicted = engineer.transform(later)[targets[-1]]
    assert np.corrcoef(predicted, later["worth"])[0, 1] > 0.6


def test_the_words_target_of_training_rows_has_not_seen_it() -> None:
    table, _ = preprocess_reviews()
    y = np.random.default_rng(1).normal(size=len(table))
    engineer = Engineer("regression", derived=TEXT_DERIVATIONS)
    of_training, of_rows = engineer.fit_transform(table, y), engineer.transform(table)
    assert of_training["review_topic_1"].equals(of_rows["review_topic_1"])
    crossed, direct = of_training["review_words_target"], of_rows["review_words_target"]
    assert abs(np.corrcoef(crossed, y)[0, 1]) < 4 / np.sqrt(len(table))
    assert np.corrcoef(direct, y)[0, 1] > 0.3


@pytest.mark.parametrize("n_known", [0, 1, 19])
def test_a_fold_with_hardly_any_text_has_finite_features(n_known: int) -> None:
    table, y = preprocess_reviews(200)
    table["review"] = table["review"].fillna("x")
    table.loc[np.arange(200) >= n_known, "review"] = None
    engineer = Engineer("regression", derived=TEXT_DERIVATIONS)
    assert np.isfinite(engineer.fit_transform(table, y).to_numpy()).all()
    assert np.isfinite(engineer.transform(preprocess_reviews(50)[0]).to_numpy()).all()


def test_what_texts_say_is_exported_as_strict_json_and_described() -> None:
    table, y = preprocess_reviews()
    engineer = Engineer("regression", derived=TEXT_DERIVATIONS).fit(table, y)
    exported = json.loads(json.dumps(engineer.export(), allow_nan=False))
    of = exported["texts"]["words of review"]
    assert of["column"] == "review"
    assert len(of["learned"]["terms"]) == len(of["learned"]["weights"])
    (sentence,) = (text for text in engineer.describe() if text.startswith("Of review"))
    assert sentence.endswith("810 texts. The first 2,000 characters of each text are read.")


def test_derived_features_are_parameters_that_a_clone_learns_again() -> None:
    table, y = preprocess_pairs()
    engineer = Engineer("regression", derived=[["group_mean", "a", "s"]]).fit(table, y)
    again = clone(engineer)
    assert not hasattr(again, "derived_")
    half = table.iloc[: NOISE_ROWS // 2]
    again.fit(half, y[: NOISE_ROWS // 2])
    assert again.derived_[0]["columns"] == ["a", "s"]
    assert again.derived_[0]["values"] != engineer.derived_[0]["values"]
