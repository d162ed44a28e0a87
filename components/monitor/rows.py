"""Rows with a model's predictions: those of the reference, and those of a window of the log."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class PredictedRows:
    """Rows with their predictions, and with the truth where it is known.

    Attributes
    ----------
    columns : DataFrame of shape (n_rows, n_columns)
        The model's columns: integers, floats and booleans as float64 with NaN, datetimes as datetime64[us],
        strings as object or category.
    outputs : ndarray of shape (n_rows, n_outputs)
        What a compiled model returns: the probability of the second of two classes, that of each of more, or
        the value of a regression.
    weight : ndarray of shape (n_rows,)
        How many rows of the traffic, or of the training rows, a row stands for.
    time : ndarray of shape (n_rows,)
        datetime64[us] in UTC; NaT where it is not known.
    truth : ndarray of shape (n_rows,)
        The encoded target, the number of a class or a value; NaN where it is not known.
    """

    columns: pd.DataFrame
    outputs: np.ndarray
    weight: np.ndarray
    time: np.ndarray
    truth: np.ndarray

    def __len__(self) -> int:
        return len(self.outputs)

    def take(self, rows: np.ndarray) -> "PredictedRows":
        """Return some of the rows, by a mask or by their positions."""
        return PredictedRows(
            self.columns.loc[rows] if rows.dtype == bool else self.columns.iloc[rows],
            self.outputs[rows],
            self.weight[rows],
            self.time[rows],
            self.truth[rows],
        )
