"""Rows with their predictions, to be predicted again wherever the model is served."""

from typing import Any

import numpy as np
import pandas as pd

from components._model.package import Package


def sample_predicted_rows(package: Package, frame: pd.DataFrame, n_rows: int, seed: int) -> dict[str, Any]:
    """Return some rows of a table and what the pipeline predicts for them, as JSON values.

    Parameters
    ----------
    package : Package
        The model.
    frame : DataFrame of shape (n_table_rows, n_columns)
        Raw rows with at least the signature's columns.
    n_rows : int
        Rows at most.
    seed : int
        Seed of the choice.

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
