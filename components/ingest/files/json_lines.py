"""JSON lines: one object per line to batches."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from components.errors import InvalidSource
from components.ingest.files.json_values import DECODER, JsonRecord, build_batch
from components.ingest.files.row_stream import Faults, RowStream

_BATCH_ROWS = 8192


def open_json_lines(file: Path, encoding: str, source: str) -> RowStream:
    """Open a file of JSON lines.

    A key that first appears on a later line is a column from that batch on. Numbers, true and false stay
    what they are.
    """

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        faults = Faults()
        keys: dict[str, None] = {}
        with file.open(encoding=encoding) as lines:
            for numbers, records in _read_chunks(lines, faults):
                for record in records:
                    keys.update(dict.fromkeys(record))
                places = [f"line {number}" for number in numbers]
                yield build_batch(keys, places, records, source, faults)
        if faults.total:
            raise InvalidSource(
                f"{source} has lines that are not one flat JSON object: {faults}.",
                "Write one object per line, each key once, with text, numbers, booleans or null as values.",
            )

    return RowStream("JSON lines", iterate_batches, {"encoding": encoding})


def _read_chunks(lines: TextIO, faults: Faults) -> Iterator[tuple[list[int], list[JsonRecord]]]:
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if not line.isspace())
    while chunk := list(islice(numbered, _BATCH_ROWS)):
        numbers, records = [], []
        for number, line in chunk:
            try:
                record = DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                faults.add(f"line {number} ({getattr(error, 'msg', error)})")
                continue
            if isinstance(record, dict):
                numbers.append(number)
                records.append(record)
            else:
                faults.add(f"line {number} (no object)")
        yield numbers, records
