"""The true targets of a data frame, as the stage reads them."""

from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

from components._problem.spec import Problem
from components._table.schema import Kind
from components.monitor.truth import KnownTruth, read_truth
from tests.tables import write_frame

MEMORY = 256 << 20
_KINDS: dict[str, Kind] = {"O": "string", "i": "integer", "f": "float", "b": "boolean", "M": "datetime"}


def store_truth(frame: pd.DataFrame, problem: Problem, folder: Path) -> KnownTruth:
    """Write a table of the truth below a folder, and read it."""
    place = Path(mkdtemp(dir=folder))
    write_frame(frame, {str(name): _KINDS[frame[name].dtype.kind] for name in frame}, place / "table")
    return read_truth(place / "table", problem, MEMORY, place)
