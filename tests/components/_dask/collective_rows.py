"""Rows that workers of tests make by themselves."""

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from components._dask.collective_fit import WorkerRows

SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "n_estimators": 40,
    "num_leaves": 7,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.8,
    "random_state": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
N_ROWS, N_FEATURES = 4_000, 5


class NumberedShare(NamedTuple):
    """The share of a worker; its loading is recorded in a file and takes some seconds."""

    number: int
    total: int
    log: Path
    seconds: float = 0.0


def draw_rows(seed: int, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, N_FEATURES)).astype(np.float32)
    noise = rng.normal(size=n_rows)
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + noise > 0).astype(np.float32)


def load_share(share: NumberedShare) -> WorkerRows:
    with share.log.open("a", encoding="utf-8") as file:
        file.write(f"{share.number}\n")
    time.sleep(share.seconds)
    X, y = draw_rows(0, N_ROWS)
    own = slice(share.number, None, share.total)
    return WorkerRows(X[own], y[own], np.ones(len(y[own])), *draw_rows(1, 500))


def load_nothing(share: NumberedShare) -> WorkerRows:
    raise ValueError(f"worker {share.number} has no rows")
