"""Read the table, choose the test rows, write both sides."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from components._problem.spec import Problem
from components._table.storage import open_table as open_table
from components._table.storage import read_arrow_schema, read_frame, write_table
from components.split.assignment import assign_rows, list_deciding_columns
from components.split.settings import Settings

__all__ = ["Settings", "run"]


def run(
    *,
    dataset: str,
    problem: str,
    train: str,
    test: str,
    source: Mapping[str, object],
    settings: Settings,
) -> dict[str, dict[str, object]]:
    """Write the training rows and the test rows, each in the table's order.

    Rows without a target are left out. The hash and source in ``source``, the table's metadata, are copied.

    Returns
    -------
    dict
        Metadata of ``"train"`` and ``"test"``.

    Raises
    ------
    InvalidData
        Training or test rows would be empty, or lack a class.
    """
    specification = Problem.load(problem)
    frame = read_frame(dataset, list_deciding_columns(specification))
    is_known = frame[specification.target].notna().to_numpy()
    assignment = assign_rows(frame[is_known], specification, settings)
    del frame

    lineage: dict[str, object] = {
        "dataset_sha256": str(source.get("sha256", "")),
        "source": str(source.get("source", "")),
        "strategy": assignment.strategy,
        "seed": settings.seed,
        "notes": list(assignment.notes),
    }
    schema = read_arrow_schema(dataset)
    facts: dict[str, dict[str, object]] = {}
    for side, path, rows in (("train", train, assignment.train), ("test", test, assignment.test)):
        is_chosen = is_known.copy()
        is_chosen[is_known] = rows
        # As a stream of Arrow batches: a data frame would turn integers with nulls into floats.
        info = write_table(_iterate_chosen(dataset, is_chosen), schema, path)
        facts[side] = info.to_metadata() | lineage
    return facts


def _iterate_chosen(dataset: str, is_chosen: np.ndarray) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in open_table(dataset).to_batches():
        yield batch.filter(pa.array(is_chosen[start : start + batch.num_rows]))
        start += batch.num_rows
