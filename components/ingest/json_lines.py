"""JSON lines: one object per line to batches of text."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from components.errors import InvalidSource
from components.ingest.rows import Faults, Rows, column_names

_BATCH_ROWS = 8192
# What a line's values are once parsed: numbers stay as they were written.
_Value = str | bool | list[object] | dict[str, object] | None
_Record = dict[str, _Value]


def json_rows(file: Path, encoding: str, source: str) -> Rows:
    """Open a file of JSON lines.

    A key that first appears on a later line is a column from that batch on. Numbers, true and false are
    passed on as they are written, so that types are found as in any other text.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        faults = Faults()
        keys: dict[str, None] = {}
        with file.open(encoding=encoding) as lines:
            for numbers, records in _chunks(lines, faults):
                for record in records:
                    keys.update(dict.fromkeys(record))
                yield _batch(keys, numbers, records, source, faults)
        if faults.total:
            raise InvalidSource(
                f"{source} has lines that are not one flat JSON object: {faults}.",
                "Write one object per line, each key once, with text, numbers, booleans or null as values.",
            )

    return Rows("JSON lines", batches, {"encoding": encoding})


def _chunks(lines: TextIO, faults: Faults) -> Iterator[tuple[list[int], list[_Record]]]:
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if not line.isspace())
    while chunk := list(islice(numbered, _BATCH_ROWS)):
        numbers, records = [], []
        for number, line in chunk:
            try:
                record = _DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                faults.add(f"line {number} ({getattr(error, 'msg', error)})")
                continue
            if isinstance(record, dict):
                numbers.append(number)
                records.append(record)
            else:
                faults.add(f"line {number} (no object)")
        yield numbers, records


def _batch(
    keys: Iterable[str], numbers: list[int], records: list[_Record], source: str, faults: Faults
) -> pa.RecordBatch:
    keys = list(keys)
    columns = [_column(key, [record.get(key) for record in records], numbers, faults) for key in keys]
    schema = pa.schema([(name, pa.string()) for name in column_names(keys, source)])
    return pa.record_batch(columns, schema=schema)


def _column(key: str, values: list[_Value], numbers: list[int], faults: Faults) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeError):
        # Not all of them are texts: each is looked at, which takes longer.
        return pa.array(
            [_text(key, value, number, faults) for value, number in zip(values, numbers, strict=True)]
        )


def _text(key: str, value: _Value, number: int, faults: Faults) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        faults.add(
            f"line {number} ({key!r} holds a {'list' if isinstance(value, list) else 'nested object'})"
        )
        return None
    if value is not None and not _is_encodable(value):
        faults.add(f"line {number} ({key!r} holds half a character)")
        return None
    return value


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, _Value]]) -> _Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key twice")
    return record


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
