"""JSON arrays: read an array of objects in pieces, on one line or many, alone or inside an object."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from components._files.json_values import DECODER, build_batches
from components._files.row_stream import Faults, RowStream, count_bytes
from components.errors import InvalidSource

_CHUNK_CHARACTERS = 1 << 18
_SPACE = re.compile(r"[\s,]*")
_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_REMEDY = "Give one array of flat objects (in pandas: orient='records'), or one object per line."


def is_array(beginning: str) -> bool:
    """Return whether a text is a complete JSON array, or begins like an array of objects or lists."""
    if re.match(r"\[\s*[\[{]", beginning):
        return True
    try:
        return beginning.startswith("[") and isinstance(DECODER.decode(beginning), list)
    except (ValueError, RecursionError):
        return False


def has_array(beginning: str) -> bool:
    """Return whether a text is one object with an array of objects, such as ``{"data": [{...}]}``."""
    start = _find_array(beginning)
    # In JSON lines the first line is a complete object, and another follows.
    return start is not None and not _is_first_line_whole(beginning)


def open_json_array(file: Path, encoding: str, source: str) -> RowStream:
    """Open a JSON array of objects.

    Raises
    ------
    InvalidSource
        While its batches are read: the file is incomplete, or an element is not a flat object.
    """
    n_read = 0

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        nonlocal n_read
        faults = Faults()
        with file.open(encoding=encoding) as text:
            for batch in build_batches(_iterate_elements(text, source), source, faults):
                n_read = count_bytes(text)
                yield batch
        if faults.total:
            raise InvalidSource(f"{source} has elements that are not flat JSON objects: {faults}.", _REMEDY)

    return RowStream(
        "JSON array",
        iterate_batches,
        {"encoding": encoding},
        n_bytes=file.stat().st_size,
        count_read=lambda: n_read,
    )


def _iterate_elements(text: TextIO, source: str) -> Iterator[tuple[str, object]]:
    """Yield the elements of the array; only one, and one piece of the text, is in memory at a time."""
    buffer = text.read(_CHUNK_CHARACTERS).lstrip()
    at = 1 if buffer.startswith("[") else _find_array(buffer) or 0
    n_read = 0
    while True:
        at = _SPACE.match(buffer, at).end()  # type: ignore[union-attr]
        if buffer.startswith("]", at):
            _check_rest(buffer[at + 1 :] + text.read(_CHUNK_CHARACTERS), source)
            return
        try:
            element, at = DECODER.raw_decode(buffer, at)
        except (ValueError, RecursionError) as error:
            more = text.read(max(_CHUNK_CHARACTERS, len(buffer)))
            if not more or not isinstance(error, json.JSONDecodeError):
                raise InvalidSource(
                    f"{source} is a JSON array that cannot be read beyond its first {n_read} elements: "
                    f"{getattr(error, 'msg', error)}.",
                    "Correct the file there, or export it again.",
                ) from error
            buffer, at = buffer[at:] + more, 0
            continue
        n_read += 1
        yield f"number {n_read}", element
        if at > _CHUNK_CHARACTERS:
            buffer, at = buffer[at:], 0


def _find_array(text: str) -> int | None:
    """Return the position after the bracket of the first array of objects in an object; None if none."""
    at = 1
    if not text.startswith("{"):
        return None
    while key := _KEY.match(text, at):
        at = key.end()
        if re.match(r"\[\s*\{", text[at : at + 1000]):
            return at + 1
        try:
            _, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    return None


def _is_first_line_whole(text: str) -> bool:
    first, _, rest = text.partition("\n")
    try:
        DECODER.decode(first)
    except (ValueError, RecursionError):
        return False
    return bool(rest.strip())


def _check_rest(rest: str, source: str) -> None:
    if re.search(r":\s*\[\s*\{", rest):
        raise InvalidSource(f"{source} is an object with more than one array of objects.", _REMEDY)
