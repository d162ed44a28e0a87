"""A table of which only a sample fits into memory, for the tests that share it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components._problem.task import TaskKind
from components._table.row_sample import RowSample
from components._table.schema import Kind
from tests.components._model.tables import KINDS, draw_table
from tests.components.train.finished import write_sweep
from tests.tables import write_frame

N_SAMPLED, N_OTHERS = 300, 1_500


def draw_large_table(kind: TaskKind) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table in which the rows of ``draw_table`` are those of the sample, and their numbers."""
    rng = np.random.default_rng(7)
    numbers = np.sort(rng.choice(N_SAMPLED + N_OTHERS, N_SAMPLED, replace=False))
    both = pd.concat([draw_table(kind, N_SAMPLED), draw_table(kind, N_OTHERS, seed=1)], ignore_index=True)
    order = np.empty(len(both), dtype=np.int64)
    order[numbers] = np.arange(N_SAMPLED)
    order[np.setdiff1d(np.arange(len(both)), numbers)] = np.arange(N_SAMPLED, len(both))
    return both.iloc[order].reset_index(drop=True), numbers


def write_large_sweep(folder: Path, kind: TaskKind, *families: str, **settings: Any) -> dict[str, Any]:
    """Write what the stage reads, with a finished trial per family on the sample; return the paths."""
    places = write_sweep(folder, kind, *families, **settings)
    table, numbers = draw_large_table(kind)
    sample, places["train"] = places["train"], str(folder / "all")
    RowSample(numbers).save(sample)
    kinds: dict[str, Kind] = {**KINDS, "y": "float" if kind == "regression" else "string"}
    write_frame(table, kinds, places["train"])
    return places | {"sample": sample}
