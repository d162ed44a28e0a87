"""The recipe's steps for whole columns, in numpy; ``recipe`` does the same for a row."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from components._compiled.steps import (
    Columns,
    MadeColumn,
    Strings,
    build_matrix,
    list_engineered,
    list_intermediate,
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
    features : dict of tuple of str to list of (int, MadeColumn)
        The features made of the same columns, with their positions.
    shared : set of str
        Preprocessed columns that features of several lists are made of.
    intermediate, preprocessed : dict of str to MadeColumn
        The columns that features are made of, by name.
    """

    def __init__(self, exported: Exported) -> None:
        engineered, kept = list_engineered(exported["engineer"]), exported["select"]["kept"]
        self.n_features = len(kept)
        self.features: dict[tuple[str, ...], list[tuple[int, MadeColumn]]] = {}
        for position, i in enumerate(kept):
            self.features.setdefault(engineered[i].sources, []).append((position, engineered[i]))
        self.preprocessed = {column.name: column for column in list_preprocessed(exported["preprocess"])}
        self.intermediate = {column.name: column for column in list_intermediate(exported["engineer"])}
        uses = Counter(
            part for sources in self.features for name in sources for part in self._get_parts(name)
        )
        # Of a column that is used once, nothing is kept in memory.
        self.shared = {name for name, times in uses.items() if times > 1}

    def transform(self, columns: Columns) -> np.ndarray:
        """Return the features of rows, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        columns : mapping of str to ndarray or Strings
            The recipe's raw columns, of one length.
        """
        return self.transform_part(columns, range(self.n_features))

    def transform_part(self, columns: Columns, positions: Sequence[int]) -> np.ndarray:
        """Return some features of rows, float32 of shape (n_rows, n_positions); see ``transform``."""
        first = next(iter(columns.values()))
        n_rows = len(first.codes if isinstance(first, Strings) else first)
        places = {position: place for place, position in enumerate(positions)}
        # A feature is contiguous in memory, because it is written at once.
        matrix = np.empty((len(places), n_rows), dtype=np.float32)
        shared: dict[str, Any] = {}
        # A number too large for float32 becomes infinite, and then the largest.
        with np.errstate(over="ignore"):
            for sources, features in self.features.items():
                chosen = [(places[position], feature) for position, feature in features if position in places]
                if chosen:
                    values = [self._compute_source(name, columns, shared) for name in sources]
                    for place, feature in chosen:
                        matrix[place] = feature.compute(*values)
        return build_matrix(matrix)

    def list_positions(self, column: str) -> list[int]:
        """Return the positions of a raw column's features; empty if none is kept."""
        return sorted(
            position
            for sources, features in self.features.items()
            if column in self.list_raw_columns(sources)
            for position, _ in features
        )

    def list_raw_columns(self, sources: Sequence[str]) -> set[str]:
        """Return the raw columns that sources of a feature are made of."""
        names = [name for source in sources for name in self._get_parts(source)]
        return {raw for name in names for raw in self.preprocessed[name].sources}

    def _get_parts(self, source: str) -> tuple[str, ...]:
        return self.intermediate[source].sources if source in self.intermediate else (source,)

    def _compute_source(self, name: str, columns: Columns, shared: dict[str, Any]) -> Any:
        if name in shared:
            return shared[name]
        if name in self.intermediate:
            cross = self.intermediate[name]
            return cross.compute(*(self._compute_source(part, columns, shared) for part in cross.sources))
        made = self.preprocessed[name]
        values = made.compute(*(columns[raw] for raw in made.sources))
        if name in self.shared:
            shared[name] = values
        return values
