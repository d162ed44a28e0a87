"""Rewriting: make text without a single-character delimiter readable for Arrow's CSV reader."""

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from components._files.file_records import Delimiter, build_line_cutter
from components._files.row_stream import count_bytes

# The delimiter of the rewritten text. It does not occur in text.
UNIT = "\x1f"
_LINES = 10_000


class RewrittenText(io.RawIOBase):
    """A text file as UTF-8 with ``UNIT`` between its cells, rewritten while it is read."""

    def __init__(self, file: Path, encoding: str, delimiter: Delimiter) -> None:
        super().__init__()
        self._pieces = _rewrite_lines(file, encoding, delimiter)
        self._rest = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        """Return whether it can be read."""
        return True

    def tell(self) -> int:
        """Return how many bytes of the file were read."""
        return self._position

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Fill a buffer and return how many bytes were put into it; 0 at the end."""
        if not self._rest:
            piece, self._position = next(self._pieces, (b"", self._position))
            self._rest = memoryview(piece)
        n_bytes = min(len(buffer), len(self._rest))
        buffer[:n_bytes] = self._rest[:n_bytes]
        self._rest = self._rest[n_bytes:]
        return n_bytes


def _rewrite_lines(file: Path, encoding: str, delimiter: Delimiter) -> Iterator[tuple[bytes, int]]:
    """Yield pieces of the text, each with its end in the file."""
    cut = build_line_cutter(delimiter)
    with file.open(encoding=encoding, newline=None) as lines:
        while chunk := list(islice(lines, _LINES)):
            rewritten = ["" if line.isspace() else UNIT.join(cut(line.rstrip("\n"))) for line in chunk]
            yield ("\n".join(rewritten) + "\n").encode(), count_bytes(lines)
