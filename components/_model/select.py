"""The recipe's third step: the features that carry signal."""

from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd

from components._model.recipe import Step, get_sources
from components._problem.task import TaskKind
from components.errors import InvalidData, format_list

Reason = Literal["no variance", "redundant", "no use"]

# Enough rows to tell signal from noise; more would only cost time in every fold.
_SAMPLE_ROWS = 10_000
_TREES = {"binary": 60, "regression": 60, "multiclass": 30}
_LEAST_KEPT = 3


class Selector(Step):
    """Keep features that vary, are no copy of another, and beat noise.

    A column is of use when boosted trees gain more from its features than from the average of all features'
    own permuted copies, which carry none (the shadow features of Kursa and Rudnicki 2010, in one round).
    Dropping is cautious: a feature that the trees find of little use may still help a linear model, so only
    columns below the noise go, with all their features, and never all.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    redundant_above : float
        Of two features with a higher absolute Pearson correlation the later one goes, in (0, 1].
    seed : int
        Seed of the sample and of the permutations.

    Attributes
    ----------
    features_ : list of str
        All features that came in.
    kept_ : ndarray of int, shape (n_kept,)
        Positions of the features that stay.
    gains_ : ndarray of shape (n_features,)
        Share of the trees' gain; 0 for features dropped before.
    noise_ : float
        Mean share of the gain of a permuted copy.
    dropped_ : dict of str to [str, str]
        Reason and detail for each feature that goes.
    """

    def __init__(self, kind: TaskKind, redundant_above: float = 0.999, seed: int = 0) -> None:
        self.kind = kind
        self.redundant_above = redundant_above
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Selector":
        """Learn which features to keep from encoded training rows.

        Raises
        ------
        InvalidData
            No feature varies.
        """
        rng = np.random.default_rng(self.seed)
        matrix = X.to_numpy(dtype=np.float64)
        self.features_ = [str(name) for name in X.columns]
        self.dropped_: dict[str, list[str]] = {}
        varying = self._find_varying(matrix)
        if len(matrix) > _SAMPLE_ROWS:
            rows = np.sort(rng.choice(len(matrix), _SAMPLE_ROWS, replace=False))
            matrix, y = matrix[rows], y[rows]
        distinct = self._find_distinct(matrix, varying)
        gains, self.noise_ = _compute_gains(matrix[:, distinct], y, self.kind, rng)
        self.gains_ = np.zeros(len(self.features_))
        self.gains_[distinct] = gains
        # One of many indicators gains little by itself.
        _, column = np.unique(np.array(get_sources(X))[distinct], return_inverse=True)
        useful = np.bincount(column, gains)[column] > self.noise_
        if not gains.any():
            # Trees that find no split, as on a few dozen rows, speak against no feature.
            useful[:] = True
        if useful.sum() < _LEAST_KEPT:
            useful[np.argsort(-gains, kind="stable")[:_LEAST_KEPT]] = True
        for i, gain in zip(distinct[~useful], gains[~useful], strict=True):
            self._drop(int(i), "no use", f"{gain:.2%} of the gain, noise has {self.noise_:.2%}")
        self.kept_ = distinct[useful]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the kept features, float32 of shape (n_rows, n_kept)."""
        # Estimators refuse the infinity that a finite number too large for float32 would become.
        widest = np.finfo(np.float32).max
        kept = np.clip(X.to_numpy()[:, self.kept_], -widest, widest)
        return np.ascontiguousarray(kept, dtype=np.float32)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the kept features, shape (n_kept,)."""
        return np.asarray(np.array(self.features_, dtype=object)[self.kept_])

    def export(self) -> dict[str, Any]:
        """Return the fitted state as JSON values."""
        return {"features": self.get_feature_names_out().tolist(), "kept": self.kept_.tolist()}

    def describe(self) -> list[str]:
        """Return what the fitted step does, a sentence each."""
        sentences = [f"{len(self.kept_)} of {len(self.features_)} features stay."]
        return sentences + [f"{name} goes: {why}, {detail}." for name, (why, detail) in self.dropped_.items()]

    def _find_varying(self, matrix: np.ndarray) -> np.ndarray:
        constant = np.ptp(matrix, axis=0) == 0
        for i in np.flatnonzero(constant):
            self._drop(int(i), "no variance", "one value in training")
        if constant.all():
            raise InvalidData(
                f"No feature varies in the {len(matrix)} training rows, so there is nothing to learn from. "
                f"Features: {format_list(self.features_) or 'none'}.",
                "Add columns that say something about the target.",
            )
        return np.flatnonzero(~constant)

    def _find_distinct(self, matrix: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        # A feature that does not vary in the sample correlates with nothing: NaN.
        with np.errstate(divide="ignore", invalid="ignore"):
            correlation = np.atleast_2d(np.abs(np.corrcoef(matrix[:, candidates], rowvar=False)))
        stay: list[int] = []
        for position, feature in enumerate(candidates):
            twins = [other for other in stay if correlation[position, other] > self.redundant_above]
            if twins:
                name = self.features_[candidates[twins[0]]]
                self._drop(
                    int(feature),
                    "redundant",
                    f"correlation {correlation[position, twins[0]]:.4f} with {name}",
                )
            else:
                stay.append(position)
        return candidates[stay]

    def _drop(self, feature: int, reason: Reason, detail: str) -> None:
        self.dropped_[self.features_[feature]] = [reason, detail]


def _compute_gains(
    matrix: np.ndarray, y: np.ndarray, kind: TaskKind, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return each feature's share of the gain, and the mean share of a permuted feature."""
    n_features = matrix.shape[1]
    shadows = rng.permuted(matrix, axis=0)
    settings = {
        "objective": kind,
        "num_leaves": 15,
        "learning_rate": 0.1,
        "feature_fraction": 0.5,
        # Coarse bins from some of the rows rank features as well, in half the time on a wide table.
        "max_bin": 63,
        "bin_construct_sample_cnt": 2_000,
        "seed": 0,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if kind == "multiclass":
        settings["num_class"] = int(y.max()) + 1
    data = lgb.Dataset(np.column_stack([matrix, shadows]).astype(np.float32), y, params=settings)
    trees = lgb.train(settings, data, num_boost_round=_TREES[kind])
    gains = trees.feature_importance("gain")
    total = gains.sum() or 1.0
    return gains[:n_features] / total, float(gains[n_features:].mean() / total)
