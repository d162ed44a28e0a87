"""How the page reads texts: what it needs to know of a column's reading, and of characters and words."""

import unicodedata
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from components._compiled.recipe import Value
from components._table.clock_text import MINUTES
from components._table.date_text import EPOCHS, FIRST_YEAR, LAST_YEAR, ZONES
from components._table.months import MONTHS
from components._table.number_text import CURRENCY, SCALES
from components._table.reading import BLANKS, FALSES, NULL_MARKS, TRUES
from components._table.schema import Column

Json = dict[str, Any]

# Letters with cases and digits are in the first two planes of Unicode.
MOST_CHARACTERS = 0x20000


@cache
def describe_notation() -> Json:
    """Return what Python knows of characters and JavaScript does not, and the words of all readings."""
    letters = list(map(chr, range(MOST_CHARACTERS)))
    return {
        "foldings": {one: folded for one in letters if (folded := one.casefold()) != one.lower()},
        # The digits that are not decimal, such as ² and ③.
        "digits": "".join(one for one in letters if one.isdigit() and unicodedata.category(one) != "Nd"),
        # The zero of each script; its other digits follow.
        "zeros": "".join(one for one in letters if unicodedata.decimal(one, None) == 0),
        "blanks": BLANKS,
        "nulls": list(NULL_MARKS),
        "trues": list(TRUES),
        "falses": list(FALSES),
        "currency": CURRENCY,
        "scales": SCALES,
        "minutes": MINUTES,
        "months": MONTHS,
        # Hours from UTC.
        "zones": ZONES,
        # Browsers know other short names besides, which mean several zones.
        "zone_words": sorted(name for name in available_timezones() if "/" not in name),
        # Units in a second.
        "epochs": EPOCHS,
        "years": [FIRST_YEAR, LAST_YEAR],
    }


def describe_cells(column: Column) -> Json:
    """Return how a column's cells are read, besides its kind and categories."""
    reader = column.reader
    reading = reader.reading
    return {
        # Most columns have the same ones.
        "nulls": None if reading.nulls == NULL_MARKS else list(reading.nulls),
        "null_values": [to_json(value) for value in sorted(reader.null_values, key=str)],
        "decimal": reading.decimal,
        "thousands": reading.thousands,
        "affixes": list(reading.affixes),
        "is_scaled": reading.is_scaled,
        "is_clock": reading.is_clock,
        "trues": list(reading.trues),
        "falses": list(reading.falses),
        "formats": list(reading.formats),
        "is_folded": reading.is_folded,
        "unreadable": reading.unreadable,
    }


def to_json(value: Value) -> Any:
    """Return a value as JSON; a date as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else value
