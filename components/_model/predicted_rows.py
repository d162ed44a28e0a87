"""Rows with their predictions, which a server of the model must reproduce."""

from typing import Any

import numpy as np
import pandas as pd

from components._model.package import Package


def sample_predicted_rows(package: Package, frame: pd.DataFrame, n_rows: int, seed: int) -> dict[str, Any]:
    """Return a sample of rows and the pipeline's predictions for them, as JSON values.

    Parameters
    ----------
    package : Package
        The model.
    frame : DataFrame of shape (n_table_rows, n_columns)
        Raw rows with at least the signature's columns.
    n_rows : int
        Most rows to return.
    seed : int
        Seed of the sample.

    Returns
    -------
    dict
        ``rows``: values by column; ``predictions``: for each row the probability of each class, or the value
        of a regression.
    """
    chosen = np.sort(np.random.default_rng(seed).choice(len(frame), min(n_rows, len(frame)), replace=False))
    rows = frame.iloc[chosen][list(package.signature.columns)]
    return {
        "rows": [
            {str(name): _to_json_value(value) for name, value in row.items()}
            for row in rows.to_dict("records")
        ],
        "predictions": package.predict(rows).tolist(),
    }


def _to_json_value(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
