from dataclasses import replace

import pytest

from components._model.signature import Signature
from components.score.report import (
    ScoringInfo,
    compute_column_infos,
    compute_share_info,
    render_scoring,
)
from components.score.row_counts import RowCounts

SIGNATURE = Signature(
    "binary", "left", {"n": "float", "plan": "string"}, ["no", "yes"], 0.5, "lightgbm", "LightGBM", "roc_auc"
)
INFO = ScoringInfo(
    SIGNATURE,
    {
        "columns": {
            "n": {"null": 0.1, "starts": [0.0, 5.0], "shares": [0.5, 0.5]},
            "plan": {"null": 0.0, "categories": {"a": 0.6, "b": 0.2}},
        },
        "predictions": {"starts": [0.0, 0.5], "shares": [0.7, 0.3]},
    },
    "churn 3",
    10,
    RowCounts(
        {"n": 2, "plan": 0}, {"n": 1, "plan": 4}, {"n": [8, 0], "plan": [0, 2]}, {"no": 6, "yes": 4}, [6, 4]
    ),
    [],
    "",
    {},
    [],
    ["One process predicted the rows of each shard: no Dask scheduler is given."],
)


def test_the_metrics_are_shares_of_rows_and_cells() -> None:
    assert INFO._replace(unreadable={"n": 3}).metrics == {
        "rows": 10.0,
        "rate_no": 0.6,
        "rate_yes": 0.4,
        "null_share": 0.1,
        "unusual_share": 0.25,
        "unreadable": 3.0,
    }


def test_columns_are_compared_the_largest_shift_first() -> None:
    plan, n = compute_column_infos(INFO)
    # Of the rows without a, 0.6 had to move; all of n's known values lie in its first bin, half did.
    assert (plan.name, plan.shift) == ("plan", pytest.approx(0.6))
    assert n == ("n", 0.2, 0.1, 1, 0.5)
    assert compute_share_info(INFO) == ([0.0, 0.5], [0.6, 0.4], [0.7, 0.3])


def test_free_text_is_compared_by_its_length() -> None:
    columns = {**INFO.profile["columns"], "plan": {"null": 0.0, "starts": [1.0, 9.0], "shares": [0.5, 0.5]}}
    counts = INFO.counts._replace(counts={"n": [8, 0], "plan": [9, 1]})
    infos = compute_column_infos(INFO._replace(profile={**INFO.profile, "columns": columns}, counts=counts))
    assert {info.name: info.shift for info in infos}["plan (characters)"] == pytest.approx(0.4)


def test_a_column_without_known_values_has_no_shift() -> None:
    counts = INFO.counts._replace(nulls={"n": 10, "plan": 0}, counts={"n": [0, 0], "plan": [6, 2]})
    assert {info.name: info.shift for info in compute_column_infos(INFO._replace(counts=counts))}["n"] is None


def test_the_page_says_what_is_to_be_known() -> None:
    page = render_scoring(
        INFO._replace(
            ignored=["extra"],
            output="s3://data/out",
            unreadable={"n": 3},
            warnings=["The last row is a total."],
        )
    )
    for text in (
        "churn 3, LightGBM, for left",
        "Each of the 10 rows has exactly one prediction.",
        "The predictions are also in s3://data/out.",
        "Unreadable values, which became null: n (3).",
        "Columns that the model does not use: extra.",
        "The last row is a total.",
        "predicted no",
    ):
        assert text in page


def test_a_regression_has_no_table_of_classes() -> None:
    regression = INFO._replace(
        signature=replace(SIGNATURE, task="regression", classes=[]),
        counts=INFO.counts._replace(predictions={}),
    )
    assert "<th>Class" not in render_scoring(regression)
