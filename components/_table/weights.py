"""The weights of rows: how much each row counts in fits and in scores."""

import numpy as np
import pandas as pd

from components._problem.spec import Problem


def read_weights(frame: pd.DataFrame, problem: Problem) -> np.ndarray | None:
    """Return the weights of rows, of mean 1; None if all rows count alike.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows, with the column of weights if the problem names one.
    problem : Problem
        The problem.

    Returns
    -------
    ndarray of float64, shape (n_rows,), or None
    """
    if problem.weight is None:
        return None
    weights = frame[problem.weight].to_numpy(np.float64)
    return np.asarray(weights / weights.mean())
