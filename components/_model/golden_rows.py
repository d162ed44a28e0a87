"""The golden rows: rows with their predictions, which every form of a model must reproduce."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from components._compiled.recipe import Value
from components._table.kinds import Kind
from components._table.row_reader import parse_moment

# Largest difference from training's predictions, as a share of those above 1.
TOLERANCE = 1e-6


def measure_difference(
    golden: dict[str, Any],
    columns: dict[str, Kind],
    predict: Callable[[Sequence[Sequence[Value]]], Sequence[Sequence[float]]],
) -> float:
    """Return how far the golden rows' predictions are from those of training, as a share of those above 1.

    Parameters
    ----------
    golden : dict
        What ``sample_predicted_rows`` returned.
    columns : dict of str to Kind
        The model's columns.
    predict : callable
        Returns for each row of values the probability of each class, or the value of a regression.
    """
    rows = [
        [
            parse_moment(row[name]) if kind == "datetime" and row[name] else row[name]
            for name, kind in columns.items()
        ]
        for row in golden["rows"]
    ]
    expected = np.array(golden["predictions"]).reshape(len(rows), -1)
    difference = np.abs(np.array(predict(rows)) - expected) / np.maximum(1, np.abs(expected))
    return float(difference.max())
