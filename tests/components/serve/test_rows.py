from datetime import datetime
from typing import Any

import pytest

from components._table.schema import Column, Schema
from components.serve.rows import InvalidRow, Observed, Rows, moment
from tests.components._model.tables import KINDS
from tests.components.serve.models import ROW, schema

ROWS = Rows(list(KINDS), schema())


def values(**changed: Any) -> tuple[list[Any], Observed]:
    observed = Observed([], [])
    return ROWS.values({**ROW, **changed}, observed), observed


def test_values_come_in_the_models_order_whatever_the_rows() -> None:
    expected = [12.5, 1, 4, True, "Bern", "p3", datetime(1968, 5, 6, 7, 8)]
    assert values()[0] == tuple(expected)
    observed = Observed([], [])
    assert ROWS.values(dict(reversed(ROW.items())), observed) == tuple(expected)
    assert observed == ([], [])


def test_a_column_that_had_nulls_may_be_missing() -> None:
    observed = Observed([], [])
    row = {name: value for name, value in ROW.items() if name not in ("amount", "since")}
    assert ROWS.values(row, observed) == (None, 1, 4, True, "Bern", "p3", None)
    assert observed.nulls == [0, 6]


def test_every_column_may_be_null() -> None:
    found, observed = values(**dict.fromkeys(KINDS))
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
        ({"amount": 1e300, "city": ""}, [0, 4]),
    ],
)
def test_what_no_training_row_had_is_noticed(changed: dict[str, Any], at: list[int]) -> None:
    assert values(**changed)[1] == ([], at)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amount": "12.5"}, "Column 'amount' is the text '12.5', it takes a number."),
        ({"amount": True}, "Column 'amount' is true or false, it takes a number."),
        ({"amount": [1.0]}, "Column 'amount' is a list, it takes a number."),
        ({"amount": {"a": 1}}, "Column 'amount' is an object, it takes a number."),
        ({"amount": float("inf")}, "Column 'amount' is the number inf, it takes a number."),
        ({"visits": float("nan")}, "Column 'visits' is the number nan, it takes a number."),
        ({"member": 1}, "Column 'member' is the number 1, it takes true or false."),
        ({"city": 7}, "Column 'city' is the number 7, it takes text."),
        ({"since": "yesterday"}, "Column 'since' is the text 'yesterday', it takes a date such as"),
        ({"since": 20261126}, "Column 'since' is the number 20261126, it takes a date such as"),
        ({"vists": 3}, "Column 'vists' is unknown. Did you mean 'visits'?"),
        ({"x" * 99: 3}, f"Column '{'x' * 30}' is unknown. Known columns: amount, "),
        ({"vists": 3, "city": 7}, "Column 'vists' is unknown. Did you mean 'visits'? Column 'city' is"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRow) as error:
        values(**changed)
    assert str(error.value).startswith(message)


def test_no_more_than_five_faults_are_named() -> None:
    with pytest.raises(InvalidRow) as error:
        values(**{name: [] for name in KINDS})
    message = str(error.value)
    assert message.count("is a list") == 5
    assert message.endswith("Column 'city' is a list, it takes text. And 2 more.")


def test_a_column_that_was_never_null_must_be_there() -> None:
    with pytest.raises(InvalidRow, match=r"Column 'visits' is missing\. It was never null in training; if"):
        ROWS.values({name: value for name, value in ROW.items() if name != "visits"}, Observed([], []))


def test_numbers_of_a_column_without_any_in_training_are_out_of_its_range() -> None:
    rows = Rows(["empty"], Schema((Column("empty", "float", 10, 0),), 10))
    observed = Observed([], [])
    assert rows.values({"empty": 3}, observed) == (3,)
    assert observed.out_of_range == [0]
    with pytest.raises(InvalidRow, match="inf"):
        rows.values({"empty": float("inf")}, observed)


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
    assert moment(text) == expected
