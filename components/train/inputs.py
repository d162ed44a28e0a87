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
from components._table.storage import read_frame


@dataclass(frozen=True)
class TrainingInputs:
    """What a model is fitted from.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    problem, schema : Problem, Schema
        The resolved problem, and what each column is.
    recipe : Pipeline
        The recipe, fitted or not; it is not changed.
    folds : FoldSet
        The folds of the sweep.
    """

    frame: pd.DataFrame
    problem: Problem
    schema: Schema
    recipe: Pipeline
    folds: FoldSet

    @classmethod
    def load(cls, *, train: str, problem: str, schema: str, recipe: str, folds: str) -> "TrainingInputs":
        """Read the inputs; of the training rows the target and what the recipe is fitted on."""
        question, loaded_recipe = Problem.load(problem), load_recipe(recipe)
        frame = read_frame(train, [*list_fit_columns(loaded_recipe, question), question.target])
        return cls(frame, question, Schema.load(schema), loaded_recipe, FoldSet.load(folds))

    @property
    def scored_target(self) -> np.ndarray:
        """Encoded target of the rows that have out-of-fold predictions."""
        return np.asarray(self.folds.y[self.folds.scored_rows])

    @property
    def scored_weights(self) -> np.ndarray | None:
        """Weights of the rows that have out-of-fold predictions; None if all rows count alike."""
        return None if self.folds.weights is None else self.folds.weights[self.folds.scored_rows]
