"""A transformation: how a clean sheet becomes a file, and what may not stay as it was."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.mess.arrangements import Arrange
from benchmarks.mess.files import Write, make_delimited_writer
from benchmarks.mess.sheet import Role, Sheet, Value

Group = Literal[
    "numbers", "dates", "nulls", "words", "text file", "around the table", "order", "formats", "exports"
]  # fmt: skip
# What a client of the server sends for a cell: its text, or what JSON has for its value.
Client = Literal["text", "native"]


COMMAS = make_delimited_writer()


@dataclass(frozen=True)
class Transformation:
    """How a clean sheet becomes a file.

    Attributes
    ----------
    name, group : str
        What it is called, and what it belongs to.
    texts : mapping
        How values are written, by role; the others are plain.
    null : str, or mapping of str
        How no value is written, or by role; the target has none.
    arrange : callable or None
        Changes the order of rows and columns, or cells of some rows.
    write : callable
        Writes the file.
    other_values : mapping
        By role what values may become beside themselves: a flag a word.
    widens : bool
        Whether whole numbers may become floats of the same value.
    nulls_are_values : bool
        Whether no value is written as what may be one, so that a model that never saw it rightly reads it.
    client : {"text", "native"}
        What the same cells are in a request.
    """

    name: str
    group: Group
    texts: Mapping[Role, Callable[[Any], str]] = field(default_factory=dict)
    null: str | Mapping[Role, str] = ""
    arrange: Arrange | None = None
    write: Write = COMMAS
    other_values: Mapping[Role, Callable[[Any], Value]] = field(default_factory=dict)
    widens: bool = False
    nulls_are_values: bool = False
    client: Client = "text"

    def apply(self, sheet: Sheet, target: str | None) -> Sheet:
        """Return the sheet as it will be written."""
        texts = [
            [
                self._write_text(of, value, text, is_target=of.name == target)
                for of, value, text in zip(sheet.fields, values, row, strict=True)
            ]
            for values, row in zip(sheet.values, sheet.texts, strict=True)
        ]
        written = sheet._replace(texts=texts)
        # The same choices whatever was applied before.
        rng = np.random.default_rng(zlib.crc32(f"{self.name} {len(sheet.values)}".encode()))
        return self.arrange(written, rng) if self.arrange else written

    def _write_text(self, of: Any, value: Value, text: str, *, is_target: bool) -> str:
        if value is None:
            mark = self.null if isinstance(self.null, str) else self.null.get(of.role, "")
            return "" if is_target else mark
        return self.texts[of.role](value) if of.role in self.texts else text

    def write_file(self, sheet: Sheet, path: Path) -> None:
        """Write a sheet that ``apply`` made."""
        self.write(sheet, path)
