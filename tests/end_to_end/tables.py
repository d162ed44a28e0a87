"""Small tables with nulls, strings, dates and a signal, one per task, as CSV files."""

from pathlib import Path

import numpy as np
import pandas as pd

TASKS = ("binary", "multiclass", "regression")
TARGETS = {"binary": "bought", "multiclass": "grade", "regression": "price"}


def write_csv(path: Path, task: str, n_rows: int = 240, seed: int = 1) -> Path:
    """Write a table for a task."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(3.0, 20.0, n_rows)
    age = rng.integers(18, 90, n_rows).astype(float)
    district = rng.choice(["North", "South", 'Üst, "Alt"', "line\nbreak"], n_rows)
    street = rng.choice([f"Street {i}" for i in range(25)], n_rows)
    opened = pd.Timestamp("2022-03-01") + pd.to_timedelta(rng.integers(0, 700, n_rows), unit="D")
    signal = size / 20 + (district == "North") * 2 + opened.month / 6 + rng.normal(0, 0.7, n_rows)
    targets = {
        "binary": np.where(signal > np.quantile(signal, 0.6), "yes", "no"),
        "multiclass": np.digitize(signal, np.quantile(signal, [0.33, 0.67])),
        "regression": (100 * signal).round(2),
    }
    table = pd.DataFrame(
        {
            "size": np.where(rng.random(n_rows) < 0.1, np.nan, size.round(3)),
            "age": np.where(rng.random(n_rows) < 0.05, np.nan, age),
            "district": pd.Series(district, dtype=object).mask(rng.random(n_rows) < 0.08, None),
            "street": street,
            "opened": opened,
            TARGETS[task]: targets[task],
        }
    )
    table.to_csv(path, index=False)
    return path
