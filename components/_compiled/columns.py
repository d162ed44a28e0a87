"""The recipe's steps for whole columns, in numpy; ``recipe`` does the same for a row."""

from typing import Any

import numpy as np

from components._compiled.steps import (
    Columns,
    MadeColumn,
    Strings,
    build_matrix,
    list_engineered,
    list_preprocessed,
)

# Exports of the steps preprocess, engineer and select.
Exported = dict[str, dict[str, Any]]


class ColumnarRecipe:
    """Transforms columns with the functions of the recipe's steps, but only those of kept features.

    Attributes
    ----------
    n_features : int
        Number of features.
    made : list of (MadeColumn, list of (int, MadeColumn))
        Preprocessed columns, each with the features made of it and their positions.
    """

    def __init__(self, exported: Exported) -> None:
        engineered, kept = list_engineered(exported["engineer"]), exported["select"]["kept"]
        self.n_features = len(kept)
        features: dict[str, list[tuple[int, MadeColumn]]] = {}
        for position, i in enumerate(kept):
            features.setdefault(engineered[i].source, []).append((position, engineered[i]))
        preprocessed = {column.name: column for column in list_preprocessed(exported["preprocess"])}
        self.made = [(preprocessed[name], of_column) for name, of_column in features.items()]

    def transform(self, columns: Columns) -> np.ndarray:
        """Return the features of rows, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        columns : mapping of str to ndarray or Strings
            The recipe's raw columns, of one length.
        """
        first = next(iter(columns.values()))
        n_rows = len(first.codes if isinstance(first, Strings) else first)
        # A feature is contiguous in memory, because it is written at once.
        features = np.empty((self.n_features, n_rows), dtype=np.float32)
        # A number too large for float32 becomes infinite, and then the largest.
        with np.errstate(over="ignore"):
            for preprocessed, of_column in self.made:
                values = preprocessed.compute(columns[preprocessed.source])
                for position, feature in of_column:
                    features[position] = feature.compute(values)
        return build_matrix(features)

    def list_positions(self, column: str) -> list[int]:
        """Return the positions of a raw column's features; empty if none is kept."""
        return [position for made, features in self.made if made.source == column for position, _ in features]
