"""Hashes of rows: 128 bits for each, which depend on the values only, not on their order, file or batch."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind

# Two independent halves. SipHash, which pandas uses for texts, takes a key of 16 bytes.
_LANES = (b"kfp-tabular/left", b"kfp-tabular/rows")
_SEEDS = tuple(np.frombuffer(lane, dtype=np.uint64)[0] for lane in _LANES)
_NULLS = tuple(np.frombuffer(lane, dtype=np.uint64)[1] for lane in _LANES)
# The constants of SplitMix64 (Steele, Lea and Flood 2014). Each step can be undone, so two numbers never have
# the same hash in a lane.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def hash_columns(batch: pa.RecordBatch, kinds: Mapping[str, Kind]) -> np.ndarray:
    """Return a 128-bit hash of each row over some columns; equal values have equal hashes.

    That any two different rows of n have the same hash has a probability of about n² / 2^129: 10^-24 for the
    rows of two tables of 10 million. A number that replaces another one in the same row is always noticed.

    Parameters
    ----------
    batch : RecordBatch
        The rows.
    kinds : mapping of str to Kind
        The columns, in the order that the hash depends on, and the kind as which each is compared.

    Returns
    -------
    ndarray of uint64, shape (n_rows, 2)
        The two halves.
    """
    hashes = np.empty((batch.num_rows, 2), dtype=np.uint64)
    hashes[:] = _SEEDS
    for name, kind in kinds.items():
        of_column = _hash_values(convert_values(batch.column(name), kind), (0, 1))
        for lane, column in enumerate(of_column):
            hashes[:, lane] = _mix(hashes[:, lane] + _STEP ^ column)
    return hashes


def hash_values(values: pa.Array, kind: Kind) -> np.ndarray:
    """Return a 64-bit hash of each value, shape (n_rows,), to compare two values of one row."""
    return _hash_values(convert_values(values, kind), (0,))[0]


def convert_values(values: pa.Array, kind: Kind) -> pa.Array:
    """Return values in the kind as which they are compared; nothing that a text could show is lost."""
    type_ = ARROW_TYPES[kind]
    if values.type == type_:
        return values
    # Whole numbers beyond 2**53 become the nearest float.
    return values.cast(type_, safe=False)


def choose_common_kind(kinds: Sequence[Kind]) -> Kind:
    """Return the kind as which columns of some kinds are compared: numbers as floats, else texts."""
    if len(set(kinds)) == 1:
        return kinds[0]
    return "float" if set(kinds) == {"integer", "float"} else "string"


def _hash_values(values: pa.Array, lanes: Sequence[int]) -> list[np.ndarray]:
    if pa.types.is_string(values.type):
        return _hash_texts(values, lanes)
    if pa.types.is_floating(values.type):
        # -0.0 and 0.0 are equal, but their bits are not.
        bits: np.ndarray = (values.fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)
    else:
        whole = values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values
        bits = whole.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
    hashes = [_mix(bits ^ _SEEDS[lane]) for lane in lanes]
    if values.null_count:
        is_null = pc.is_null(values).to_numpy(zero_copy_only=False)
        for lane, of_lane in zip(lanes, hashes, strict=True):
            of_lane[is_null] = _NULLS[lane]
    return hashes


def _hash_texts(texts: pa.StringArray, lanes: Sequence[int]) -> list[np.ndarray]:
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary.to_numpy(zero_copy_only=False)
    # Null has code -1, the last element.
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    hashes = (
        pd.util.hash_array(distinct, hash_key=_LANES[lane].decode(), categorize=False) for lane in lanes
    )
    return [np.append(found, _NULLS[lane])[codes] for found, lane in zip(hashes, lanes, strict=True)]


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Return a bijection of 64-bit numbers whose every bit depends on every bit of the number."""
    mixed: np.ndarray = numbers ^ (numbers >> _SHIFTS[0])
    mixed *= _FACTORS[0]
    mixed ^= mixed >> _SHIFTS[1]
    mixed *= _FACTORS[1]
    mixed ^= mixed >> _SHIFTS[2]
    return mixed
