from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from components._table.kinds import Kind
from pipelines.data.row_hash import choose_common_kind, convert_values, hash_columns, hash_values

_KINDS: dict[Kind, list[object]] = {
    "integer": [0, 1, -1, 2**62, None],
    "float": [0.0, 1.0, np.nextafter(1.0, 2.0), -1.0, 1e300, None],
    "boolean": [True, False, None],
    "string": ["", "a", "A", "a ", "ü", None],
    "datetime": [datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 1), datetime(1969, 12, 31), None],
}


def _hash(values: list[object], kind: Kind) -> list[tuple[int, int]]:
    batch = pa.record_batch({"a": convert_values(pa.array(values), kind)})
    return [(int(high), int(low)) for high, low in hash_columns(batch, {"a": kind})]


@pytest.mark.parametrize("kind", _KINDS)
def test_different_values_have_different_hashes_and_equal_ones_the_same_in_any_batch(kind: Kind) -> None:
    values = _KINDS[kind]
    hashes = _hash(values, kind)
    assert len(set(hashes)) == len(values)
    assert [*_hash(values[3:], kind), *_hash(values[:3], kind)] == [*hashes[3:], *hashes[:3]]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_column_of_nulls_only_and_one_without_rows_can_be_hashed(kind: Kind) -> None:
    assert len(set(_hash([None, None], kind))) == 1
    assert not _hash([], kind)


def test_zero_is_the_same_with_either_sign() -> None:
    assert len(set(_hash([0.0, -0.0], "float"))) == 1


def test_the_hash_depends_on_which_column_has_a_value() -> None:
    batch = pa.record_batch({"a": [1, 2], "b": [2, 1]})
    hashes = hash_columns(batch, {"a": "integer", "b": "integer"})
    assert (hashes[0] != hashes[1]).all()


@pytest.mark.parametrize(
    ("kinds", "common", "cells"),
    [
        (("integer", "integer"), "integer", None),
        (("integer", "float"), "float", ([7], [7.0])),
        (("integer", "string"), "string", ([7], ["7"])),
        (("datetime", "string"), "string", None),
        (("boolean", "string"), "string", ([True], ["true"])),
    ],
)
def test_columns_of_two_kinds_are_compared_as_one(
    kinds: tuple[Kind, Kind], common: Kind, cells: tuple[list, list] | None
) -> None:
    assert choose_common_kind(kinds) == common
    if cells is not None:
        old, new = (hash_values(pa.array(side), common) for side in cells)
        assert (old == new).all()
