"""A model's folder with a reference, and logs of its requests, as the stage reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components._inference_log.record import LogRecord, encode_record
from components._model.reference_rows import ReferenceRows
from components._model.scorer import Scorer
from components._problem.task import TaskKind
from components._table.schema import Column, Schema
from components._table.target import encode_target
from components.json_file import read_json, write_json
from tests.components._model.tables import KINDS, draw_table, make_problem
from tests.components.score.models import write_model

REFERENCE_ROWS = 3_000


def write_monitored_model(folder: Path, kind: TaskKind, **settings: Any) -> Scorer:
    """Write a model, its registration, its problem and its reference, and return the model."""
    write_model(folder, kind)
    problem = make_problem(kind, identifiers=("customer",), **settings)
    model = folder / "model"
    problem.save(model / "problem.json")
    schema = Schema.load(model / "schema.json")
    others = (Column("customer", "string"), Column("y", "float" if kind == "regression" else "string"))
    replace(schema, columns=(*schema.columns, *others)).save(model / "schema.json")
    members = [{"family": "linear", "parameters": {"C": 1.0}}]
    write_json(model / "lineage.json", {**read_json(model / "lineage.json"), "models": members})
    scorer = Scorer(model)
    # Rows that the model has not seen, so that its predictions are honest.
    rows = draw_table(kind, REFERENCE_ROWS, seed=8)
    columns = rows[list(KINDS)]
    ReferenceRows(
        columns=columns,
        outputs=scorer.predict_outputs(columns),
        truth=encode_target(rows["y"], problem).astype(np.float64),
        weight=np.ones(len(rows)),
        time=np.full(len(rows), np.datetime64("NaT", "us")),
    ).save(model)
    return scorer


def write_day(
    folder: Path, scorer: Scorer, rows: pd.DataFrame, day: datetime, version: str | None = None
) -> pd.DataFrame:
    """Write a day's log of a model in a monitoring folder, and return the keys and targets of its rows."""
    outputs = scorer.predict_outputs(rows[list(KINDS)]).tolist()
    step = timedelta(days=1) / len(rows)
    lines = []
    for number, (row, predicted) in enumerate(zip(rows.to_dict("records"), outputs, strict=True)):
        values = {name: convert_cell(row[str(name)]) for name in KINDS}
        record = LogRecord(
            day.replace(tzinfo=UTC) + number * step, f"r{number}", 0, values, predicted, None,
            {"customer": f"{day:%d}-{number}"},
        )  # fmt: skip
        lines.append(encode_record(record))
    place = folder / "y" / "logs" / (version or f"7-{scorer.digest[:12]}")
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{day:%Y%m%dT%H%M%S}-0-00000000.jsonl").write_bytes(b"".join(lines))
    return pd.DataFrame({"customer": [f"{day:%d}-{i}" for i in range(len(rows))], "y": rows["y"].to_numpy()})


def convert_cell(cell: Any) -> Any:
    """Return a cell of a table as the log has it."""
    if pd.isna(cell):
        return None
    return cell.isoformat() if isinstance(cell, pd.Timestamp) else cell


def draw_day(kind: TaskKind, number: int, n_rows: int = 300, **broken: Any) -> pd.DataFrame:
    """Return rows like those of training; the columns in ``broken`` get other values."""
    rows = draw_table(kind, n_rows, seed=100 + number)
    return rows.assign(**broken)
