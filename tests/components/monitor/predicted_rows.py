"""Small tables of predicted rows."""

from typing import Any

import numpy as np
import pandas as pd

from components.monitor.rows import PredictedRows


def make_rows(
    columns: dict[str, Any] | pd.DataFrame,
    *,
    time: Any = None,
    weight: Any = None,
    outputs: Any = None,
) -> PredictedRows:
    """Return rows, with the probability 0.5 and the time 2026-03-02 if nothing else is given."""
    frame = pd.DataFrame(columns)
    n_rows = len(frame)
    times = np.full(n_rows, "2026-03-02", dtype="datetime64[us]") if time is None else time
    return PredictedRows(
        frame,
        np.full((n_rows, 1), 0.5) if outputs is None else np.asarray(outputs, dtype=np.float64),
        np.ones(n_rows) if weight is None else np.asarray(weight, dtype=np.float64),
        np.asarray(times, dtype="datetime64[us]"),
        np.full(n_rows, np.nan),
    )


def make_times(first: str, n_days: int, per_day: int) -> np.ndarray:
    """Return times: so many on each day, evenly."""
    seconds = np.arange(n_days * per_day) * (86_400 / per_day)
    return np.datetime64(first, "us") + (seconds * 1e6).astype("timedelta64[us]")
