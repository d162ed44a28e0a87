"""JSON objects to batches: each a row, its values native, and what is no single value a fault."""

import json
from collections.abc import Iterable, Sequence

import pyarrow as pa

from components.ingest.files.native_values import Value, build_native_column
from components.ingest.files.row_stream import Faults, name_columns

JsonValue = str | bool | int | float | list[object] | dict[str, object] | None
JsonRecord = dict[str, JsonValue]


def build_batch(
    keys: Iterable[str], places: Sequence[str], records: Sequence[JsonRecord], source: str, faults: Faults
) -> pa.RecordBatch:
    """Return the batch of some objects.

    Parameters
    ----------
    keys : iterable of str
        Keys of these objects and of those before them.
    places : sequence of str
        Where each object is, for a message.
    records : sequence of dict
        The objects.
    source : str
        What to call the file in an error.
    faults : Faults
        Takes the values that are no single ones.
    """
    keys = list(keys)
    columns = [_build_column(key, [record.get(key) for record in records], places, faults) for key in keys]
    return pa.record_batch(columns, names=name_columns(keys, source))


def _build_column(key: str, values: list[JsonValue], places: Sequence[str], faults: Faults) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeError):
        # Not all of them are texts: each is looked at, which takes longer.
        return build_native_column(
            [
                _keep_single_value(key, value, place, faults)
                for value, place in zip(values, places, strict=True)
            ]
        )


def _keep_single_value(key: str, value: JsonValue, place: str, faults: Faults) -> Value:
    if isinstance(value, (list, dict)):
        faults.add(f"{place} ({key!r} holds a {'list' if isinstance(value, list) else 'nested object'})")
        return None
    if isinstance(value, str) and not _is_encodable(value):
        faults.add(f"{place} ({key!r} holds half a character)")
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
        raise ValueError("a key twice")
    return record


DECODER = json.JSONDecoder(object_pairs_hook=_build_record)
