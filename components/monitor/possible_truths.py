"""The truths that rows without a known one may have, each with its probability.

With them any metric is estimated like that of labelled rows: each row occurs once for each possible truth,
weighted by the truth's probability. For classes this is confidence-based estimation (Guillory et al.,
Predicting with confidence on unseen distributions, ICCV 2021, arXiv:2107.03315; Białek et al., Estimating
model performance under covariate shift without labels, 2024, arXiv:2401.08348), for values direct estimation
of the loss.

The probabilities are learned on the reference's out-of-fold predictions. They depend on the columns, not on
the outputs alone, and rows that became more frequent count more: an output that is right on average may be
wrong among the rows that became frequent.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit, softmax

from components._compiled.predictions import to_probabilities
from components._estimators.calibration import fit_calibration
from components._estimators.ensemble import calibrate
from components.monitor.density_ratio import encode_columns, fit_trees, predict_rows
from components.monitor.rows import PredictedRows

_FOLDS = 5
_STEPS = 60
_LEAST_PROBABILITY = 1e-6
_VALUES = 11
# Least size of an error, as a share of the mean.
_LEAST_SIZE = 0.05


@dataclass(frozen=True)
class PossibleTruths:
    """The possible truths of rows.

    Attributes
    ----------
    truth : ndarray of shape (n_rows, n_possible)
        Numbers of classes, or values.
    share : ndarray of shape (n_rows, n_possible)
        Probability of each; those of a row add up to 1.
    """

    truth: np.ndarray
    share: np.ndarray

    def take(self, rows: np.ndarray) -> "PossibleTruths":
        """Return those of some rows, by a mask or by their positions."""
        return PossibleTruths(self.truth[rows], self.share[rows])


class EstimatedTruths(NamedTuple):
    """The possible truths of all rows.

    Attributes
    ----------
    reference : PossibleTruths
        Of the reference's rows, each estimated without the row.
    windows : PossibleTruths
        Of the windows' rows.
    parts : tuple of PossibleTruths
        Of the windows' rows, estimated without one part of the reference each.
    """

    reference: PossibleTruths
    windows: PossibleTruths
    parts: tuple[PossibleTruths, ...]


def estimate_jackknife_variance(parts: np.ndarray) -> float:
    """Return the variance of a figure, from its values without one equal part of the rows each."""
    return float((len(parts) - 1) / len(parts) * ((parts - parts.mean()) ** 2).sum())


def estimate_classes(
    reference: PredictedRows,
    weights: np.ndarray,
    windows: PredictedRows,
    columns: Collection[str],
    n_classes: int,
    seed: int,
) -> EstimatedTruths:
    """Return the probability of each class.

    The outputs are calibrated, and small trees on the columns correct what is left.

    Parameters
    ----------
    reference : PredictedRows
        Rows with out-of-fold outputs and known truth.
    weights : ndarray of shape (n_reference_rows,)
        The density ratio of the windows to the reference.
    windows : PredictedRows
        Rows without truth.
    columns : collection of str
        Columns on which the predictions depend.
    n_classes : int
        Number of classes.
    seed : int
        Seed of folds and fits.
    """
    (old, new), categorical = encode_columns((reference, windows), columns)
    truth = reference.truth.astype(np.int64)
    probabilities = to_probabilities(reference.outputs)
    slope, intercept = fit_calibration(truth, probabilities, weights)
    base_old = _compute_scores(calibrate(probabilities, slope, intercept))
    base_new = _compute_scores(calibrate(to_probabilities(windows.outputs), slope, intercept))
    n_scores = base_old.shape[1]
    objective = (
        {"objective": "binary"} if n_scores == 1 else {"objective": "multiclass", "num_class": n_classes}
    )
    scores, of_parts = base_old.copy(), []
    for rest, held in _iterate_folds(len(old), seed):
        # LightGBM takes the base class after class.
        base = base_old[rest].ravel(order="F")
        trees = fit_trees(
            old[rest], truth[rest], weights[rest], objective, _STEPS, categorical, seed, base=base
        )
        scores[held] += predict_rows(trees, old[held], raw_score=True).reshape(-1, n_scores)
        of_parts.append(base_new + predict_rows(trees, new, raw_score=True).reshape(-1, n_scores))
    whole = np.mean(of_parts, axis=0)
    return EstimatedTruths(
        _build_classes(scores), _build_classes(whole), tuple(map(_build_classes, of_parts))
    )


def estimate_values(
    reference: PredictedRows,
    weights: np.ndarray,
    windows: PredictedRows,
    columns: Collection[str],
    power: int,
    seed: int,
) -> EstimatedTruths:
    """Return possible values of a regression's target.

    Trees predict the size of each row's error. The possible values are the prediction plus that size times
    the usual errors of size 1, so that the means of the errors to the power agree with the trees.

    Parameters
    ----------
    reference, weights, windows, columns, seed
        See ``estimate_classes``.
    power : {1, 2}
        Whether the absolute or the squared errors are to agree.
    """
    (old, new), categorical = encode_columns((reference, windows), columns)
    errors = reference.truth - reference.outputs[:, 0]
    powers = np.abs(errors) ** power
    mean = float(np.average(powers, weights=weights))
    if mean == 0:
        exact = [
            PossibleTruths(rows.outputs[:, :1], np.ones((len(rows), 1))) for rows in (reference, windows)
        ]
        return EstimatedTruths(exact[0], exact[1], (exact[1],) * _FOLDS)
    # A few huge errors would decide the trees alone.
    target = np.minimum(powers / mean, np.quantile(powers / mean, 0.999))
    powers_old, of_parts = np.empty(len(old)), []
    for rest, held in _iterate_folds(len(old), seed):
        trees = fit_trees(
            old[rest], target[rest], weights[rest], {"objective": "regression"}, _STEPS, categorical, seed
        )
        powers_old[held] = predict_rows(trees, old[held])
        of_parts.append(predict_rows(trees, new))
    sizes, whole, *parts = (
        (np.maximum(part, _LEAST_SIZE) * mean) ** (1 / power)
        for part in (powers_old, np.mean(of_parts, axis=0), *of_parts)
    )
    usual = _find_usual_errors(errors / sizes, weights, power)
    return EstimatedTruths(
        _build_values(reference, sizes, usual),
        _build_values(windows, whole, usual),
        tuple(_build_values(windows, part, usual) for part in parts),
    )


def _build_values(rows: PredictedRows, sizes: np.ndarray, usual: np.ndarray) -> PossibleTruths:
    truth = rows.outputs[:, :1] + sizes[:, None] * usual
    return PossibleTruths(truth, np.full(truth.shape, 1 / len(usual)))


def _find_usual_errors(errors: np.ndarray, weights: np.ndarray, power: int) -> np.ndarray:
    """Return the means of equal parts of the sorted errors, scaled to the errors' mean power."""
    order = np.argsort(errors, kind="stable")
    ranks = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    part = np.minimum((ranks * _VALUES).astype(int), _VALUES - 1)
    mass = np.bincount(part, weights[order], _VALUES)
    usual = np.bincount(part, weights[order] * errors[order], _VALUES) / np.maximum(mass, 1e-300)
    wanted = np.average(np.abs(errors) ** power, weights=weights)
    return np.asarray(usual * (wanted / np.mean(np.abs(usual) ** power)) ** (1 / power))


def _iterate_folds(n_rows: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield masks of the rows to fit on and of the others."""
    fold = np.random.default_rng(seed).permutation(n_rows) % _FOLDS
    for number in range(_FOLDS):
        yield fold != number, fold == number


def _compute_scores(probabilities: np.ndarray) -> np.ndarray:
    """Return logits of the second of two classes, or logarithms of the probabilities of more."""
    clipped = np.clip(probabilities, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    return np.asarray(logit(clipped[:, 1:]) if probabilities.shape[1] == 2 else np.log(clipped))


def _build_classes(scores: np.ndarray) -> PossibleTruths:
    share = to_probabilities(expit(scores)) if scores.shape[1] == 1 else softmax(scores, axis=1)
    return PossibleTruths(np.tile(np.arange(share.shape[1], dtype=np.float64), (len(share), 1)), share)
