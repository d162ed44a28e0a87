"""Times as numbers."""

import numpy as np
import pandas as pd


def to_seconds(times: pd.Series) -> np.ndarray:
    """Return datetimes as seconds since 1970, shape (n_rows,), float64; NaN for null."""
    moments = times.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6)
