"""JSON objects to batches: each object is a row, and its values keep their types."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyarrow as pa

from components._files.native_values import NativeValue, build_native_column
from components._files.row_stream import Faults, name_columns

JsonValue = str | bool | int | float | list[object] | dict[str, object] | None
JsonRecord = dict[str, JsonValue]
_BATCH_ROWS = 8192


def build_batches(
    elements: Iterable[tuple[str, object]], source: str, faults: Faults
) -> Iterator[pa.RecordBatch]:
    """Yield objects as batches. A key that first appears in a later batch is a column from that batch on.

    Parameters
    ----------
    elements : iterable of tuple
        Where each element is, for a message, and the element.
    source : str
        What to call the file in an error.
    faults : Faults
        Collects the elements that are not objects, and their values that are not single values.
    """
    keys: dict[str, None] = {}
    objects = _keep_objects(elements, faults)
    while chunk := list(islice(objects, _BATCH_ROWS)):
        positions = [position for position, _ in chunk]
        for _, record in chunk:
            keys.update(dict.fromkeys(record))
        columns = [
            _build_column(key, [record.get(key) for _, record in chunk], positions, faults) for key in keys
        ]
        yield pa.record_batch(columns, names=name_columns(list(keys), source))


def _keep_objects(elements: Iterable[tuple[str, object]], faults: Faults) -> Iterator[tuple[str, JsonRecord]]:
    for position, element in elements:
        if isinstance(element, dict):
            yield position, element
        else:
            faults.add(f"{position} (not an object)")


def _build_column(key: str, values: list[JsonValue], positions: Sequence[str], faults: Faults) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeError):
        # They are not all texts: check each value, which takes longer.
        return build_native_column(
            [
                _keep_single_value(key, value, position, faults)
                for value, position in zip(values, positions, strict=True)
            ]
        )


def _keep_single_value(key: str, value: JsonValue, position: str, faults: Faults) -> NativeValue:
    if isinstance(value, (list, dict)):
        faults.add(
            f"{position} ({key!r} contains a {'list' if isinstance(value, list) else 'nested object'})"
        )
        return None
    if isinstance(value, str) and not _is_encodable(value):
        faults.add(f"{position} ({key!r} contains half a character)")
        return None
    return value


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _build_record(pairs: list[tuple[str, JsonValue]]) -> JsonRecord:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("duplicate key")
    return record


DECODER = json.JSONDecoder(object_pairs_hook=_build_record)
