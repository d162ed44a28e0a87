"""What a model is fitted from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from components._model.files import load_recipe
from components._problem.spec import Problem
from components._recipe.recipe import list_fit_columns
from components._sweep.folds import FoldSet
from components._table.schema import Schema
from components._table.storage import count_rows, read_frame


@dataclass(frozen=True)
class LargeTable:
    """A table whose training rows do not fit into memory.

    Attributes
    ----------
    train, sample : str
        Folders of all training rows and of the sample of them.
    n_rows : int
        Number of training rows.
    """

    train: str
    sample: str
    n_rows: int


@dataclass(frozen=True)
class TrainingInputs:
    """What a model is fitted from.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows; those of the sample if not all fit into memory.
    problem, schema : Problem, Schema
        The resolved problem, and what each column is.
    recipe : Pipeline
        The recipe, fitted or not; it is not changed.
    folds : FoldSet
        The folds of the sweep.
    large : LargeTable or None
        All training rows; None if they are in ``frame``.
    path : str or None
        Folder of the rows of ``frame``, with all their columns.
    """

    frame: pd.DataFrame
    problem: Problem
    schema: Schema
    recipe: Pipeline
    folds: FoldSet
    large: LargeTable | None = None
    path: str | None = None

    @classmethod
    def load(
        cls, *, train: str, problem: str, schema: str, recipe: str, folds: str, sample: str | None = None
    ) -> "TrainingInputs":
        """Read the inputs; of the training rows the target and what the recipe is fitted on.

        If ``sample`` has rows, these are read, and all training rows are left on disk.
        """
        question, loaded_recipe = Problem.load(problem), load_recipe(recipe)
        columns = [*list_fit_columns(loaded_recipe, question), question.target]
        large = None
        if sample is not None and count_rows(sample):
            large = LargeTable(train, sample, count_rows(train))
            columns += [question.weight] if question.weight is not None else []
        path = train if large is None else large.sample
        frame = read_frame(path, columns)
        return cls(frame, question, Schema.load(schema), loaded_recipe, FoldSet.load(folds), large, path)

    @property
    def n_rows(self) -> int:
        """Number of training rows, whether they fit into memory or not."""
        return len(self.frame) if self.large is None else self.large.n_rows

    @property
    def scored_target(self) -> np.ndarray:
        """Encoded target of the rows that have out-of-fold predictions."""
        return np.asarray(self.folds.y[self.folds.scored_rows])

    @property
    def scored_weights(self) -> np.ndarray | None:
        """Weights of the rows that have out-of-fold predictions; None if all rows count alike."""
        return None if self.folds.weights is None else self.folds.weights[self.folds.scored_rows]
