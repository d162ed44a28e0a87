import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.monitor.column_bins import PREDICTIONS, ColumnBins, build_bins
from components.monitor.rows import PredictedRows
from tests.components.monitor.predicted_rows import make_rows

DAY_SECONDS = 86_400


def build(reference: PredictedRows, kind: Kind) -> ColumnBins:
    return build_bins(reference, {"x": kind}, is_class=True)["x"]


def test_numbers_have_quantile_bins_and_bins_outside_of_their_range() -> None:
    values = np.arange(640, dtype=np.float64)
    bins = build(make_rows({"x": values}), "float")
    assert bins.measure == "wasserstein"
    assigned = bins.assign(make_rows({"x": [-1e9, -1.0, 0.0, 5.0, 10.0, 639.0, 640.0, 1e300, np.nan]}))
    assert assigned.tolist() == [0, 6, 7, 7, 8, 70, 71, 77, 78]
    assert bins.n_bins == 79
    assert len(bins.centres) == 78
    assert (np.diff(bins.centres) > 0).all()
    # In standard deviations, with values cut off at the first and the last percentile.
    cut = values.clip(*np.percentile(values, (1, 99)))
    assert bins.centres[8] == pytest.approx(np.arange(10, 20).mean() / cut.std())


def test_an_outlier_does_not_set_the_scale() -> None:
    values = np.append(np.random.default_rng(0).normal(size=2000), 1e12)
    bins = build(make_rows({"x": values}), "float")
    assert np.abs(bins.centres).max() < 10


@pytest.mark.parametrize("values", [[7.0] * 50, [np.nan] * 50])
def test_a_constant_column_tells_its_value_from_others(values: list[float]) -> None:
    bins = build(make_rows({"x": values}), "float")
    assert bins.measure == "jensen_shannon"
    own, other, null = bins.assign(make_rows({"x": [7.0, 8.0, np.nan]}))
    assert null == bins.n_bins - 1
    assert (own == other) == np.isnan(values[0])


def test_a_rare_value_beside_a_frequent_one_has_a_bin() -> None:
    bins = build(make_rows({"x": [0.0] * 999 + [1.0]}), "float")
    assert bins.measure == "wasserstein"
    assert len(set(bins.assign(make_rows({"x": [-1.0, 0.0, 2.0]})).tolist())) == 3


def test_booleans_have_two_values() -> None:
    bins = build(make_rows({"x": [0.0, 1.0, np.nan]}), "boolean")
    assert bins.assign(make_rows({"x": [0.0, 1.0, np.nan]})).tolist() == [1, 2, 3]
    assert (bins.measure, bins.is_ordered) == ("jensen_shannon", False)


@pytest.mark.parametrize("dtype", ["object", "category"])
def test_categories_are_ordered_by_frequency_with_bins_for_the_others_and_new_ones(dtype: str) -> None:
    names = [f"c{i}" for i in range(150) for _ in range(200 - i)]
    bins = build(make_rows({"x": names}), "string")
    assert bins.categories == tuple(f"c{i}" for i in range(100))
    rows = make_rows({"x": pd.Series(["c0", "c99", "c100", "c149", "x", None], dtype=dtype)})
    assert bins.assign(rows).tolist() == [0, 99, 100, 100, 101, 102]
    assert bins.labels[-2:] == ("(other)", "(new)")


def test_a_category_of_one_row_of_the_reference_counts_as_new() -> None:
    reference = make_rows({"x": ["a"] * 10 + ["b", "b", "c", None]})
    bins = build(reference, "string")
    assert bins.categories == ("a",)
    assert bins.assign(reference).tolist() == [0] * 10 + [1, 1, 1, 3]
    assert bins.assign_reference(reference).tolist() == [0] * 10 + [1, 1, 2, 3]


def test_free_text_is_binned_by_its_length() -> None:
    texts = [f"this is review number {i} " + "very " * (i % 7) + "good" for i in range(100)]
    bins = build(make_rows({"x": texts}), "string")
    assert (bins.kind, bins.measure, bins.is_ordered) == ("text", "jensen_shannon", True)
    short, usual, long, null = bins.assign(make_rows({"x": ["a", texts[0], "a" * 999, None]}))
    assert short == 0
    assert short < usual < long < null == bins.n_bins - 1


def test_dates_are_compared_by_their_age_where_rows_have_times() -> None:
    times = np.datetime64("2026-03-02", "us") + np.arange(100) * np.timedelta64(1, "D")
    dates = times - (np.arange(100) % 10) * np.timedelta64(1, "D")
    bins = build(make_rows({"x": dates}, time=times), "datetime")
    assert bins.source == "age"
    later = make_rows({"x": [pd.Timestamp("2027-01-01")]}, time=["2027-01-06"])
    assert bins.starts[bins.assign(later)[0] - 1] == 5 * DAY_SECONDS


def test_dates_are_compared_themselves_where_rows_have_no_times() -> None:
    dates = pd.date_range("2026-01-01", periods=100)
    bins = build(make_rows({"x": dates}, time=np.full(100, "NaT")), "datetime")
    assert bins.source == "datetime"
    assert bins.assign(make_rows({"x": [pd.Timestamp("2030-01-01"), pd.NaT]})).tolist() == [
        bins.n_bins - 2,
        bins.n_bins - 1,
    ]


def test_a_delay_of_minutes_does_not_change_the_age_of_the_event_itself() -> None:
    times = np.full(100, "2026-03-02", dtype="datetime64[us]")
    bins = build(make_rows({"x": times}, time=times), "datetime")
    late = make_rows({"x": times[:1]}, time=times[:1] + np.timedelta64(5, "m"))
    at_once = bins.assign(make_rows({"x": times[:1]}, time=times[:1]))[0]
    assert 0 <= bins.centres[bins.assign(late)[0]] - bins.centres[at_once] <= 0.05


@pytest.mark.parametrize(
    ("outputs", "is_class", "kind", "measure", "n_bins"),
    [
        (np.linspace(0, 1, 200)[:, None], True, "probability", "jensen_shannon", 23),
        (np.eye(3)[np.arange(200) % 3], True, "class", "jensen_shannon", 5),
        (np.linspace(0, 1, 200)[:, None], False, "value", "wasserstein", 79),
    ],
)
def test_predictions_are_binned_by_task(
    outputs: np.ndarray, is_class: bool, kind: str, measure: str, n_bins: int
) -> None:
    reference = make_rows({"x": np.zeros(200)}, outputs=outputs)
    bins = build_bins(reference, {"x": "float"}, is_class=is_class)[PREDICTIONS]
    assert (bins.kind, bins.measure, bins.n_bins) == (kind, measure, n_bins)


def test_of_more_than_two_classes_the_likeliest_is_counted() -> None:
    outputs = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.0, 0.1, 0.9]])
    reference = make_rows({"x": np.zeros(3)}, outputs=outputs)
    bins = build_bins(reference, {"x": "float"}, is_class=True)[PREDICTIONS]
    assert bins.assign(reference).tolist() == [2, 1, 3]
