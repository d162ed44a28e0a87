"""What the drift of a column costs, beside what it is estimated to cost: ``python -m benchmarks.drift_loss``.

One column of generated rows changes: its values become null, a thousand times as large, or one standard
deviation larger, the last with the truth that belongs to them. The cost is the rise of a row's mean loss:
minus the worth of the outcomes of a binary problem, the absolute error of a regression.
"""

import argparse
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from benchmarks.shifted_rows import (
    BINARY_MODELS,
    REGRESSION_MODELS,
    ModelInUse,
    Shift,
    draw_columns,
    draw_truth,
    fit_model,
)
from components._problem.monitoring import Monitoring
from components._problem.spec import OutcomeValue, Problem
from components.monitor.drift_loss import ColumnShift, DriftLossEstimator
from components.monitor.row_loss import RowLoss, build_row_loss
from components.monitor.used_columns import find_used_columns

_FAULTS = ("null", "times 1000", "1 sd up")
_COLUMNS = ("a", "d")
_ROWS = 10_000
_BINS = 64
_SAMPLED = 2_000
_WORTH = Problem(
    target="y",
    task="binary",
    metric="roc_auc",
    classes=(0, 1),
    positive_label=1,
    value=OutcomeValue(tp=100, fp=-20, fn=-50),
)
_VALUE = Problem(target="y", task="regression", metric="neg_root_mean_squared_error")


class _Fault(NamedTuple):
    """Rows with a changed column, and their truth."""

    table: pd.DataFrame
    truth: np.ndarray


def main() -> None:
    """Print a line for each model, column and fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS, help="rows of the reference and of the windows")
    n_rows = parser.parse_args().rows
    print(f"{'model':<22}{'column':<8}{'change':<13}{'usual':>9}{'true':>9}{'estimate':>10}   95 % interval")
    worth, error = build_row_loss(_WORTH, Monitoring(), 0.3), build_row_loss(_VALUE, Monitoring(), None)
    for models, loss in ((BINARY_MODELS, worth), (REGRESSION_MODELS, error)):
        for name, model in models.items():
            _print_lines(name, model, loss, n_rows)


def _print_lines(name: str, model: BaseEstimator, loss: RowLoss, n_rows: int) -> None:
    rng = np.random.default_rng(0)
    used = fit_model(make_pipeline(SimpleImputer(), model) if "regression" in name else model, n_rows, rng)
    columns = find_used_columns(used.predict, used.reference, 0)
    estimator = DriftLossEstimator(used.reference, used.predict, columns, loss, 1.0, 0)
    is_class = loss.table is not None
    usual = _draw_fault("", "", n_rows, is_class, rng)
    before = loss.compute(used.predict(usual.table), usual.truth).mean()
    for column in _COLUMNS:
        for fault in _FAULTS:
            rows = _draw_fault(column, fault, n_rows, is_class, rng)
            true = loss.compute(used.predict(rows.table), rows.truth).mean() - before
            found = estimator.estimate_column_loss(_count_bins(used, rows.table, column)).per_day
            print(
                f"{name:<22}{column:<8}{fault:<13}{before:>9.3f}{true:>9.3f}{found.value:>10.3f}   "
                f"{found.low:.3f} to {found.high:.3f}",
                flush=True,
            )


def _draw_fault(column: str, fault: str, n_rows: int, is_class: bool, rng: np.random.Generator) -> _Fault:
    table = draw_columns(n_rows, Shift(), rng)
    if fault == "1 sd up":
        table[column] += 1
    truth = draw_truth(table, is_class, rng)
    if fault == "null":
        table[column] = np.nan
    elif fault == "times 1000":
        table[column] *= 1_000
    return _Fault(table, truth)


def _count_bins(used: ModelInUse, table: pd.DataFrame, column: str) -> ColumnShift:
    """Return the counts of both sides in quantile bins; beside them are bins for what is out of the range."""
    known = used.reference.columns[column].to_numpy()
    starts = np.unique(np.quantile(known, np.linspace(0, 1, _BINS, endpoint=False)))
    starts = np.append(starts, np.nextafter(known.max(), np.inf))
    null = len(starts) + 1
    old, new = (
        np.where(np.isnan(values), null, np.searchsorted(starts, values, side="right"))
        for values in (known, table[column].to_numpy())
    )
    old_counts, new_counts = (np.bincount(part, minlength=null + 1).astype(float) for part in (old, new))
    sample = table[column].iloc[:_SAMPLED]
    return ColumnShift(
        column, old, old_counts, new_counts, float(len(new)), (null,), null, sample, new[:_SAMPLED]
    )


if __name__ == "__main__":
    main()
