"""The matrices of a sweep: the recipe is fitted once in every fold, and all trials share the result."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._estimators import Facts
from components._problem.spec import Problem
from components._sweep.time_plan import NO_LIMIT, TimePlan
from components.json_file import write_json


class Fold(NamedTuple):
    """One fold.

    Attributes
    ----------
    X_fit : ndarray of float32, shape (n_fit, n_features)
        Features of the rows to fit on, by a recipe that was fitted on these rows.
    y_fit : ndarray of shape (n_fit,)
        Encoded target of these rows.
    X_score : ndarray of float32, shape (n_score, n_features)
        Features of the rows to score on.
    score_rows : ndarray of int, shape (n_score,)
        Positions of these rows in the training table.
    monotonic : ndarray of int, shape (n_features,)
        1, -1 or 0 for each feature: predictions rise with it, fall, or either.
    alternatives : ndarray of str, shape (n_features,)
        "one-hot" or "target" for a feature whose column has two encodings, "" for all others.
    weights_fit : ndarray of float64, shape (n_fit,) or (0,)
        Weights of the rows to fit on; empty if all rows count alike.
    """

    X_fit: np.ndarray
    y_fit: np.ndarray
    X_score: np.ndarray
    score_rows: np.ndarray
    monotonic: np.ndarray
    alternatives: np.ndarray
    weights_fit: np.ndarray = np.empty(0)


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
        The folds; their matrices are mapped from disk. Repeated cross-validation scores a row in several.
    plan : TimePlan
        How the time of the sweep is divided.
    sha256 : str
        Digest of the folds, by which a sweep recognises its data; empty before they are saved.
    weights : ndarray of float64, shape (n_rows,), or None
        Weights of the training rows; None if all count alike.
    notes : tuple of str
        What a person should know about the folds, as sentences.
    """

    problem: Problem
    y: np.ndarray
    folds: list[Fold]
    plan: TimePlan = NO_LIMIT
    sha256: str = ""
    weights: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def facts(self) -> Facts:
        """The facts that decide which families are searched."""
        # With an event time the first fold has the fewest rows to fit on.
        n_rows = max(len(fold.X_fit) for fold in self.folds)
        n_features = self.folds[0].X_fit.shape[1]
        return Facts(
            self.problem.kind,
            self.problem.metric,
            n_rows,
            n_features,
            len(self.problem.classes) if self.problem.kind == "multiclass" else 1,
            is_monotonic=bool(self.problem.monotonic),
            has_alternatives=all(fold.alternatives.any() for fold in self.folds),
            is_weighted=self.weights is not None,
        )

    @property
    def scored_rows(self) -> np.ndarray:
        """Rows that some fold scores, sorted; with an event time no fold scores the earliest."""
        return np.unique(np.concatenate([fold.score_rows for fold in self.folds]))

    def merge_predictions(self, parts: list[np.ndarray]) -> np.ndarray:
        """Return the predictions of ``scored_rows``: the mean where several folds score a row.

        Parameters
        ----------
        parts : list of ndarray of shape (n_score,) or (n_score, n_classes)
            Predictions of each fold's rows to score on; of the first folds, if a trial has no others. Rows
            that none of them scores get NaN.
        """
        used = np.concatenate([fold.score_rows for fold in self.folds[: len(parts)]])
        rows = np.searchsorted(self.scored_rows, used)
        predicted = np.concatenate(parts).astype(np.float64)
        n_rows = len(self.scored_rows)
        total = np.zeros((n_rows, *predicted.shape[1:]))
        np.add.at(total, rows, predicted)
        counts = np.bincount(rows, minlength=n_rows)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / counts.reshape(-1, *[1] * (total.ndim - 1)))

    def save(self, folder: str | Path) -> None:
        """Write the folds."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(self.problem.model_dump_json().encode())
        # The matrices do not hold the target of rows that no fold fits on.
        digest.update(np.ascontiguousarray(self.y).data)
        np.save(path / "y.npy", self.y)
        if self.weights is not None:
            np.save(path / "weights.npy", self.weights)
            # The matrices do not hold the weights of rows to score.
            digest.update(np.ascontiguousarray(self.weights).data)
        for i, fold in enumerate(self.folds):
            (path / f"fold-{i}").mkdir()
            for name, matrix in fold._asdict().items():
                np.save(path / f"fold-{i}" / f"{name}.npy", matrix)
                digest.update(np.ascontiguousarray(matrix).data)
        write_json(
            path / "folds.json",
            {
                "n_folds": len(self.folds),
                "sha256": digest.hexdigest(),
                "problem": self.problem.model_dump(),
                "plan": self.plan,
                "notes": self.notes,
            },
        )

    @classmethod
    def load(cls, folder: str | Path) -> "FoldSet":
        """Map folds that ``save`` wrote."""
        path = Path(folder)
        facts = json.loads((path / "folds.json").read_text(encoding="utf-8"))
        folds = [
            Fold(*(np.load(path / f"fold-{i}" / f"{name}.npy", mmap_mode="r") for name in Fold._fields))
            for i in range(facts["n_folds"])
        ]
        problem = Problem.model_validate(facts["problem"])
        plan, notes = TimePlan(*facts["plan"]), tuple(facts["notes"])
        weights = np.load(path / "weights.npy") if (path / "weights.npy").exists() else None
        return cls(problem, np.load(path / "y.npy"), folds, plan, facts["sha256"], weights, notes)
