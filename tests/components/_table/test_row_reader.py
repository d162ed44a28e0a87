import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components._table.reading import CellReader, Reading, UnreadableCell
from components._table.row_reader import InvalidRow, RowDeviations, RowReader, parse_moment
from components._table.schema import Column, Schema
from tests.components._model.tables import KINDS
from tests.components.serve.models import ROW, make_schema

ROWS = RowReader(list(KINDS), make_schema())
DATE = "Column 'since' must be a date such as 2026-11-26 or 2026-11-26T08:30:00"


def read_values(**changed: Any) -> tuple[tuple[Any, ...], RowDeviations]:
    observed = RowDeviations([], [], [])
    return ROWS.read({**ROW, **changed}, observed), observed


def test_values_come_in_the_models_order_whatever_the_rows() -> None:
    expected = [12.5, 1, 4, True, "Bern", "p3", datetime(1968, 5, 6, 7, 8)]
    assert read_values()[0] == tuple(expected)
    observed = RowDeviations([], [], [])
    assert ROWS.read(dict(reversed(ROW.items())), observed) == tuple(expected)
    assert observed == ([], [], [])


def test_a_column_that_had_nulls_may_be_missing() -> None:
    observed = RowDeviations([], [], [])
    row = {name: value for name, value in ROW.items() if name not in ("amount", "since")}
    assert ROWS.read(row, observed) == (None, 1, 4, True, "Bern", "p3", None)
    assert observed.nulls == [0, 6]


def test_every_column_may_be_null() -> None:
    found, observed = read_values(**dict.fromkeys(KINDS))
    assert found == (None,) * 7
    assert observed.nulls == list(range(7))


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"amount": 300.5}, [0]),
        ({"visits": -1}, [2]),
        ({"city": "Zürich"}, [4]),
        ({"product": "never seen"}, []),
        ({"since": "2026-11-26"}, [6]),
        ({"amount": 1e300, "city": "?!"}, [0, 4]),
        ({"amount": "1e300", "city": 8001}, [0, 4]),
    ],
)
def test_values_that_no_training_row_had_are_counted(changed: dict[str, Any], at: list[int]) -> None:
    assert read_values(**changed)[1] == ([], at, [])


@pytest.mark.parametrize(
    ("changed", "at", "expected"),
    [
        ({"amount": " 12.5 "}, 0, 12.5),
        ({"amount": "1e2"}, 0, 100.0),
        ({"amount": "NA"}, 0, None),
        ({"visits": "4"}, 2, 4),
        ({"visits": "4.0"}, 2, 4),
        ({"visits": 4.0}, 2, 4),
        ({"visits": -(2**63)}, 2, -(2**63)),
        ({"member": 1}, 3, True),
        ({"member": 0.0}, 3, False),
        ({"member": "False"}, 3, False),
        ({"city": " Bern\t"}, 4, "Bern"),
        ({"city": "n/a"}, 4, None),
        ({"city": ""}, 4, None),
        ({"city": 8001}, 4, "8001"),
        ({"since": " 1968-05-06 "}, 6, datetime(1968, 5, 6)),
        ({"since": "1968-05-06 07:08 +01:00"}, 6, datetime(1968, 5, 6, 6, 8)),
        ({"since": "9999-12-31"}, 6, None),
        ({"since": "0000-00-00"}, 6, None),
    ],
)
def test_texts_are_read_as_in_training(changed: dict[str, Any], at: int, expected: object) -> None:
    found, observed = read_values(**changed)
    assert found[at] == expected
    assert observed.nulls == ([at] if expected is None else [])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amount": "12,5"}, "Column 'amount' must be a number, not the text '12,5'."),
        ({"amount": "inf"}, "Column 'amount' must be a number, not the text 'inf'."),
        ({"amount": True}, "Column 'amount' must be a number, not true or false."),
        ({"amount": [1.0]}, "Column 'amount' must be a number, not a list."),
        ({"amount": {"a": 1}}, "Column 'amount' must be a number, not an object."),
        ({"amount": float("inf")}, "Column 'amount' must be a number, not inf."),
        ({"amount": 10**400}, "Column 'amount' must be a number, not an integer of more than 64 bits."),
        ({"visits": float("nan")}, "Column 'visits' must be a whole number, not nan."),
        ({"visits": 4.5}, "Column 'visits' must be a whole number, not 4.5."),
        ({"visits": "4.5"}, "Column 'visits' must be a whole number, not the text '4.5'."),
        ({"visits": 2**63}, "Column 'visits' must be a whole number, not an integer of more than 64 bits."),
        ({"visits": 1e300}, "Column 'visits' must be a whole number, not 1e+300."),
        ({"member": 2}, "Column 'member' must be true or false, not 2."),
        ({"member": "yes"}, "Column 'member' must be true or false, not the text 'yes'."),
        ({"city": 7.5}, "Column 'city' must be text, not 7.5."),
        ({"city": True}, "Column 'city' must be text, not true or false."),
        ({"since": "yesterday"}, f"{DATE}, not the text 'yesterday'."),
        ({"since": "1968-02-30"}, f"{DATE}, not the text '1968-02-30'."),
        ({"since": 20261126}, f"{DATE}, not 20261126."),
    ],
)
def test_what_is_wrong_with_a_row_is_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRow, match=f"^{re.escape(message)}"):
        read_values(**changed)


def test_columns_that_the_model_does_not_use_may_be_there() -> None:
    expected = read_values()[0]
    # The first looks like one that is there already.
    assert read_values(vists=3, note=[], **{"x" * 99: None})[0] == expected


@pytest.mark.parametrize(
    ("missing", "changed", "message"),
    [
        (
            "visits",
            {"vists": 3},
            "Column 'vists' is unknown. Did you mean 'visits'? Column 'visits' is missing.",
        ),
        ("amount", {"amout": 3}, "Column 'amout' is unknown. Did you mean 'amount'?"),
        (
            "amount",
            {"amout": 3, "city": 7.5},
            "Column 'amout' is unknown. Did you mean 'amount'? Column 'city'",
        ),
    ],
)
def test_a_typing_error_for_a_missing_column_is_refused(
    missing: str, changed: dict[str, Any], message: str
) -> None:
    row = {name: value for name, value in ROW.items() if name != missing}
    with pytest.raises(InvalidRow, match=f"^{re.escape(message)}"):
        ROWS.read({**row, **changed}, RowDeviations([], [], []))


def test_an_unknown_column_is_ignored_if_the_missing_one_may_be_missing() -> None:
    row = {name: value for name, value in ROW.items() if name != "amount"}
    assert ROWS.read({**row, "customer": "c1"}, RowDeviations([], [], []))[0] is None


def test_a_cell_that_cannot_be_read_is_null_where_the_reading_says_so() -> None:
    columns = (Column("a", "float", 0, reading=Reading("float", unreadable="null")), Column("b", "integer"))
    rows, observed = RowReader(["a", "b"], Schema(columns, 9)), RowDeviations([], [], [])
    assert rows.read({"a": "12 apples", "b": 1}, observed) == (None, 1)
    assert (observed.nulls, observed.unreadable) == ([0], [0])
    with pytest.raises(InvalidRow, match="Column 'a' is missing"):
        rows.read({"b": 1}, observed)


def test_no_more_than_five_faults_are_named() -> None:
    with pytest.raises(InvalidRow, match="not a list") as error:
        read_values(**{name: [] for name in KINDS})
    message = str(error.value)
    assert message.count("not a list") == 5
    assert message.endswith("Column 'city' must be text, not a list. And 2 more.")


def test_a_column_that_was_never_null_must_be_there() -> None:
    with pytest.raises(InvalidRow, match=r"Column 'visits' is missing\. It was never null in training; if"):
        ROWS.read({name: value for name, value in ROW.items() if name != "visits"}, RowDeviations([], [], []))


def test_numbers_of_a_column_without_any_in_training_are_out_of_its_range() -> None:
    rows = RowReader(["empty"], Schema((Column("empty", "float", 10, 0),), 10))
    observed = RowDeviations([], [], [])
    assert rows.read({"empty": 3}, observed) == (3,)
    assert observed.out_of_range == [0]
    with pytest.raises(InvalidRow, match="inf"):
        rows.read({"empty": float("inf")}, observed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-26", datetime(2026, 11, 26)),
        ("2026-11-26T08:30:00.25", datetime(2026, 11, 26, 8, 30, 0, 250_000)),
        ("2026-11-26T08:30:00+02:00", datetime(2026, 11, 26, 6, 30)),
        ("2026-11-26T08:30:00Z", datetime(2026, 11, 26, 8, 30)),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-02-30", None),
        ("", None),
        ("26.11.2026", None),
    ],
)
def test_times_are_read_as_ingest_reads_them(text: str, expected: datetime | None) -> None:
    assert parse_moment(text) == expected


READINGS = [
    Reading("integer"),
    Reading("integer", decimal=",", thousands=".", affixes=("€",)),
    Reading("float", nulls=("-999",)),
    Reading("float", is_clock=True),
    Reading("boolean"),
    Reading("string", is_folded=True),
    Reading("datetime"),
    Reading("datetime", nulls=("1900-01-01",)),
    Reading("datetime", formats=("%d/%m/%Y",)),
    Reading("datetime", formats=("%Y-%d-%m",)),
    Reading("datetime", formats=("unix seconds",)),
]
CELLS = st.one_of(
    st.text("0123456789+-.,: €TZ", max_size=12),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(.[0-9]{2}:[0-9]{2}(:[0-9]{2}|[+-][0-9]{2}))?\Z"),
    st.from_regex(r"\A[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}\Z"),
    st.sampled_from(["NA", "yes", "YES", "true", "1.050 €", "-999", "11:22 PM", "1900-01-01"]),
    st.integers(-(2**64), 2**64),
    st.floats(),
    st.booleans(),
    st.none(),
    st.just([]),
)


@pytest.mark.slow_variants
@pytest.mark.parametrize("reading", READINGS, ids=repr)
@settings(max_examples=60, deadline=None)
@given(cell=CELLS)
@example(cell="2024-01-31_10:20:30")
@example(cell="2024-01-31T10:20+01")
@example(cell="1900-01-01")
@example(cell=2**63)
@example(cell=2**53 + 1)
def test_a_cell_is_read_as_that_of_a_table(reading: Reading, cell: Any) -> None:
    column = Column("a", reading.kind, categories=("yes",) * (reading.kind == "string"), reading=reading)
    try:
        expected = CellReader(reading, column.categories).read(cell)
    except UnreadableCell:
        with pytest.raises(InvalidRow, match="Column 'a' "):
            RowReader(["a"], Schema((column,), 9)).read({"a": cell}, RowDeviations([], [], []))
    else:
        found = RowReader(["a"], Schema((column,), 9)).read({"a": cell}, RowDeviations([], [], []))
        # A model's arrays turn an int into the nearest float, as reading a table does.
        value = float(found[0]) if isinstance(expected, float) and type(found[0]) is int else found[0]
        assert value == expected
        assert isinstance(found[0], bool) == isinstance(expected, bool)
