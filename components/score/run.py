"""The stage: check the table, predict shard by shard, and join the predictions."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from threadpoolctl import threadpool_limits

from components._model.intake import Intake
from components._model.scorer import Scorer
from components._problem.registration import RegisteredModel
from components._table.storage import TableInfo, count_rows, read_arrow_schema, read_rows
from components.errors import InvalidSetting, suggest_name
from components.machine import count_cpus, limit_processes
from components.memory import DEFAULT_MEMORY, LIBRARY_BYTES, resolve_memory
from components.score.parts import PredictionParts, hash_facts, iterate_parts
from components.score.prediction_table import join_parts
from components.score.report import ScoringInfo, render_scoring
from components.score.row_counts import RowCounts, count_values, merge_counts
from components.score.settings import Settings

__all__ = ["Settings", "join_shards", "plan", "resolve_memory", "run"]

_ROW, _VERSION = "row", "model_version"
# A cell of a batch as read, in the frame, as a number, and in the features that are made of it.
_CELL_BYTES = 100


def plan(*, dataset: str, model: str, settings: Settings) -> list[int]:
    """Check that the model can score the table, and return the numbers of the shards.

    Parameters
    ----------
    dataset, model : str
        Paths to read.
    settings : Settings
        Number of shards, and identifiers.

    Raises
    ------
    InvalidData
        A column that the model needs is missing or of another kind.
    InvalidSetting
        An identifier is not in the table, or has the name of a column of the predictions.
    """
    scorer, columns = Scorer(Path(model)), read_arrow_schema(dataset)
    _build_schema(scorer, columns, settings)
    Intake(scorer.signature.columns, scorer.schema, columns).check()
    return list(range(settings.shards))


def run(
    *,
    dataset: str,
    model: str,
    registration: str,
    predictions: str,
    source: str,
    settings: Settings,
    memory: int = DEFAULT_MEMORY,
) -> dict[str, int]:
    """Predict the rows of a shard, batch by batch; existing batches are kept.

    Each processor predicts a batch at a time, as far as memory holds so many batches.

    Parameters
    ----------
    dataset, model, registration : str
        Paths to read.
    predictions : str
        Folder to write parts to.
    source : str
        Hash of the table's content.
    settings : Settings
        Number of the shard, identifiers and output.
    memory : int
        Bytes that the stage may use.

    Returns
    -------
    dict of str to int
        Rows of the shard, batches that were predicted, and batches that existed already.

    Raises
    ------
    StorageError
        The bucket cannot be reached, or does not accept a part.
    """
    scorer = Scorer(Path(model))
    version = str(RegisteredModel.load(registration).version)
    parts = PredictionParts(Path(predictions), _hash_job(scorer, version, source, settings), settings)
    batches = list(settings.iterate_batches(count_rows(dataset)))
    missing = [rows for rows in batches if not parts.has_part(rows)]
    batch_scorer = BatchScorer(dataset, scorer, version, settings)
    n_threads = limit_processes(
        count_cpus(), settings.batch_rows * batch_scorer.row_bytes, LIBRARY_BYTES, memory
    )
    # Several threads of linear algebra in each of several batches wait for each other.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as threads:
        for _ in threads.map(lambda rows: parts.write(rows, *batch_scorer.predict(rows)), missing):
            pass
    return {
        "rows": sum(map(len, batches)),
        "predicted": len(missing),
        "already_there": len(batches) - len(missing),
    }


class BatchScorer:
    """Predicts batches of a table's rows; several threads may call it at once.

    Parameters
    ----------
    dataset : str
        Path of the table.
    scorer : Scorer
        The model.
    version : str
        Its version.
    settings : Settings
        Identifiers.

    Attributes
    ----------
    row_bytes : int
        Memory that a row of a batch takes.
    """

    def __init__(self, dataset: str, scorer: Scorer, version: str, settings: Settings) -> None:
        table_schema = read_arrow_schema(dataset)
        self._dataset, self._scorer, self._version = dataset, scorer, version
        self._identifiers = settings.identifiers
        self._intake = Intake(scorer.signature.columns, scorer.schema, table_schema)
        self._schema = _build_schema(scorer, table_schema, settings)
        self._names = list(dict.fromkeys([*self._intake.columns, *settings.identifiers]))
        self.row_bytes = _CELL_BYTES * (len(scorer.signature.columns) + len(self._schema))

    def predict(self, rows: range) -> tuple[pa.Table, RowCounts]:
        """Return the predictions of some rows, and what is counted of these rows."""
        scorer = self._scorer
        table = read_rows(self._dataset, rows, self._names)
        frame = self._intake.build_frame(table)
        scored = scorer.predict(frame)
        columns = [
            pa.array(rows),
            *(table[name].combine_chunks() for name in self._identifiers),
            *scored,
            pa.repeat(self._version, len(rows)),
        ]
        counts = count_values(frame, scored, scorer.signature.columns, scorer.schema, scorer.profile)
        return pa.Table.from_arrays(columns, schema=self._schema), counts


class ScoringResult(NamedTuple):
    """The joined predictions.

    Attributes
    ----------
    info : TableInfo
        Facts about their table.
    output : str
        Folder of a bucket that has them, too; empty for none.
    metrics : dict of str to float
        The metrics of ``ScoringInfo``.
    ignored : list of str
        Columns of the table that are neither features nor identifiers.
    """

    info: TableInfo
    output: str
    metrics: dict[str, float]
    ignored: list[str]


def join_shards(
    *,
    dataset: str,
    model: str,
    registration: str,
    parts: list[str],
    predictions: str,
    report: str,
    source: str,
    unreadable: dict[str, int],
    warnings: list[str],
    settings: Settings,
) -> ScoringResult:
    """Join the shards' parts, check that each row has one prediction, and write the page.

    Parameters
    ----------
    dataset, model, registration : str
        Paths to read.
    parts : list of str
        Folders that ``run`` wrote, one per shard.
    predictions, report : str
        Paths to write.
    source : str
        Hash of the table's content.
    unreadable : dict of str to int
        Unreadable cells, which became null, by column.
    warnings : list of str
        Warnings about the reading of the table's file.
    settings : Settings
        The settings of the shards.

    Raises
    ------
    WrongRows
        Rows have no prediction, or more than one; nothing is written.
    """
    scorer, registered = Scorer(Path(model)), RegisteredModel.load(registration)
    job = _hash_job(scorer, str(registered.version), source, settings)
    found = [part for part in iterate_parts(parts) if part.job == job]
    table_schema = read_arrow_schema(dataset)
    schema = _build_schema(scorer, table_schema, settings)
    target = Path(predictions)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".score-") as scratch:
        info = join_parts(found, count_rows(dataset), schema, Path(scratch) / "table")
        output = PredictionParts(Path(scratch), job, settings).finish()
        (Path(scratch) / "table").rename(target)
    ignored = Intake(scorer.signature.columns, scorer.schema, table_schema).ignored
    scoring = ScoringInfo(
        scorer.signature,
        scorer.profile,
        registered.title,
        info.rows,
        merge_counts(part.counts for part in found),
        [name for name in ignored if name not in settings.identifiers],
        output,
        unreadable,
        warnings,
    )
    Path(report).write_text(render_scoring(scoring), encoding="utf-8")
    return ScoringResult(info, output, scoring.metrics, scoring.ignored)


def _build_schema(scorer: Scorer, table: pa.Schema, settings: Settings) -> pa.Schema:
    """Return the columns of the predictions."""
    reserved = {_ROW, *scorer.names, _VERSION}
    for name in settings.identifiers:
        if name not in table.names:
            remedy = suggest_name(name, table.names, "column")
            raise InvalidSetting(f"The identifier {name!r} is not in the table.", remedy)
        if name in reserved:
            raise InvalidSetting(
                f"The identifier {name!r} has the name of a column of the predictions.", "Rename this column."
            )
    prediction = pa.array(scorer.signature.classes).type if scorer.signature.classes else pa.float64()
    return pa.schema(
        [
            (_ROW, pa.int64()),
            *((name, table.field(name).type) for name in settings.identifiers),
            (scorer.names[0], prediction),
            *((name, pa.float64()) for name in scorer.names[1:]),
            (_VERSION, pa.string()),
        ]
    )


def _hash_job(scorer: Scorer, version: str, source: str, settings: Settings) -> str:
    return hash_facts(
        source, scorer.digest, version, settings.identifiers, settings.shards, settings.batch_rows
    )
