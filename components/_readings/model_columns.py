"""Model columns: read the rows for a model to predict as in training, without guesses."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from components._readings.inference import ColumnFaults, build_faults_error
from components._table.arrow import get_kind
from components._table.cells import MIXED, read_cells
from components._table.kinds import Kind
from components._table.reading import CellReader, Reading
from components._table.schema import Schema


@dataclass(frozen=True)
class ModelColumns:
    """The columns of a model's training table.

    Attributes
    ----------
    schema : Schema
        The columns of its training rows, each with its reading.
    used : list of str
        The columns that it predicts from.
    is_lenient : bool
        Whether cells of these columns that cannot be read become null.
    """

    schema: Schema
    used: list[str]
    is_lenient: bool

    @classmethod
    def load(cls, folder: Path, *, is_lenient: bool) -> "ModelColumns":
        """Read the columns from the folder that train wrote."""
        signature = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
        return cls(Schema.load(folder / "schema.json"), list(signature["columns"]), is_lenient)

    def build_readers(self, batches: Iterable[pa.RecordBatch]) -> dict[str, CellReader]:
        """Return the reader of each column of a table.

        A column that the model does not use is read as in training if all of its cells can be read so.
        Otherwise it is kept as it is: as text or native.

        Parameters
        ----------
        batches : iterable of RecordBatch
            All rows.
        """
        natives: dict[str, Kind | None] = {}
        misfits: set[str] = set()
        for batch in batches:
            for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                is_typed = not pa.types.is_string(cells.type) and cells.type != MIXED
                native = get_kind(cells.type) if is_typed else None
                natives[name] = native if natives.get(name, native) == native else None
                if name not in self.used and name not in misfits and not self._can_read(name, cells):
                    misfits.add(name)
        return {name: self._build_reader(name, native, misfits) for name, native in natives.items()}

    def check_faults(self, faults: Mapping[str, ColumnFaults]) -> None:
        """Refuse rows with cells that do not fit, unless such cells become null.

        Raises
        ------
        InvalidData
            Some cells do not fit; the message names the columns and the first rows of each.
        """
        refused = {} if self.is_lenient else self.find_refused(faults)
        if refused:
            raise build_faults_error(
                refused, "Correct the table, or read such cells as missing: UNREADABLE=null.", first_row=0
            )

    def find_refused(self, faults: Mapping[str, ColumnFaults]) -> dict[str, ColumnFaults]:
        """Return the cells that do not fit and, by the problem, must not become null on their own."""
        return {
            name: found
            for name, found in faults.items()
            if name in self.used and self.schema[name].reader.reading.unreadable == "refuse"
        }

    def _can_read(self, name: str, cells: pa.Array) -> bool:
        return name in self.schema and not read_cells(cells, self.schema[name].reader).unreadable

    def _build_reader(self, name: str, native: Kind | None, misfits: set[str]) -> CellReader:
        if name not in misfits:
            return self.schema[name].reader
        # Null marks apply to the columns of the model only.
        return CellReader(Reading(native or "string", nulls=()))
