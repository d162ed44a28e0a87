"""A version of a table: a stored table, what it was taken to be, and how its cells were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from components._problem.spec import Problem
from components._table.arrow import get_kind
from components._table.kinds import Kind
from components._table.storage import count_rows, read_arrow_schema
from components._table.table_reading import ColumnReading
from pipelines.local.run_folder import RunFolder


@dataclass(frozen=True)
class TableVersion:
    """A table that is stored on this machine, at least until the end of the command.

    Attributes
    ----------
    given : str
        The word that named it.
    title : str
        What it was taken to be, in a few words.
    table : str
        Folder of the stored table.
    readings : mapping of str to ColumnReading
        How its columns were read; empty for a generated sample.
    run : RunFolder or None
        The run on this machine that read it.
    problem : Problem or None
        What the run or version predicts.
    origin : str
        More about it, as the end of a sentence; empty if there is nothing to say.
    is_registered : bool
        Whether it is that of a version in the registry.
    model : Path or None
        Folder of the model that was trained on it; None if there is none on this machine.
    notes : tuple of str
        What a person should know about how it was read.
    """

    given: str
    title: str
    table: str
    readings: Mapping[str, ColumnReading] = field(default_factory=dict)
    run: RunFolder | None = None
    problem: Problem | None = None
    origin: str = ""
    is_registered: bool = False
    model: Path | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column, in order."""
        kinds = {column.name: get_kind(column.type) for column in read_arrow_schema(self.table)}
        return {name: kind for name, kind in kinds.items() if kind is not None}

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return count_rows(self.table)
