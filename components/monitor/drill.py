"""A drill: a fault is put into the rows of some days, and monitoring looks at them day by day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from components._inference_log.record import LogRecord, encode_record
from components._inference_log.segments import START_FORMAT, SUFFIX
from components._problem.monitoring import REQUEST_ID
from components._table.kinds import Kind
from components._table.reading import Value
from components._table.target import encode_target
from components.monitor.comparison import LoadedModel, LogPeriod, make_report
from components.monitor.faults import Fault, put_fault
from components.monitor.log_folder import VersionLog
from components.monitor.logged_rows import convert_columns
from components.monitor.record import MonitoringReport
from components.monitor.rows import PredictedRows
from components.monitor.truth import KnownTruth

_ROWS_PER_DAY = 500
# Days before the fault, and how much longer than it must last a fault may remain unnoticed.
_USUAL_DAYS, _MORE_DAYS = 10, 4


class DrillDay(NamedTuple):
    """What monitoring says at the end of a day.

    Attributes
    ----------
    number : int
        The day of the fault, from 1; 0 for the day before it.
    report : MonitoringReport
        The report.
    """

    number: int
    report: MonitoringReport


def run_drill(
    model: LoadedModel, usual: PredictedRows, fault: Fault, name: tuple[str, str], seed: int
) -> Iterator[DrillDay]:
    """Yield what monitoring says on the day before a fault, and on each day of it until something is decided.

    Parameters
    ----------
    model : LoadedModel
        The model.
    usual : PredictedRows
        Rows that the model was not trained on, from which those of each day are drawn. Their truth is known
        at once.
    fault : Fault
        The fault.
    name : tuple of (str, str)
        The model's name and version.
    seed : int
        Seed of the rows.
    """
    rng = np.random.default_rng(seed)
    persist = model.monitored.problem.monitoring.persist
    n_days = _USUAL_DAYS + persist + _MORE_DAYS
    first = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    first -= timedelta(days=n_days)
    targets: list[pd.Series] = []
    with TemporaryDirectory() as scratch:
        files: list[Path] = []
        for day in range(n_days):
            start = first + timedelta(days=day)
            rows = usual.take(rng.integers(len(usual), size=_ROWS_PER_DAY))
            if day >= _USUAL_DAYS:
                rows = put_fault(rows, fault, model.monitored, seed + day)
            files.append(Path(scratch) / f"{start:{START_FORMAT}}-0-{day:08x}{SUFFIX}")
            files[-1].write_bytes(_encode_day(model, rows, start))
            targets.append(pd.Series(rows.truth, index=[_name_row(start, i) for i in range(len(rows))]))
            if day < _USUAL_DAYS - 1:
                continue
            truth = KnownTruth.from_targets((REQUEST_ID,), pd.concat(targets))
            period = LogPeriod(start + timedelta(days=1), float(n_days))
            made = make_report(model, name, VersionLog(list(files), {}), truth, period, seed)
            yield DrillDay(day - _USUAL_DAYS + 1, made)
            if day >= _USUAL_DAYS and made.decision.action != "nothing":
                return


def predict_rows(model: LoadedModel, table: pd.DataFrame) -> PredictedRows:
    """Return rows of a table, whose target is known, with the model's predictions."""
    problem = model.monitored.problem
    columns = convert_columns(table, model.scorer.signature.columns)
    return PredictedRows(
        columns,
        model.monitored.predict(columns),
        np.ones(len(table)),
        np.full(len(table), np.datetime64("NaT", "us")),
        encode_target(table[problem.target], problem).astype(np.float64),
    )


def _encode_day(model: LoadedModel, rows: PredictedRows, start: datetime) -> bytes:
    step = timedelta(days=1) / len(rows)
    names = list(model.kinds)
    cells = [rows.columns[name].astype(object) for name in names]
    return b"".join(
        encode_record(
            LogRecord(
                (start + i * step).replace(tzinfo=UTC),
                _name_row(start, i),
                0,
                {
                    name: _convert_cell(cell, model.kinds[name])
                    for name, cell in zip(names, values, strict=True)
                },
                predicted,
                None,
            )
        )
        for i, (*values, predicted) in enumerate(zip(*cells, rows.outputs.tolist(), strict=True))
    )


def _convert_cell(cell: Any, kind: Kind) -> Value:
    """Return a cell as the server's log has it."""
    if pd.isna(cell):
        return None
    value: Value = bool(cell) if kind == "boolean" else cell.isoformat() if kind == "datetime" else cell
    return value


def _name_row(start: datetime, number: int) -> str:
    return f"{start:%Y-%m-%d}-{number}"
