"""Types from all values of a column."""

import datetime as dt
import math

import pyarrow as pa
import pytest

from components.ingest.inference import NULL_TOKENS, infer_types, typed


def text(**columns: list[str | None]) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values, pa.string()) for name, values in columns.items()})


def read(*batches: pa.RecordBatch) -> tuple[dict[str, str], dict[str, list[object]]]:
    inferred = infer_types(batches)
    kinds = {column.name: column.kind for column in inferred.columns}
    return kinds, pa.Table.from_batches(typed(batches, inferred), inferred.schema).to_pydict()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-2", "0", "-0"], "integer", [1, -2, 0, 0]),
        ([" 1 ", "\t2"], "integer", [1, 2]),
        (["9223372036854775807"], "integer", [2**63 - 1]),
        (["1", "2.5", ".5", "1.", "1e3", "+0.5"], "float", [1.0, 2.5, 0.5, 1.0, 1000.0, 0.5]),
        (["1", "inf", "-Infinity"], "float", [1.0, math.inf, -math.inf]),
        (["1.5", "NAN", "-nan"], "float", [1.5, None, None]),
        (["0.5", "0", "-0.25"], "float", [0.5, 0.0, -0.25]),
        (["9223372036854775808", "1.5"], "float", [2.0**63, 1.5]),
        (["9223372036854775808", "1"], "string", ["9223372036854775808", "1"]),
        (["01234", "5"], "string", ["01234", "5"]),
        (["00.5", "1.5"], "string", ["00.5", "1.5"]),
        (["0x1F", "5"], "string", ["0x1F", "5"]),
        (["+4930123456"], "string", ["+4930123456"]),
        (["1_000"], "string", ["1_000"]),
        (["1,000"], "string", ["1,000"]),
        (["true", "False", "TRUE"], "boolean", [True, False, True]),
        (["true", "1"], "string", ["true", "1"]),
        (["yes", "no"], "string", ["yes", "no"]),
        ([" a ", "b c"], "string", ["a", "b c"]),
        (["1", "x"], "string", ["1", "x"]),
        ([None, "1"], "integer", [None, 1]),
        (["NA", ""], "string", [None, None]),
        (["2024-13-01"], "string", ["2024-13-01"]),
        (["2024-01-01", "1"], "string", ["2024-01-01", "1"]),
    ],
)
def test_the_narrowest_kind_that_fits_every_value(
    values: list[str | None], kind: str, expected: list[object]
) -> None:
    assert read(text(a=values)) == ({"a": kind}, {"a": expected})


@pytest.mark.parametrize("token", NULL_TOKENS)
def test_null_tokens_are_nulls_in_every_kind(token: str) -> None:
    kinds, values = read(
        text(
            i=["1", token], f=["1.5", token], b=["true", token], s=["x", token], d=["2024-01-31", f" {token}"]
        )
    )
    assert list(kinds.values()) == ["integer", "float", "boolean", "string", "datetime"]
    assert [column[1] for column in values.values()] == [None] * 5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2024-12-31", "1969-01-01"], [dt.datetime(2024, 12, 31), dt.datetime(1969, 1, 1)]),
        (
            ["2024-12-31 10:20", "2024-12-31T10:20:30"],
            [dt.datetime(2024, 12, 31, 10, 20), dt.datetime(2024, 12, 31, 10, 20, 30)],
        ),
        (["2024-12-31 10:20:30.123456789"], [dt.datetime(2024, 12, 31, 10, 20, 30, 123456)]),
        (
            ["2024-12-31T10:20:30Z", "2024-12-31T10:20:30+02:00"],
            [dt.datetime(2024, 12, 31, 10, 20, 30), dt.datetime(2024, 12, 31, 8, 20, 30)],
        ),
        (["31/12/2024", "1/2/2024"], [dt.datetime(2024, 12, 31), dt.datetime(2024, 2, 1)]),
        (["12/31/2024", "1/2/2024"], [dt.datetime(2024, 12, 31), dt.datetime(2024, 1, 2)]),
        (
            ["31.12.2024 10:20", "01.02.2024 00:00:01.5"],
            [dt.datetime(2024, 12, 31, 10, 20), dt.datetime(2024, 2, 1, 0, 0, 1, 500000)],
        ),
        (["12/31/2024 9:05"], [dt.datetime(2024, 12, 31, 9, 5)]),
        (["31-12-2024"], [dt.datetime(2024, 12, 31)]),
        (["2024/12/31"], [dt.datetime(2024, 12, 31)]),
        (["01.02.2024"], [dt.datetime(2024, 2, 1)]),
        (["31/12/2024", "?"], [dt.datetime(2024, 12, 31), None]),
    ],
)
def test_datetimes_in_one_form(values: list[str | None], expected: list[dt.datetime]) -> None:
    assert read(text(a=values)) == ({"a": "datetime"}, {"a": expected})


@pytest.mark.parametrize(
    "values",
    [
        ["31/12/2024", "12/31/2024"],
        ["31/12/2024", "31.12.2024"],
        ["2024-12-31", "31/12/2024"],
        ["2024-12-31T10:20:30", "2024-12-31T10:20:30Z"],
        ["30/02/2024"],
        ["31/12/24"],
        ["31/12/2024 25:00"],
        ["12:30"],
    ],
)
def test_mixed_or_impossible_dates_stay_text(values: list[str | None]) -> None:
    assert read(text(a=values)) == ({"a": "string"}, {"a": values})


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (["01/02/2024"], "column 'a' is read as month/day/year, and fits day/month/year as well"),
        (["01/02/2024", "31/01/2024"], None),
        (["01.02.2024"], None),
        (["2024-01-02"], None),
        (["99999999999999999999"], "column 'a' holds integers of more than 64 bits and is read as text"),
        (
            ["1,5", "2"],
            "column 'a' holds numbers with commas and is read as text; "
            "write them with a decimal point and no other sign",
        ),
        (
            ["1,234.5", "2,000,000", "1.234,5"],
            "column 'a' holds numbers with commas and is read as text; "
            "write them with a decimal point and no other sign",
        ),
        (["1,5", "x"], None),
        (["1,5", "1e3"], None),
        (["1.2.3", "1"], None),
        (["1", "2.5"], None),
        (["1"], None),
        ([""], None),
    ],
)
def test_a_choice_is_noted_where_there_was_one(values: list[str | None], note: str | None) -> None:
    assert infer_types([text(a=values)]).notes == ((note,) if note else ())


@pytest.mark.parametrize("last", ["x", "1.5", "007"])
def test_the_last_batch_counts_as_much_as_the_first(last: str) -> None:
    kinds, values = read(text(a=["1"] * 500), text(a=["2"] * 499 + [last]))
    assert kinds == {"a": "float" if last == "1.5" else "string"}
    assert values["a"][-1] == (1.5 if last == "1.5" else last)


def test_the_cut_into_batches_does_not_matter() -> None:
    values = ["1", "", "99999999999999999999", "2"]
    whole = read(text(a=values))
    assert whole[0] == {"a": "string"}
    assert read(*(text(a=[value]) for value in values)) == whole


def test_a_column_that_appears_late_is_null_before() -> None:
    assert read(text(a=["1"]), text(a=["2"], b=["x"])) == (
        {"a": "integer", "b": "string"},
        {"a": [1, 2], "b": [None, "x"]},
    )


def test_columns_with_types_keep_them_without_values_too() -> None:
    batch = pa.record_batch({"a": pa.array([None], pa.float64()), "b": pa.array([1], pa.int64())})
    assert read(batch) == ({"a": "float", "b": "integer"}, {"a": [None], "b": [1]})


def test_batches_are_not_changed() -> None:
    batch = text(a=[" 1 ", "NA"])
    read(batch)
    assert batch.to_pydict() == {"a": [" 1 ", "NA"]}
