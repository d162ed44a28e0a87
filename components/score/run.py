"""The stage: check the table, predict shard by shard, and join the predictions."""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from components._dask.choice import choose_engine
from components._dask.workers import open_workers
from components._model.intake import Intake
from components._model.intervals import BOUND_COLUMNS
from components._model.scorer import Scorer
from components._problem.registration import RegisteredModel
from components._table.storage import TableInfo, count_rows, read_arrow_schema
from components.environment import Environment
from components.errors import InvalidSetting, suggest_name
from components.machine import count_cpus, limit_processes
from components.memory import DEFAULT_MEMORY, LIBRARY_BYTES, resolve_memory
from components.score.batch_scorer import BatchScorer
from components.score.batches import score_here, score_on_workers
from components.score.parts import PredictionParts, hash_facts, iterate_parts
from components.score.prediction_table import join_parts
from components.score.report import ScoringInfo, render_scoring
from components.score.row_counts import merge_counts
from components.score.settings import Settings

__all__ = ["Settings", "join_shards", "plan", "resolve_memory", "run"]

_ROW, _VERSION = "row", "model_version"


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
    engine: str = "",
    memory: int = DEFAULT_MEMORY,
) -> dict[str, int | str]:
    """Predict the rows of a shard, batch by batch; existing batches are kept.

    Each processor or worker predicts a batch at a time, as far as memory holds so many batches. Both engines
    write the same files.

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
    engine : str
        ``local`` or ``dask``; empty for the one that ``choose_engine`` returns.
    memory : int
        Bytes of memory to use.

    Returns
    -------
    dict
        Rows of the shard, batches that were predicted, batches that existed already, and ``engine``: what
        predicted them and why, as a sentence.

    Raises
    ------
    InvalidSetting
        There is no such engine.
    WorkersFailed
        Dask's workers cannot do the work.
    StorageError
        The bucket cannot be reached, or does not accept a part.
    """
    model_scorer, table_schema = Scorer(Path(model)), read_arrow_schema(dataset)
    version = str(RegisteredModel.load(registration).version)
    schema = _build_schema(model_scorer, table_schema, settings)
    scorer = BatchScorer(model_scorer, version, table_schema, schema, settings.identifiers)
    parts = PredictionParts(Path(predictions), _hash_job(model_scorer, version, source, settings), settings)
    batches = list(settings.iterate_batches(count_rows(dataset)))
    missing = [rows for rows in batches if not parts.has_part(rows)]
    scheduler = Environment.read().dask_scheduler
    choice = choose_engine(engine, dataset, memory, scheduler)
    engine_used = f"One process predicted the rows of each shard: {choice.reason}."
    if choice.name == "local" or not missing:
        n_bytes = settings.batch_rows * scorer.row_bytes
        n_threads = limit_processes(count_cpus(), n_bytes, LIBRARY_BYTES, memory)
        score_here(scorer, dataset, missing, parts.write, n_threads)
    else:
        with open_workers(memory, scheduler, len(missing)) as workers:
            engine_used = f"{workers.describe()} predicted the rows of each shard: {choice.reason}."
            sys.stdout.write(f"{workers.describe()} predict: {choice.reason}.\n")
            score_on_workers(scorer, dataset, missing, parts.write, workers)
    return {
        "rows": sum(map(len, batches)),
        "predicted": len(missing),
        "already_there": len(batches) - len(missing),
        "engine": engine_used,
    }


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
    engines: list[str],
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
    engines : list of str
        What predicted the rows of each shard, as ``run`` returned it.
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
        list(dict.fromkeys(engines)),
    )
    Path(report).write_text(render_scoring(scoring), encoding="utf-8")
    return ScoringResult(info, output, scoring.metrics, scoring.ignored)


def _build_schema(scorer: Scorer, table: pa.Schema, settings: Settings) -> pa.Schema:
    """Return the columns of the predictions."""
    bounds = BOUND_COLUMNS if scorer.intervals is not None else ()
    reserved = {_ROW, *scorer.names, *bounds, _VERSION}
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
            *((name, pa.float64()) for name in (*scorer.names[1:], *bounds)),
            (_VERSION, pa.string()),
        ]
    )


def _hash_job(scorer: Scorer, version: str, source: str, settings: Settings) -> str:
    return hash_facts(
        source, scorer.digest, version, settings.identifiers, settings.shards, settings.batch_rows
    )
