"""The matrices of a sweep: the recipe refitted inside every fold, prepared once, shared by all trials."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._model.families import Facts
from components._model.json_file import write_json
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
    monotonic : ndarray of int, shape (n_features,)
        1, -1 or 0 for each feature: predictions rise with it, fall with it, or either.
    alternatives : ndarray of str, shape (n_features,)
        "one-hot" or "target" for a feature of a column that is encoded in both ways, "" for all others.
    """

    X_fit: np.ndarray
    y_fit: np.ndarray
    X_score: np.ndarray
    score_rows: np.ndarray
    monotonic: np.ndarray
    alternatives: np.ndarray


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
        The folds, their matrices mapped from disk rather than read. Repeated cross-validation scores a
        row in several.
    sha256 : str
        Digest of all of them, by which a sweep knows its data; empty before they were saved.
    """

    problem: Problem
    y: np.ndarray
    folds: list[Fold]
    sha256: str = ""

    @property
    def facts(self) -> Facts:
        """What decides which families are searched."""
        # By time the first fold fits on the fewest rows.
        n_rows = max(len(fold.X_fit) for fold in self.folds)
        n_features = self.folds[0].X_fit.shape[1]
        return Facts(
            self.problem.kind,
            self.problem.metric,
            n_rows,
            n_features,
            is_monotonic=bool(self.problem.monotonic),
            has_alternatives=all(fold.alternatives.any() for fold in self.folds),
        )

    @property
    def scored_rows(self) -> np.ndarray:
        """Rows that some fold scores on, sorted; by time the earliest are in none."""
        return np.unique(np.concatenate([fold.score_rows for fold in self.folds]))

    def merge_predictions(self, parts: list[np.ndarray]) -> np.ndarray:
        """Return the predictions of ``scored_rows``, a row's mean where several folds score it.

        Parameters
        ----------
        parts : list of ndarray of shape (n_score,) or (n_score, n_classes)
            Predictions of each fold's rows to score on.
        """
        rows = np.searchsorted(self.scored_rows, np.concatenate([fold.score_rows for fold in self.folds]))
        predicted = np.concatenate(parts).astype(np.float64)
        total = np.zeros((rows.max() + 1, *predicted.shape[1:]))
        np.add.at(total, rows, predicted)
        times = np.bincount(rows)
        return np.asarray(total / times.reshape(-1, *[1] * (total.ndim - 1)))

    def save(self, folder: str | Path) -> None:
        """Write the folds."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(self.problem.model_dump_json().encode())
        # A row that is only ever scored has its target nowhere else.
        digest.update(np.ascontiguousarray(self.y).data)
        np.save(place / "y.npy", self.y)
        for i, fold in enumerate(self.folds):
            (place / f"fold-{i}").mkdir()
            for name, matrix in fold._asdict().items():
                np.save(place / f"fold-{i}" / f"{name}.npy", matrix)
                digest.update(np.ascontiguousarray(matrix).data)
        write_json(
            place / "folds.json",
            {
                "n_folds": len(self.folds),
                "sha256": digest.hexdigest(),
                "problem": self.problem.model_dump(),
            },
        )

    @classmethod
    def load(cls, folder: str | Path) -> "FoldSet":
        """Map folds that ``save`` wrote."""
        place = Path(folder)
        facts = json.loads((place / "folds.json").read_text(encoding="utf-8"))
        folds = [
            Fold(*(np.load(place / f"fold-{i}" / f"{name}.npy", mmap_mode="r") for name in Fold._fields))
            for i in range(facts["n_folds"])
        ]
        problem = Problem.model_validate(facts["problem"])
        return cls(problem, np.load(place / "y.npy"), folds, facts["sha256"])
