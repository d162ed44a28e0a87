"""Read a source, find its types, write the table whole or not at all."""

import shutil
import tempfile
from pathlib import Path

from components._table.storage import TableInfo, write_table
from components.errors import InvalidSource
from components.ingest.formats import open_rows
from components.ingest.inference import infer_types, typed
from components.ingest.samples import PREFIX, open_sample
from components.ingest.sources import local

Metadata = dict[str, int | float | str]


def run(*, dataset: str, source: str, seed: int) -> Metadata:
    """Store the table that a source holds, as typed Parquet.

    Parameters
    ----------
    dataset : str
        Folder to make.
    source : str
        Path, http(s) URL or ``s3://bucket/key`` of a CSV, gzip, Parquet or JSON-lines file, or
        ``sample:NAME``.
    seed : int
        Seed of a generated sample.

    Returns
    -------
    dict
        The table's ``rows``, ``columns``, ``bytes`` and ``sha256``; its ``source``, ``format`` and
        ``seed``; what was found about the file (``encoding``, ``delimiter``) and, where there are any,
        ``notes``; of an object its ``etag`` and, where its bucket keeps versions, its ``version``; for a
        sample whose truth is known, ``best_possible_roc_auc``.

    Raises
    ------
    InvalidSource
        Where the source cannot be read as a table. The folder is not made then, nor in the cases below.
    StorageFailed
        Where object storage cannot be reached, or does not give the object.
    InvalidSetting
        Where the environment does not say how to reach object storage.
    """
    target = Path(dataset)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A sibling of the target, so that the finished table is moved in one step.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ingest-") as folder:
        scratch = Path(folder)
        table = scratch / "table"
        info, facts = (
            _sample(table, source, seed) if source.startswith(PREFIX) else _file(table, source, scratch)
        )
        if target.exists():
            shutil.rmtree(target)
        table.rename(target)
    return {**info.metadata(), "source": source, "seed": seed, **facts}


def _sample(table: Path, source: str, seed: int) -> tuple[TableInfo, Metadata]:
    sample = open_sample(source, seed)
    facts: Metadata = {"format": "sample", **sample.facts}
    return write_table(sample.batches, sample.schema, table), facts


def _file(table: Path, source: str, scratch: Path) -> tuple[TableInfo, Metadata]:
    content = local(source, scratch)
    rows = open_rows(content.path, source)
    inferred = infer_types(rows.batches())
    if not inferred.n_rows:
        raise InvalidSource(f"{source} has no rows.", "Give a file with rows of values below its header.")
    facts: Metadata = {"format": rows.format, **rows.facts, **content.facts}
    if notes := (*map(str, rows.notices), *inferred.notes):
        facts["notes"] = "; ".join(notes)
    return write_table(typed(rows.batches(), inferred), inferred.schema, table), facts
