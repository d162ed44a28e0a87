"""The matrices of a sweep: the recipe refitted inside every fold, prepared once, shared by all trials."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._model.package import write_json
from components._problem.spec import Problem


class Fold(NamedTuple):
    """One fold.

    Attributes
    ----------
    X_fit : ndarray of float32, shape (n_fit, n_features)
        Features of the rows to fit on; each fold has learnt its own recipe.
    y_fit : ndarray of shape (n_fit,)
        Encoded target of these rows.
    X_score : ndarray of float32, shape (n_score, n_features)
        Features of the rows to score on.
    score_rows : ndarray of int, shape (n_score,)
        Positions of these rows in the training table.
    """

    X_fit: np.ndarray
    y_fit: np.ndarray
    X_score: np.ndarray
    score_rows: np.ndarray


@dataclass(frozen=True)
class FoldSet:
    """All folds of a sweep.

    Attributes
    ----------
    problem : Problem
        The resolved problem.
    y : ndarray of shape (n_rows,)
        Encoded target of every training row.
    folds : list of Fold
        The folds, their matrices mapped from disk rather than read.
    """

    problem: Problem
    y: np.ndarray
    folds: list[Fold]

    @property
    def scored_rows(self) -> np.ndarray:
        """Rows that some fold scores on, sorted; by time the earliest are in none."""
        return np.sort(np.concatenate([fold.score_rows for fold in self.folds]))

    def save(self, folder: str | Path) -> None:
        """Write the folds."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        np.save(place / "y.npy", self.y)
        for i, fold in enumerate(self.folds):
            (place / f"fold-{i}").mkdir()
            for name, matrix in fold._asdict().items():
                np.save(place / f"fold-{i}" / f"{name}.npy", matrix)
        write_json(place / "folds.json", {"n_folds": len(self.folds), "problem": self.problem.model_dump()})

    @classmethod
    def load(cls, folder: str | Path) -> "FoldSet":
        """Map folds that ``save`` wrote."""
        place = Path(folder)
        facts = json.loads((place / "folds.json").read_text(encoding="utf-8"))
        folds = [
            Fold(*(np.load(place / f"fold-{i}" / f"{name}.npy", mmap_mode="r") for name in Fold._fields))
            for i in range(facts["n_folds"])
        ]
        return cls(Problem.model_validate(facts["problem"]), np.load(place / "y.npy"), folds)
