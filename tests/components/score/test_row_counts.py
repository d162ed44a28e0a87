import pandas as pd
import pyarrow as pa

from components._table.schema import Column, Kind, Schema
from components.score.row_counts import RowCounts, count_values, merge_counts

KINDS: dict[str, Kind] = {"n": "float", "when": "datetime", "plan": "string", "flag": "boolean"}
SCHEMA = Schema(
    (
        Column("n", "float", minimum=0.0, maximum=10.0),
        Column("when", "datetime", minimum="2026-01-01T00:00:00", maximum="2026-01-03T00:00:00"),
        Column("plan", "string", categories=("basic", "plus", "rare")),
        Column("flag", "boolean"),
    ),
    100,
)
DAY = 1_767_225_600.0
PROFILE = {
    "columns": {
        "n": {"starts": [0.0, 5.0]},
        "when": {"starts": [DAY, DAY + 86_400]},
        "plan": {"categories": {"basic": 0.5, "plus": 0.4}},
        "flag": {"starts": []},
    },
    "predictions": {"starts": [0.0, 0.5]},
}
ROWS = pd.DataFrame(
    {
        "n": [1.0, 5.0, None, 11.0],
        "when": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-04", "NaT"], format="ISO8601"),
        "plan": ["basic", "rare", "new", None],
        "flag": [True, None, False, True],
    }
)
SCORED = [pa.array(["yes", "no", "no", "no"]), pa.array([0.9, 0.2, 0.5, 0.1])]
COUNTS = RowCounts(
    {"n": 1, "when": 1, "plan": 1, "flag": 1},
    {"n": 1, "when": 1, "plan": 1, "flag": 0},
    {"n": [1, 2], "when": [1, 2], "plan": [1, 0], "flag": []},
    {"no": 3, "yes": 1},
    [2, 2],
)


def test_rows_are_counted_by_the_bins_of_training() -> None:
    assert count_values(ROWS, SCORED, KINDS, SCHEMA, PROFILE) == COUNTS


def test_a_regression_has_no_classes_and_a_column_without_a_range_nothing_unusual() -> None:
    schema = Schema((Column("n", "float"),), 9)
    found = count_values(ROWS[["n"]], SCORED[1:], {"n": "float"}, schema, PROFILE)
    assert (found.predictions, found.unusual) == ({}, {"n": 0})


def test_counts_add_up_in_any_order() -> None:
    other = COUNTS._replace(predictions={"maybe": 4}, outputs=[4, 0])
    total = merge_counts([COUNTS, other])
    assert total == merge_counts([other, COUNTS])
    assert total.predictions == {"no": 3, "yes": 1, "maybe": 4}
    assert (total.nulls["n"], total.counts["n"], total.outputs) == (2, [2, 4], [6, 2])
    assert merge_counts([COUNTS]) == COUNTS


def test_free_text_is_counted_by_its_length() -> None:
    schema = Schema((Column("note", "string"),), 9)
    rows = pd.DataFrame({"note": ["", "abc", "abcdef", None]})
    for column in (rows["note"], rows["note"].astype("category")):
        profile = {"columns": {"note": {"starts": [0.0, 4.0]}}, "predictions": {"starts": [0.0]}}
        found = count_values(column.to_frame(), SCORED[1:], {"note": "string"}, schema, profile)
        assert found.counts == {"note": [2, 1]}
        assert (found.nulls, found.unusual) == ({"note": 1}, {"note": 0})
