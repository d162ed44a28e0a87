"""The features that the quick model fits and scores on, fold by fold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from components._compiled.steps import build_matrix
from components._problem.spec import Problem
from components._recipe.derivations import Derivation
from components._recipe.engineer import Engineer
from components._recipe.recipe import get_sources, list_required_columns
from components._table.time_blocks import TimeBlocks, cut_time_blocks
from components.engineer.gate_rows import GateRows


class FoldFeatures(NamedTuple):
    """Features of a fold.

    Attributes
    ----------
    fit, score : ndarray of float32, shape (n_rows, n_features)
        Those of the rows to fit on, and of the rows to score on.
    sources : list of str
        The column that each feature comes from, see ``get_sources``.
    derivations : list of tuple of str
        The derivation of each feature; empty for a feature that is not derived.
    """

    fit: np.ndarray
    score: np.ndarray
    sources: list[str]
    derivations: list[tuple[str, ...]]


class FoldTables:
    """The preprocessed rows of each fold, and the features that engineer makes of them.

    Parameters
    ----------
    cleaned : Pipeline
        The recipe before engineer; a clone is fitted in each fold.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows.
    problem : Problem
        The resolved problem.
    chosen : GateRows
        The rows of the folds.

    Attributes
    ----------
    fitted, scored : list of DataFrame
        The rows to fit on, and the rows to score on.
    """

    def __init__(self, cleaned: Pipeline, frame: pd.DataFrame, problem: Problem, chosen: GateRows) -> None:
        columns = frame[list_required_columns(cleaned)].iloc[chosen.rows]
        event_time = None if problem.event_time is None else frame[problem.event_time].to_numpy()[chosen.rows]
        self.fitted: list[pd.DataFrame] = []
        self.scored: list[pd.DataFrame] = []
        self._targets: list[np.ndarray] = []
        self._blocks: list[TimeBlocks | None] = []
        for fit_rows, score_rows in chosen.splits:
            step, y = clone(cleaned), chosen.y[fit_rows]
            self.fitted.append(step.fit_transform(columns.iloc[fit_rows], y))
            self.scored.append(step.transform(columns.iloc[score_rows]))
            self._targets.append(y)
            blocks = None if event_time is None else cut_time_blocks(event_time[fit_rows], problem.gap)
            self._blocks.append(blocks)

    def make_features(self, engineer: Engineer, columns: Sequence[str] | None = None) -> list[FoldFeatures]:
        """Return the features that clones of an engineer make of some columns, by default of all."""
        folds = []
        for fitted, scored, y, blocks in zip(
            self.fitted, self.scored, self._targets, self._blocks, strict=True
        ):
            step = clone(engineer)
            chosen = list(fitted.columns) if columns is None else columns
            of_fit = step.fit_transform(fitted[chosen], y, blocks)
            of_score = step.transform(scored[chosen])
            sources, derivations = get_sources(of_fit), step.list_derivations()
            if not sources:
                # LightGBM needs a feature.
                of_fit, of_score = of_fit.assign(constant=0.0), of_score.assign(constant=0.0)
                sources, derivations = ["constant"], [[]]
            folds.append(
                FoldFeatures(
                    build_matrix(of_fit.to_numpy().T),
                    build_matrix(of_score.to_numpy().T),
                    sources,
                    [tuple(derivation) for derivation in derivations],
                )
            )
        return folds

    def add_derivations(
        self, folds: Sequence[FoldFeatures], engineer: Engineer, derivations: Sequence[Derivation]
    ) -> list[FoldFeatures]:
        """Return folds with the features of derivations added."""
        columns = sorted({name for _, *names in derivations for name in names})
        added = self.make_features(clone(engineer).set_params(derived=derivations), columns)
        return [
            _join(fold, _take(more, [i for i, derivation in enumerate(more.derivations) if derivation]))
            for fold, more in zip(folds, added, strict=True)
        ]


def drop_derivations(fold: FoldFeatures, dropped: Sequence[Derivation]) -> FoldFeatures:
    """Return a fold without the features of some derivations."""
    unwanted = set(map(tuple, dropped))
    return _take(fold, [i for i, derivation in enumerate(fold.derivations) if derivation not in unwanted])


def _take(fold: FoldFeatures, features: list[int]) -> FoldFeatures:
    return FoldFeatures(
        fold.fit[:, features],
        fold.score[:, features],
        [fold.sources[i] for i in features],
        [fold.derivations[i] for i in features],
    )


def _join(fold: FoldFeatures, more: FoldFeatures) -> FoldFeatures:
    return FoldFeatures(
        np.hstack([fold.fit, more.fit]),
        np.hstack([fold.score, more.score]),
        fold.sources + more.sources,
        fold.derivations + more.derivations,
    )
