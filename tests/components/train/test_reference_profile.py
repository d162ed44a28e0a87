import json

import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.train.reference_profile import compute_reference_profile


def test_numbers_are_counted_between_their_deciles() -> None:
    frame = pd.DataFrame({"x": [*range(100), None, None, None, None]})
    profile = compute_reference_profile(frame, {"x": "float"}, np.zeros(2))
    column = profile["columns"]["x"]
    assert column["null"] == pytest.approx(4 / 104)
    assert column["starts"] == list(range(0, 100, 10))
    assert column["shares"] == [0.1] * 10
    assert profile["n_rows"] == 104


@pytest.mark.parametrize(
    ("values", "starts", "shares"),
    [
        ([7.0, 7.0], [7.0], [1.0]),
        ([None, None], [], []),
        ([0.0] * 55 + [1.0] * 45, [0.0, 1.0], [0.55, 0.45]),
        ([0.0] * 60 + [1.0] * 20 + [2.0] * 20, [0.0, 1.0, 2.0], [0.6, 0.2, 0.2]),
    ],
)
def test_columns_of_few_values_have_few_bins(
    values: list[float | None], starts: list[float], shares: list[float]
) -> None:
    frame = pd.DataFrame({"x": pd.array(values, dtype="float64")})
    column = compute_reference_profile(frame, {"x": "float"}, np.zeros(2))["columns"]["x"]
    assert (column["starts"], column["shares"]) == (starts, shares)


def test_strings_dates_and_booleans_have_their_own_form() -> None:
    frame = pd.DataFrame(
        {
            "plan": ["a", "a", "b", None],
            "since": pd.to_datetime(["1969-12-31", "1970-01-02", "NaT", "1970-01-03"]),
            "member": pd.Series([True, False, None, True], dtype=object),
        }
    )
    kinds: dict[str, Kind] = {"plan": "string", "since": "datetime", "member": "boolean"}
    profile = compute_reference_profile(frame, kinds, np.zeros(2))
    plan, since, member = profile["columns"].values()
    assert plan == {"null": 0.25, "categories": {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}}
    assert (since["starts"][0], since["starts"][-1]) == (-86400.0, 2 * 86400.0)
    assert (member["starts"][0], member["starts"][-1]) == (0.0, 1.0)
    assert json.loads(json.dumps(profile, allow_nan=False)) == profile


def test_only_the_most_frequent_categories_are_kept() -> None:
    names = [f"c{i:02}" for i in range(60) for _ in range(i + 1)]
    profile = compute_reference_profile(pd.DataFrame({"x": names}), {"x": "string"}, np.zeros(2))
    categories = profile["columns"]["x"]["categories"]
    assert set(categories) == {f"c{i}" for i in range(10, 60)}
    assert categories["c59"] == pytest.approx(60 / len(names))


def test_predictions_are_profiled_by_class() -> None:
    predictions = np.array([[0.25, 0.75], [0.75, 0.25]])
    of_classes = compute_reference_profile(pd.DataFrame({"x": [1.0]}), {}, predictions)["predictions"]
    assert of_classes["means"] == [0.5, 0.5]
    assert (of_classes["starts"][0], of_classes["starts"][-1]) == (0.25, 0.75)
    of_numbers = compute_reference_profile(pd.DataFrame({"x": [1.0]}), {}, np.array([1.0, 3.0]))[
        "predictions"
    ]
    assert of_numbers["means"] == [2.0]


def test_of_free_text_the_lengths_are_kept_and_no_text() -> None:
    texts = [f"number {i} came {'very ' * (i % 10)}late" for i in range(200)]
    profile = compute_reference_profile(pd.DataFrame({"x": [*texts, None]}), {"x": "string"}, np.zeros(2))
    column = profile["columns"]["x"]
    assert set(column) == {"null", "starts", "shares"}
    assert column["starts"][0] == min(map(len, texts))
    assert sum(column["shares"]) == pytest.approx(1.0)
