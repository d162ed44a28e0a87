"""JSON lines: read a file with one object per line."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from components._files.json_values import DECODER, build_batches
from components._files.row_stream import Faults, RowStream, count_bytes
from components.errors import InvalidSource


def open_json_lines(file: Path, encoding: str, source: str) -> RowStream:
    """Open a file of JSON lines.

    Raises
    ------
    InvalidSource
        While its batches are read: a line is not a flat object.
    """
    n_read = 0

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        nonlocal n_read
        faults = Faults()
        with file.open(encoding=encoding) as lines:
            for batch in build_batches(_iterate_elements(lines, faults), source, faults):
                n_read = count_bytes(lines)
                yield batch
        if faults.total:
            raise InvalidSource(
                f"{source} has lines that are not flat JSON objects: {faults}.",
                "Write one object per line, each key once, with text, numbers, booleans or null as values.",
            )

    return RowStream(
        "JSON lines",
        iterate_batches,
        {"encoding": encoding},
        n_bytes=file.stat().st_size,
        count_read=lambda: n_read,
    )


def _iterate_elements(lines: TextIO, faults: Faults) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        try:
            element = DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            faults.add(f"line {number} ({getattr(error, 'msg', error)})")
        else:
            yield f"line {number}", element
