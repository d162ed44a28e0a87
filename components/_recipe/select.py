"""The recipe's third step: the features that help to predict."""

from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import pandas as pd

from components._compiled.steps import build_matrix
from components._problem.task import TaskKind
from components._recipe.recipe import Step, get_sources
from components.errors import InvalidData, format_list

Reason = Literal["no variance", "redundant", "no use"]

# Enough rows to separate signal from noise; more would only take time in every fold.
_SAMPLE_ROWS = 10_000
# Of thousands of features fewer rows, so that a sample has at most so many values.
_SAMPLE_VALUES, _LEAST_SAMPLE_ROWS = 20_000_000, 1_000
_TREES = {"binary": 60, "regression": 60, "multiclass": 30}
_LEAST_KEPT = 3
# Most features, copies included, that a tree looks at: on a wide table more take time and rank no better.
_MOST_OF_A_TREE = 1_000
_BLOCK_FEATURES = 500


class Selector(Step):
    """Keep features that vary, are not copies of others, and beat noise.

    A column is useful if boosted trees gain more from its features than from the average permuted copy of a
    feature, which carries no signal (the shadow features of Kursa and Rudnicki 2010, in one round). The step
    is cautious, because a feature that helps trees little may help a linear model: it drops only columns
    below the noise, with all their features, and always keeps some.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
        The task.
    redundant_above : float
        The later of two features with a higher absolute Pearson correlation is dropped; in (0, 1].
    seed : int
        Seed of the sample and of the permutations.

    Attributes
    ----------
    features_ : list of str
        All features of the step before.
    kept_ : ndarray of int, shape (n_kept,)
        Positions of the kept features.
    gains_ : ndarray of shape (n_features,)
        Share of the trees' gain; 0 for constant and redundant features.
    noise_ : float
        Mean share of the gain of a permuted copy.
    dropped_ : dict of str to [str, str]
        Reason and detail for each dropped feature.
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
        matrix = np.ascontiguousarray(X.to_numpy(dtype=np.float64))
        self.features_ = [str(name) for name in X.columns]
        self.dropped_: dict[str, list[str]] = {}
        varying = self._find_varying(matrix)
        most_rows = min(_SAMPLE_ROWS, max(_SAMPLE_VALUES // matrix.shape[1], _LEAST_SAMPLE_ROWS))
        if len(matrix) > most_rows:
            rows = np.sort(rng.choice(len(matrix), most_rows, replace=False))
            matrix, y = matrix[rows], y[rows]
        distinct = self._find_distinct(matrix, varying)
        gains, self.noise_ = _compute_gains(matrix[:, distinct], y, self.kind, rng)
        self.gains_ = np.zeros(len(self.features_))
        self.gains_[distinct] = gains
        # Each of many one-hot features gains little by itself.
        _, column = np.unique(np.array(get_sources(X))[distinct], return_inverse=True)
        useful = np.bincount(column, gains)[column] > self.noise_
        if not gains.any():
            # Trees that find no split, as on a few dozen rows, say nothing about the features.
            useful[:] = True
        if useful.sum() < _LEAST_KEPT:
            useful[np.argsort(-gains, kind="stable")[:_LEAST_KEPT]] = True
        for i, gain in zip(distinct[~useful], gains[~useful], strict=True):
            self._drop(int(i), "no use", f"{gain:.2%} of the gain, noise has {self.noise_:.2%}")
        self.kept_ = distinct[useful]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the kept features, float32 of shape (n_rows, n_kept)."""
        return build_matrix(X.to_numpy().T[self.kept_])

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the kept features, shape (n_kept,)."""
        return np.asarray(np.array(self.features_, dtype=object)[self.kept_])

    def export(self) -> dict[str, Any]:
        """Return the fitted state as JSON values."""
        return {"features": self.get_feature_names_out().tolist(), "kept": self.kept_.tolist()}

    def describe(self) -> list[str]:
        """Return sentences that say what the fitted step does."""
        sentences = [f"{len(self.kept_)} of {len(self.features_)} features are kept."]
        return sentences + [
            f"{name} is dropped: {why}, {detail}." for name, (why, detail) in self.dropped_.items()
        ]

    def _find_varying(self, matrix: np.ndarray) -> np.ndarray:
        constant = np.ptp(matrix, axis=0) == 0
        for i in np.flatnonzero(constant):
            self._drop(int(i), "no variance", "one value in training")
        if constant.all():
            raise InvalidData(
                f"No feature varies in the {len(matrix)} training rows, so a model cannot be trained. "
                f"Features: {format_list(self.features_) or 'none'}.",
                "Add columns that help to predict the target.",
            )
        return np.flatnonzero(~constant)

    def _find_distinct(self, matrix: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        columns = matrix[:, candidates] - matrix[:, candidates].mean(axis=0)
        # The correlation of a feature that does not vary in the sample is NaN.
        with np.errstate(divide="ignore", invalid="ignore"):
            columns /= np.sqrt((columns**2).sum(axis=0))
        is_kept = np.zeros(len(candidates), dtype=bool)
        for start in range(0, len(candidates), _BLOCK_FEATURES):
            end = min(start + _BLOCK_FEATURES, len(candidates))
            # All correlations of a wide table at once would take more memory than the table.
            correlation = np.abs(columns[:, start:end].T @ columns[:, :end])
            for position in range(start, end):
                of_feature = correlation[position - start]
                twins = np.flatnonzero(is_kept[:end] & (of_feature > self.redundant_above))
                is_kept[position] = not len(twins)
                if len(twins):
                    name = self.features_[candidates[twins[0]]]
                    detail = f"correlation {of_feature[twins[0]]:.4f} with {name}"
                    self._drop(int(candidates[position]), "redundant", detail)
        return candidates[is_kept]

    def _drop(self, feature: int, reason: Reason, detail: str) -> None:
        self.dropped_[self.features_[feature]] = [reason, detail]


def _compute_gains(
    matrix: np.ndarray, y: np.ndarray, kind: TaskKind, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return each feature's share of the gain, and the mean share of a permuted copy."""
    n_features = matrix.shape[1]
    shadows = rng.permuted(matrix, axis=0)
    settings = {
        "objective": kind,
        "num_leaves": 15,
        "learning_rate": 0.1,
        "feature_fraction": min(0.5, _MOST_OF_A_TREE / (2 * n_features)),
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
