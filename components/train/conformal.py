"""Prediction intervals of a regression, from the errors of its out-of-fold predictions."""

import numpy as np

from components._model.intervals import PredictionIntervals

_LEVEL = 0.9
# Parts of the rows: the errors of each are divided by the usual error that the others tell.
_PARTS = 5
_ROWS_OF_PLACE, _MOST_PLACES = 50, 10
# Where predictions were right by chance, an error is not expected to be nearly 0.
_LEAST_SHARE = 0.1


def fit_intervals(
    y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None
) -> PredictionIntervals | None:
    """Return conformal intervals; None if there are too few rows.

    An interval is as wide as the quantile of the absolute errors of out-of-fold predictions, with the
    correction for a finite number of rows (Vovk, Gammerman and Shafer 2005; cross-conformal as CV+ of Barber
    and others, Annals of Statistics 49(1), 2021, with the model's own prediction in the middle). If that is
    narrower in the mean, errors are first divided by the usual error of predictions of their size (Lei and
    others, Journal of the American Statistical Association 113(523), 2018).

    MAPIE has these scores, but its cross-conformal regressors fit the folds themselves: they cannot take the
    out-of-fold predictions that tune made. What is left of it here is one quantile.

    Parameters
    ----------
    y, predicted : ndarray of shape (n_rows,)
        Target and out-of-fold predictions.
    weights : ndarray of shape (n_rows,), or None
        How much each row counts; None if all count alike.
    """
    weights = np.ones(len(y)) if weights is None else weights
    errors = np.abs(y - predicted)
    constant = _compute_quantile(errors, weights)
    if not np.isfinite(constant):
        return None
    evenly = PredictionIntervals(_LEVEL, [float(predicted.mean())], [constant], len(y))
    # Every fifth row in the order of the predictions, so that each part has predictions of all sizes.
    parts = np.empty(len(y), np.int64)
    parts[np.argsort(predicted, kind="stable")] = np.arange(len(y)) % _PARTS
    ratios = np.empty(len(y))
    for part in range(_PARTS):
        own, others = parts == part, parts != part
        places, usual = _compute_usual_errors(predicted[others], errors[others])
        expected = np.interp(predicted[own], places, usual)
        ratios[own] = np.divide(errors[own], expected, out=np.zeros(own.sum()), where=expected > 0)
    places, usual = _compute_usual_errors(predicted, errors)
    half_widths = _compute_quantile(ratios, weights) * usual
    scaled = PredictionIntervals(_LEVEL, places.tolist(), half_widths.tolist(), len(y))
    mean_width = np.average(scaled.compute_half_widths(predicted), weights=weights)
    return scaled if mean_width < constant else evenly


def _compute_usual_errors(predicted: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean error around some predictions, and these, rising."""
    n_places = int(np.clip(len(predicted) // _ROWS_OF_PLACE, 1, _MOST_PLACES))
    groups = np.array_split(np.argsort(predicted, kind="stable"), n_places)
    places = np.array([predicted[group].mean() for group in groups])
    usual = np.array([errors[group].mean() for group in groups])
    # Equal predictions, as of a constant model, are one place.
    kept = np.append(True, np.diff(places) > 0)
    return places[kept], np.maximum(usual[kept], _LEAST_SHARE * errors.mean())


def _compute_quantile(scores: np.ndarray, weights: np.ndarray) -> float:
    """Return the score that a new row of mean weight exceeds with the probability 1 - level, or less."""
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    # A share that equals the level but for rounding reaches it.
    first = int(np.searchsorted(reached, _LEVEL - 1e-12))
    return float(scores[order[first]]) if first < len(scores) else np.inf
