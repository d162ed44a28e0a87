"""Rows with predictions, for tests of monitoring."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components.monitor.rows import PredictedRows

START = np.datetime64("2026-01-01", "us")


def build_predicted_rows(
    outputs: np.ndarray | Sequence[float],
    truth: np.ndarray | Sequence[float] | None = None,
    weight: np.ndarray | None = None,
    **columns: object,
) -> PredictedRows:
    """Return rows one minute apart, with one output each and the named columns."""
    outputs = np.asarray(outputs, dtype=float)
    n_rows = len(outputs)
    return PredictedRows(
        pd.DataFrame(columns, index=range(n_rows)),
        outputs if outputs.ndim == 2 else outputs[:, None],
        np.ones(n_rows) if weight is None else weight,
        START + np.arange(n_rows) * np.timedelta64(1, "m"),
        np.full(n_rows, np.nan) if truth is None else np.asarray(truth, dtype=float),
    )
