"""Explored rows of tests, on disk as eda reads them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.schema import Kind
from components.eda.explored_rows import ExploredRows
from tests.tables import write_frame

REGRESSION = Problem(target="y", task="regression", metric="r2")
BINARY = Problem(target="y", task="binary", metric="roc_auc", classes=("no", "yes"), positive_label="yes")


@contextmanager
def open_explored_rows(
    frame: pd.DataFrame, kinds: Mapping[str, Kind], problem: Problem = REGRESSION
) -> Iterator[ExploredRows]:
    """Give the rows of a data frame; without a column ``y``, their target is the number of the row."""
    kinds = dict(kinds)
    if "y" not in frame:
        frame = frame.assign(y=np.arange(len(frame), dtype=float))
    kinds.setdefault("y", "float")
    with TemporaryDirectory() as folder, TableEngine(256 << 20, folder) as engine:
        write_frame(frame, kinds, Path(folder) / "train")
        yield ExploredRows(f"{folder}/train", problem, engine)
