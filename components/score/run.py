"""The stage: check the table, predict shard after shard, and join what came of it."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from components._problem.registration import RegisteredModel
from components._table.storage import TableInfo, count_rows, read_arrow_schema, read_rows
from components.errors import InvalidSetting, suggest_name
from components.score.intake import Intake
from components.score.parts import PredictionParts, hash_facts, iterate_parts
from components.score.prediction_table import join_parts
from components.score.report import ScoringInfo, render_scoring
from components.score.row_counts import count_values, merge_counts
from components.score.scorer import Scorer
from components.score.settings import Settings

__all__ = ["Settings", "join_shards", "plan", "run"]

_ROW, _VERSION = "row", "model_version"


def plan(*, dataset: str, model: str, settings: Settings) -> list[int]:
    """See that the model can score the table, and return the numbers of the shards.

    Parameters
    ----------
    dataset, model : str
        Paths to read.
    settings : Settings
        How many shards there are, and the identifiers.

    Raises
    ------
    InvalidData
        The table has not the columns that the model needs, or of another kind.
    InvalidSetting
        An identifier is not in the table, or is called like a column of the predictions.
    """
    scorer, there = Scorer(Path(model)), read_arrow_schema(dataset)
    _build_schema(scorer, there, settings)
    intake = Intake(scorer.signature.columns, scorer.schema, there)
    intake.check()
    return list(range(settings.shards))


def run(
    *, dataset: str, model: str, registration: str, predictions: str, source: str, settings: Settings
) -> dict[str, int]:
    """Predict the rows of a shard, batch by batch; batches that are there already are left as they are.

    Parameters
    ----------
    dataset, model, registration : str
        Paths to read.
    predictions : str
        Folder to write parts to.
    source : str
        Hash of the table's content.
    settings : Settings
        Which shard it is.

    Returns
    -------
    dict of str to int
        Rows of the shard, and batches that were predicted and that were there.

    Raises
    ------
    StorageFailed
        The bucket cannot be reached, or does not take a part.
    """
    scorer, there = Scorer(Path(model)), read_arrow_schema(dataset)
    version = str(RegisteredModel.load(registration).version)
    schema = _build_schema(scorer, there, settings)
    intake = Intake(scorer.signature.columns, scorer.schema, there)
    parts = PredictionParts(Path(predictions), _hash_job(scorer, version, source, settings), settings)
    wanted = list(dict.fromkeys([*intake.columns, *settings.identifiers]))
    facts = {"rows": 0, "predicted": 0, "already_there": 0}
    for rows in settings.iterate_batches(count_rows(dataset)):
        facts["rows"] += len(rows)
        if parts.has_part(rows):
            facts["already_there"] += 1
            continue
        table = read_rows(dataset, rows, wanted)
        frame = intake.build_frame(table)
        scored = scorer.predict(frame)
        columns = [
            pa.array(rows),
            *(table[name].combine_chunks() for name in settings.identifiers),
            *scored,
            pa.repeat(version, len(rows)),
        ]
        counted = count_values(frame, scored, scorer.signature.columns, scorer.schema, scorer.profile)
        parts.write(rows, pa.Table.from_arrays(columns, schema=schema), counted)
        facts["predicted"] += 1
    return facts


class ScoringResult(NamedTuple):
    """What the joined predictions are.

    Attributes
    ----------
    info : TableInfo
        Of their table.
    output : str
        Folder of a bucket where they are, too; empty for none.
    metrics : dict of str to float
        Rows, and the share of each class or the mean value.
    ignored : list of str
        Columns of the table that played no part.
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
    """Join the shards' parts, prove that there is one prediction for each row, and tell of them.

    Parameters
    ----------
    dataset, model, registration : str
        Paths to read.
    parts : list of str
        Folders that ``run`` wrote, one for each shard.
    predictions, report : str
        Paths to write.
    source : str
        Hash of the table's content.
    unreadable : dict of str to int
        Cells that could not be read and became null, by column.
    warnings : list of str
        What a person should know about how the table's file was read.
    settings : Settings
        As of every shard.

    Raises
    ------
    WrongRows
        Rows have no prediction, or more than one. Nothing is written then.
    """
    scorer, registered = Scorer(Path(model)), RegisteredModel.load(registration)
    job = _hash_job(scorer, str(registered.version), source, settings)
    found = [part for part in iterate_parts(parts) if part.job == job]
    schema = _build_schema(scorer, read_arrow_schema(dataset), settings)
    target = Path(predictions)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".score-") as scratch:
        info = join_parts(found, count_rows(dataset), schema, Path(scratch) / "table")
        output = PredictionParts(Path(scratch), job, settings).finish()
        (Path(scratch) / "table").rename(target)
    ignored = Intake(scorer.signature.columns, scorer.schema, read_arrow_schema(dataset)).ignored
    scoring = ScoringInfo(
        scorer.signature,
        scorer.profile,
        registered.title,
        info.rows,
        merge_counts(part.observed for part in found),
        [name for name in ignored if name not in settings.identifiers],
        output,
        unreadable,
        warnings,
    )
    Path(report).write_text(render_scoring(scoring), encoding="utf-8")
    return ScoringResult(info, output, scoring.metrics, scoring.ignored)


def _build_schema(scorer: Scorer, there: pa.Schema, settings: Settings) -> pa.Schema:
    """Return the columns of the predictions."""
    taken = {_ROW, *scorer.names, _VERSION}
    for name in settings.identifiers:
        if name not in there.names:
            remedy = suggest_name(name, there.names, "column")
            raise InvalidSetting(f"The identifier {name!r} is not in the table.", remedy)
        if name in taken:
            raise InvalidSetting(
                f"The identifier {name!r} is called like a column of the predictions.", "Rename it."
            )
    decided = pa.array(scorer.signature.classes).type if scorer.signature.classes else pa.float64()
    return pa.schema(
        [
            (_ROW, pa.int64()),
            *((name, there.field(name).type) for name in settings.identifiers),
            (scorer.names[0], decided),
            *((name, pa.float64()) for name in scorer.names[1:]),
            (_VERSION, pa.string()),
        ]
    )


def _hash_job(scorer: Scorer, version: str, source: str, settings: Settings) -> str:
    return hash_facts(
        source, scorer.digest, version, settings.identifiers, settings.shards, settings.batch_rows
    )
