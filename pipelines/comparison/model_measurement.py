"""Predicts test rows with a run's model, and times it.

The code of the checkout that trained the model runs it, which may be an older one. So this file is a program
that needs as little of that code as it can:
``python -P model_measurement.py MODEL TEST PREDICTIONS.npy TIME.json``.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from components._model.package import Package
from components._table.storage import read_frame


def write_measurement(model: Path, test: Path, predictions: Path, time: Path) -> None:
    """Write a model's predictions for test rows, and its processor time for one of them.

    Parameters
    ----------
    model : Path
        The model folder that train wrote.
    test : Path
        The rows.
    predictions : Path
        Where to write an array of shape (n_rows, n_classes), or (n_rows,) for a regression.
    time : Path
        Where to write the milliseconds as JSON; null if the checkout's code cannot measure them.
    """
    package, rows = Package.load(model), read_frame(test)
    np.save(predictions, np.asarray(package.predict(rows)))
    time.write_text(json.dumps(_measure_ms(package, model, rows)), encoding="utf-8")


def _measure_ms(package: Package, model: Path, rows: pd.DataFrame) -> float | None:
    try:
        from components._compiled.model import ServingForm
        from components.train.latency import measure_served_ms
    except ImportError:
        return None
    compiled = ServingForm.load(model / "compiled") if (model / "compiled").exists() else None
    return measure_served_ms(package, compiled, rows)


if __name__ == "__main__":
    write_measurement(*map(Path, sys.argv[1:]))
