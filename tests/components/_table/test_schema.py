"""The schema of a table."""

from pathlib import Path

import pyarrow as pa
import pytest

from components._table.arrow import ARROW_TYPES, get_kind
from components._table.reading import Reading
from components._table.schema import Column, Kind, Schema

SCHEMA = Schema(
    (
        Column("price", "float", n_null=1, n_distinct=2, minimum=0.5, maximum=2.0),
        Column("day", "datetime", minimum="2024-01-31", maximum="2024-02-29"),
        Column("city", "string", n_distinct=2, categories=("Bonn", "Köln")),
    ),
    n_rows=3,
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    SCHEMA.save(tmp_path / "schema.json")
    assert Schema.load(tmp_path / "schema.json") == SCHEMA


def test_an_infinite_bound_is_refused_and_not_written_as_invalid_json(tmp_path: Path) -> None:
    schema = Schema((Column("x", "float", minimum=float("inf")),), n_rows=1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        schema.save(tmp_path / "schema.json")


def test_columns_are_found_by_name() -> None:
    assert SCHEMA.names == ["price", "day", "city"]
    assert SCHEMA["city"].categories == ("Bonn", "Köln")
    assert "day" in SCHEMA
    assert "night" not in SCHEMA
    with pytest.raises(KeyError, match="night"):
        SCHEMA["night"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("integer", True), ("float", True), ("boolean", True), ("string", False), ("datetime", False)],
)
def test_numbers_and_booleans_are_numeric(kind: Kind, expected: bool) -> None:
    assert Column("x", kind).is_numeric is expected


@pytest.mark.parametrize("kind", ARROW_TYPES)
def test_each_kind_has_one_arrow_type(kind: Kind) -> None:
    assert get_kind(ARROW_TYPES[kind]) == kind


@pytest.mark.parametrize(
    "type_", [pa.int32(), pa.large_string(), pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.null()]
)
def test_other_types_have_no_kind(type_: pa.DataType) -> None:
    assert get_kind(type_) is None


def test_a_columns_reading_and_the_files_options_are_kept(tmp_path: Path) -> None:
    reading = Reading("float", decimal=",", thousands=".", affixes=("€",), unreadable="null")
    Schema((Column("price", "float", reading=reading),), 3, {"delimiter": ";"}).save(tmp_path / "schema.json")
    loaded = Schema.load(tmp_path / "schema.json")
    assert (loaded["price"].reading, loaded.file) == (reading, {"delimiter": ";"})
    assert loaded["price"].reader.read("1.250,50 €") == 1250.5


def test_a_column_without_a_reading_is_read_as_plain_ones_of_its_kind() -> None:
    assert SCHEMA["price"].reader.read(" 1e3") == 1000.0
    assert SCHEMA["city"].reader.read("n/a") is None
