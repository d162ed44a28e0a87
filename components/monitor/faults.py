"""Faults of the data, put into rows to see whether monitoring finds them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from components._table.kinds import Kind
from components.errors import InvalidSetting, format_list
from components.monitor.findings import MonitoredModel
from components.monitor.rows import PredictedRows
from components.monitor.used_columns import to_plain

FaultKind = Literal["covariate", "label", "concept", "missing", "unit-change", "category"]
FAULTS: tuple[FaultKind, ...] = get_args(FaultKind)
# Strength of the shifts of covariate and label, in standard deviations and e-folds.
_STRENGTH = 1.0
_MISSING, _NEW = 0.4, 0.5
_FACTOR = 100.0
_NEW_CATEGORY = "(a new value)"
_NUMBERS: tuple[Kind, ...] = ("integer", "float")


class Fault(NamedTuple):
    """A fault.

    Attributes
    ----------
    kind : str
        What changes.
    column : str
        The column that changes; empty for the target.
    words : str
        What changes, in words.
    """

    kind: FaultKind
    column: str
    words: str


def choose_fault(kind: str, model: MonitoredModel, kinds: dict[str, Kind], seed: int) -> Fault:
    """Return a fault of the column that matters most to the model.

    Parameters
    ----------
    kind : str
        One of ``FAULTS``.
    model : MonitoredModel
        The model.
    kinds : dict of str to Kind
        Its columns that are logged.
    seed : int
        Seed of the choice.

    Raises
    ------
    InvalidSetting
        There is no such fault, or no column that can have it.
    """
    if kind not in FAULTS:
        raise InvalidSetting(
            f"There is no fault {kind!r}.", f"Choose one of {format_list(FAULTS, len(FAULTS))}."
        )
    if kind == "label":
        return Fault("label", "", f"rows with other values of {model.problem.target} are more frequent")
    fitting = [name for name, of in kinds.items() if _CAN_HAVE[kind](of)]
    if not fitting:
        raise InvalidSetting(
            f"The model has no column that can have the fault {kind!r}.", "Choose another fault."
        )
    column = max(fitting, key=lambda name: _measure_importance(model, name, seed))
    return Fault(kind, column, _WORDS[kind].format(column=column, target=model.problem.target))


def put_fault(rows: PredictedRows, fault: Fault, model: MonitoredModel, seed: int) -> PredictedRows:
    """Return as many rows with a fault; the predictions are those that the model makes of them."""
    rng = np.random.default_rng(seed)
    if fault.kind in ("covariate", "label"):
        values = (
            rows.truth if fault.kind == "label" else rows.columns[fault.column].to_numpy(dtype=np.float64)
        )
        return rows.take(rng.choice(len(rows), len(rows), p=_weigh_values(values)))
    if fault.kind == "concept":
        return replace(rows, truth=_change_truth(rows, fault, model))
    column = rows.columns[fault.column]
    changed = rows.columns.assign(**{fault.column: _change_column(column, fault, rng)})
    return replace(rows, columns=changed, outputs=model.predict(changed))


def _measure_importance(model: MonitoredModel, name: str, seed: int) -> float:
    """Return how far shuffling a column moves the predictions."""
    rng = np.random.default_rng(seed)
    rows = model.reference.take(np.arange(min(1_000, len(model.reference))))
    shuffled = rows.columns[name].iloc[rng.permutation(len(rows))].to_numpy()
    other = model.predict(rows.columns.assign(**{name: shuffled}))
    return float(np.abs(other - model.predict(rows.columns)).mean())


def _weigh_values(values: np.ndarray) -> np.ndarray:
    """Return chances that grow with the values."""
    known = np.where(np.isnan(values), np.nanmean(values), values)
    spread = known.std() or 1.0
    weights = np.exp(_STRENGTH * np.clip((known - known.mean()) / spread, -3, 3))
    return np.asarray(weights / weights.sum())


def _change_truth(rows: PredictedRows, fault: Fault, model: MonitoredModel) -> np.ndarray:
    """Return the truth, changed where the column is above its median."""
    values = rows.columns[fault.column].to_numpy(dtype=np.float64)
    is_high = values > np.nanmedian(values)
    if model.problem.kind == "regression":
        return rows.truth + np.where(is_high, np.nanstd(rows.truth), 0.0)
    return np.where(is_high, (rows.truth + 1) % len(model.problem.classes), rows.truth)


def _change_column(column: pd.Series, fault: Fault, rng: np.random.Generator) -> pd.Series:
    if fault.kind == "unit-change":
        return column * _FACTOR
    is_changed = rng.random(len(column)) < (_MISSING if fault.kind == "missing" else _NEW)
    return to_plain(column).mask(is_changed, None if fault.kind == "missing" else _NEW_CATEGORY)


_CAN_HAVE: dict[str, Callable[[Kind], bool]] = {
    "covariate": lambda kind: kind in _NUMBERS,
    "concept": lambda kind: kind in _NUMBERS,
    "missing": lambda kind: kind != "datetime",
    "unit-change": lambda kind: kind in _NUMBERS,
    "category": lambda kind: kind == "string",
}
_WORDS = {
    "covariate": "large values of {column} are more frequent",
    "concept": "{target} is another where {column} is above its median",
    "missing": f"{{column}} is missing in {_MISSING:.0%} of the rows",
    "unit-change": f"{{column}} comes in a unit {_FACTOR:g} times as small",
    "category": f"{{column}} has a new value in {_NEW:.0%} of the rows",
}
