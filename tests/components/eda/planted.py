"""A table in which findings of every kind are planted, and what validate would propose for it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._problem.task import TaskKind
from components._table.engine import TableEngine
from components._table.findings import Receipt
from components._table.schema import Kind
from components.eda.exploration import explore
from components.eda.explored_rows import ExploredRows
from tests.tables import write_frame

N_ROWS = 800
N_COPIES = 300
N_GROUPS = 90
PROPOSALS = (
    Proposal("group", ("customer",), "Its values repeat.", "group: customer"),
    Proposal("event_time", ("day",), "It has dates.", "event_time: day"),
    Proposal("nulls", ("age",), "-999 is far.", "columns: {age: {nulls: [-999]}}", ("-999",)),
    Proposal("duplicates", (), "300 rows repeat others."),
)
_SETTINGS: dict[TaskKind, dict[str, object]] = {
    "binary": {"metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"},
    "multiclass": {"metric": "accuracy", "classes": ("a", "b", "c")},
    "regression": {"metric": "r2"},
}
KINDS: dict[str, Kind] = {
    **dict.fromkeys(["x", "part", "other", "total", "copy", "income", "leak"], "float"),
    **dict.fromkeys(["customer", "row_id", "age"], "integer"),
    "day": "datetime",
}


@cache
def find_receipts(kind: TaskKind) -> dict[str, Receipt]:
    """Return the receipts of the table by what was found, in their order."""
    frame = make_table(kind)
    problem = Problem(target="y", task=kind, **_SETTINGS[kind])  # type: ignore[arg-type]
    kinds: dict[str, Kind] = {**KINDS, "y": "float" if kind == "regression" else "string"}
    with TemporaryDirectory() as folder, TableEngine(256 << 20, folder) as engine:
        write_frame(frame, kinds, Path(folder) / "train")
        rows = ExploredRows(f"{folder}/train", problem, engine)
        found = explore(rows, problem, kinds, PROPOSALS, seed=0).findings
    return {receipt.kind: receipt for receipt in found.receipts}


def make_table(kind: TaskKind) -> pd.DataFrame:
    """Return the table, whose target follows x, part, log(income), age and the customer."""
    rng = np.random.default_rng(0)
    customer = rng.integers(0, N_GROUPS, N_ROWS)
    x, part, other, noise = rng.normal(size=(4, N_ROWS))
    income = np.exp(1.5 * rng.normal(size=N_ROWS))
    age = rng.normal(40, 10, N_ROWS).round()
    signal = x + part + np.log(income) + (age - 40) / 10 + 3 * rng.normal(size=N_GROUPS)[customer] + noise
    frame = pd.DataFrame(
        {
            "x": x,
            "part": part,
            "other": other,
            "total": part + other,
            "copy": x + 0.3 * rng.normal(size=N_ROWS),
            "income": income,
            "age": np.where(rng.random(N_ROWS) < 0.15, -999, age).astype(int),
            "customer": rng.permutation(N_GROUPS)[customer],
            "day": pd.date_range("2025-01-01", periods=N_ROWS, freq="h"),
        }
    )
    frame = pd.concat([frame, frame[:N_COPIES]], ignore_index=True)
    signal = np.concatenate([signal, signal[:N_COPIES]])
    ranks = pd.Series(signal).rank(pct=True, method="first").to_numpy()
    codes = np.minimum((ranks * {"binary": 2, "multiclass": 3, "regression": 1}[kind]).astype(int), 2)
    labels = np.array({"binary": ["no", "yes", "yes"], "multiclass": ["a", "b", "c"]}.get(kind, ["", "", ""]))
    y = signal if kind == "regression" else labels[codes]
    leak = (signal if kind == "regression" else codes) + 0.01 * rng.normal(size=len(frame))
    frame = frame.assign(y=y)
    # Copies have the same leak, or they would be no copies.
    return frame.assign(leak=np.concatenate([leak[:N_ROWS], leak[:N_COPIES]]))
