"""How the page reads texts and numbers, compared with the reader of the server."""

import json
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from components._app.notation import MOST_CHARACTERS, describe_cells, describe_notation
from components._table.reading import NULL_MARKS, Reading
from components._table.row_reader import InvalidRow, RowDeviations, RowReader
from components._table.schema import Column, Schema
from tests.browser import Browser, Visit
from tests.components._app.cells import draw_cells
from tests.components._app.models import open_page
from tests.components.serve.models import write_model

N_CELLS = 2_500
NATIVE: list[Any] = [
    *(None, True, False, 0, 1, 2, -3, 0.5, 1e300, 2**53, 2**63, -(2**63), -999, 20.0, 20_240_131, 31_122_024),
    *(["a", "list"], {"an": "object"}, 86_400, 1.5e9, 1e15, -86_400.25, 1e20, -1e-300),
]  # fmt: skip
SENTINELS = (*NULL_MARKS, "-999")


def make_column(kind: Any, **reading: Any) -> Column:
    return Column("c", kind, 3, 5, reading=Reading(kind, **reading))


COLUMNS = {
    "plain whole numbers": Column("c", "integer", 3, 5, 0, 9),
    "plain numbers": Column("c", "float", 3, 5, 0.0, 9.0),
    "German euros": make_column("float", decimal=",", thousands=".", affixes=("€", "eur")),
    "French euros": make_column("float", decimal=",", thousands=" ", affixes=("€",)),
    "Swiss francs": make_column("float", thousands="'", affixes=("chf", "fr")),
    "Indian and American dollars": make_column("float", thousands=",", affixes=("$", "us$", "rs")),
    "decimal comma": make_column("float", decimal=",", unreadable="null"),
    "units": make_column("float", affixes=("kg", "%", "m²", "day", "°c")),
    "scaled": make_column("float", thousands=",", affixes=("€", "$"), is_scaled=True),
    "whole and scaled": make_column("integer", decimal=",", thousands=".", affixes=("€",), is_scaled=True),
    "sentinel": make_column("float", nulls=SENTINELS, thousands=","),
    "clock": make_column("float", is_clock=True),
    "whole clock": make_column("integer", is_clock=True, nulls=(*NULL_MARKS, "0:00")),
    "yes and no": Column("c", "boolean", 3, 2),
    "ja and nein": make_column("boolean", trues=("ja", "oui"), falses=("nein",)),
    "text": Column("c", "string", 3, 5),
    "categories": Column("c", "string", 3, 3, categories=("Bern", "Straße", "éte", "n/a")),
    "folded categories": Column(
        "c", "string", 3, 3, categories=("Bern", "Straße", "éte"), reading=Reading("string", is_folded=True)
    ),
    "dates of ISO 8601": Column("c", "datetime", 3, 5, "2020-01-01T00:00:00", "2026-01-01T00:00:00"),
    "dates and a sentinel": make_column("datetime", nulls=(*NULL_MARKS, "1900-01-01")),
    "German dates": make_column("datetime", formats=("%d.%m.%Y", "%d.%m.%y")),
    "American dates": make_column("datetime", formats=("%m/%d/%Y", "%b %d, %Y")),
    "dates with months": make_column("datetime", formats=("%d-%b-%Y", "%d %B %Y", "%d de %B de %Y")),
    "dates of mail": make_column("datetime", formats=("%a, %d %b %Y", "%d/%m/%Y %I:%M %p")),
    "weeks and days": make_column("datetime", formats=("%G-W%V-%u", "%G-W%V", "%Y-%j", "%m/%Y")),
    "digits": make_column("datetime", formats=("%Y%m%d",)),
    "zones": make_column("datetime", formats=("%Y-%m-%d %H:%M %Z", "%d.%m.%Y")),
    "seconds": make_column("datetime", formats=("unix seconds",)),
    "milliseconds": make_column("datetime", formats=("unix milliseconds",), thousands=","),
}
READ = """([column, notation, cells]) => {
    const reader = new predictor.reader.constructor({columns: [column], notation});
    return JSON.stringify(JSON.parse(cells).map((cell) => {
        try {
            const [value] = reader.read({c: cell});
            return value?.micros === undefined ? value : [value.day, value.micros];
        } catch (error) {
            if (error.constructor.name !== "RefusedRows") throw error;
            return "refused";
        }
    }));
}"""


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, threshold=0.4)
    with open_page(browser, folder, folder) as opened:
        yield opened


def describe(column: Column) -> dict[str, Any]:
    """Return what the reader needs of a column's description."""
    return {
        "name": "c",
        "kind": column.kind,
        "required": False,
        "categories": column.categories,
        "has_all_categories": bool(column.categories),
        "cells": describe_cells(column),
    }


@pytest.mark.slow_variants
@pytest.mark.parametrize("name", COLUMNS)
def test_cells_are_read_as_the_server_reads_them(name: str, visit: Visit) -> None:
    column = COLUMNS[name]
    cells = [*NATIVE, *dict.fromkeys(draw_cells(N_CELLS, seed=len(name)))]
    reader = RowReader(["c"], Schema((column,), 10))
    found = json.loads(visit.frame.evaluate(READ, [describe(column), describe_notation(), json.dumps(cells)]))
    expected = [read_cell(reader, cell) for cell in cells]
    # JSON has no mark of a float, and JavaScript writes the first digits of large ones.
    values = [float(value) if isinstance(value, int) else value for value in found]
    differing = [
        (cell, value, own) for cell, value, own in zip(cells, values, expected, strict=True) if value != own
    ]
    assert differing == []
    # Neither are all refused, nor none.
    assert (
        0 < sum(isinstance(value, float | list) or value in ("Bern", "new") for value in values) < len(cells)
    )


def read_cell(reader: RowReader, cell: Any) -> Any:
    """Return what the server makes of a cell, in the form of ``READ``."""
    try:
        (value,) = reader.read({"c": cell}, RowDeviations([], [], []))
    except InvalidRow:
        return "refused"
    if isinstance(value, datetime):
        return list(divmod(np.datetime64(value, "us").astype(np.int64).item(), 86_400_000_000))
    return float(value) if isinstance(value, int) else value


def test_no_character_beyond_the_listed_ones_matters() -> None:
    for one in map(chr, range(MOST_CHARACTERS, 0x110000)):
        assert one.casefold() == one.lower()
        assert not one.isdigit()


def test_the_digits_of_each_script_follow_its_zero() -> None:
    for zero in describe_notation()["zeros"]:
        assert [unicodedata.decimal(chr(ord(zero) + i)) for i in range(10)] == list(range(10))
