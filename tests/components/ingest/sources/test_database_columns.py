from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSource
from tests.databases import Shop


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("value", "type_name", "read"),
    [
        ("7::smallint", "int64", 7),
        ("9223372036854775807", "int64", 9223372036854775807),
        ("4000000000::oid", "int64", 4000000000),
        ("0.1::real", "double", 0.10000000149011612),
        ("'Infinity'::float8", "double", float("inf")),
        ("19499.42::numeric(10,2)", "double", 19499.42),
        ("999999999999999999::numeric(18,0)", "int64", 999999999999999999),
        ("12345678901234567.25::numeric", "double", 12345678901234567.25),
        ("12345678901234567890::numeric", "string", "12345678901234567890"),
        ("1200::numeric(3,-2)", "double", 1200.0),
        ("12.50::money", "double", 12.5),
        ("true", "bool", True),
        ("'a'::char(3)", "string", "a"),
        ("''::text", "string", ""),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("NULL", "string", None),
    ],
)
def test_a_value_has_the_type_of_a_table(
    shop: Shop, tmp_path: Path, value: str, type_name: str, read: Any
) -> None:
    found = shop.read(f"query=SELECT {value} AS a", tmp_path)["a"]
    assert str(found.type) == type_name
    assert found.to_pylist() == [read]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("ARRAY[1]", "integer[]"),
        ("ROW(1, 2)", "record"),
        ("'\\x00'::bytea", "bytea"),
        ("int4range(1, 2)", "int4range"),
    ],
)
def test_values_that_are_not_single_are_refused_with_their_column(
    shop: Shop, tmp_path: Path, value: str, type_name: str
) -> None:
    with pytest.raises(InvalidSource, match="not single") as refused:
        shop.fetch(f"query=SELECT 1 AS a, {value} AS tags", tmp_path)
    assert f"'tags' ({type_name})" in refused.value.what


def test_other_types_become_text_and_are_said_but_enumerations_are_texts(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TYPE mood AS ENUM ('glad')", "CREATE DOMAIN age AS int CHECK (VALUE > 0)")
    query = "query=SELECT 'glad'::mood AS m, 3::age AS n, '{}'::jsonb AS j, '::1/64'::inet AS i ORDER BY 1"
    found = shop.fetch(query, tmp_path)
    assert [str(notice) for notice in found.notices] == [
        "Columns of other types are read as text: 'j' (jsonb), 'i' (inet)."
    ]
    assert shop.read(query, tmp_path).to_pylist() == [{"m": "glad", "n": 3, "j": "{}", "i": "::1/64"}]
