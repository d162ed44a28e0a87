"""Curves of the test rows, with no more points than a figure can show."""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from components._metrics.scores import compute_value_curve, decide
from components._problem.spec import Problem
from components._table.target import order_classes
from components.evaluate.contenders import Contender

MOST_POINTS = 200
_BINS = 10
_LEAST_ROWS_PER_BIN = 10
_MOST_DOTS = 1_000
_GAIN_POINTS = 101
_LIFT_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
_HISTOGRAM_BINS = 20


class RocCurve(NamedTuple):
    """True positive rate by false positive rate, at falling thresholds in [0, 1]."""

    false_positive_rates: list[float]
    true_positive_rates: list[float]
    thresholds: list[float]


class PrecisionRecallCurve(NamedTuple):
    """Precision by recall; the share of positives is the precision of always predicting positive."""

    recalls: list[float]
    precisions: list[float]
    positive_share: float


class CalibrationCurve(NamedTuple):
    """Observed share of positives by predicted probability, in bins of equally many rows."""

    predicted: list[float]
    observed: list[float]
    rows: list[int]


class ThresholdCurve(NamedTuple):
    """How good the decisions would be at other thresholds.

    Attributes
    ----------
    thresholds : list of float
        Rising, in [0, 1].
    series : dict of str to list of float
        Figures at each threshold: worth per row, or precision, recall and F1.
    chosen : float
        The model's threshold; 0.5 if it predicts the likelier class.
    """

    thresholds: list[float]
    series: dict[str, list[float]]
    chosen: float


class GainCurve(NamedTuple):
    """Share of the positives among the rows of the highest probabilities, by their share of all rows."""

    row_shares: list[float]
    found_shares: list[float]
    positive_share: float


class ScoreHistogram(NamedTuple):
    """How the predicted probabilities are distributed.

    Attributes
    ----------
    middles : list of float
        Middle of each of equally wide bins of [0, 1].
    negative, positive : list of float
        Share of the rows of each class in each bin.
    labels : tuple of (str, str)
        The negative and the positive class.
    threshold : float
        The model's threshold.
    """

    middles: list[float]
    negative: list[float]
    positive: list[float]
    labels: tuple[str, str]
    threshold: float


class ConfusionMatrix(NamedTuple):
    """Rows by actual class (first index) and predicted class (second)."""

    labels: list[str]
    counts: list[list[int]]


class BinaryCurves(NamedTuple):
    """The curves of a binary task, which need both classes."""

    roc: RocCurve
    precision_recall: PrecisionRecallCurve
    calibration: CalibrationCurve
    thresholds: ThresholdCurve
    gain: GainCurve
    scores: ScoreHistogram


class Residuals(NamedTuple):
    """The rows of a regression.

    Attributes
    ----------
    actual, predicted : list of float
        Target and prediction of at most a thousand rows, by prediction.
    errors : list of float
        Middle of each bin of the errors of all rows, predicted minus actual.
    rows : list of int
        Rows in each bin.
    """

    actual: list[float]
    predicted: list[float]
    errors: list[float]
    rows: list[int]


class Curves(NamedTuple):
    """The curves that the task and the test rows allow."""

    binary: BinaryCurves | None
    confusion: ConfusionMatrix | None
    residuals: Residuals | None


def compute_curves(model: Contender, y: np.ndarray, problem: Problem) -> Curves:
    """Compute the curves that the task and the test rows allow.

    Parameters
    ----------
    model : Contender
        Predictions for the test rows.
    y : ndarray of shape (n_rows,)
        Encoded target.
    problem : Problem
        The resolved problem.
    """
    if problem.kind == "regression":
        return Curves(None, None, compute_residuals(y, model.predictions))
    labels = [str(label) for label in order_classes(problem)]
    decisions = decide(model.predictions, model.threshold)
    counts = confusion_matrix(y, decisions, labels=np.arange(len(labels))).tolist()
    binary = None
    if problem.kind == "binary" and np.unique(y).size == 2:
        positive = model.predictions[:, 1].astype(np.float64)
        binary = BinaryCurves(
            compute_roc_curve(y, positive),
            compute_precision_recall_curve(y, positive),
            compute_calibration_curve(y, positive),
            compute_threshold_curve(y, positive, problem, model.threshold),
            compute_gain_curve(y, positive),
            compute_score_histogram(y, positive, (labels[0], labels[1]), model.threshold),
        )
    return Curves(binary, ConfusionMatrix(labels, counts), None)


def build_classification_metadata(curves: Curves) -> dict[str, object]:
    """Return what KFP's ClassificationMetrics would log, without needing kfp.

    Returns
    -------
    dict
        ``confidenceMetrics`` for a binary task and ``confusionMatrix`` for classes, finite plain numbers
        only; empty for a regression.
    """
    metadata: dict[str, object] = {}
    if curves.binary is not None:
        metadata["confidenceMetrics"] = [
            {"confidenceThreshold": threshold, "recall": recall, "falsePositiveRate": false_positives}
            for false_positives, recall, threshold in zip(*curves.binary.roc, strict=True)
        ]
    if curves.confusion is not None:
        metadata["confusionMatrix"] = {
            "annotationSpecs": [{"displayName": label} for label in curves.confusion.labels],
            "rows": [{"row": row} for row in curves.confusion.counts],
        }
    return metadata


def compute_roc_curve(y: np.ndarray, positive: np.ndarray) -> RocCurve:
    """Return the ROC curve of codes 0 and 1 and the probabilities of 1."""
    false_positives, true_positives, thresholds = roc_curve(y, positive)
    kept = _thin_positions(len(thresholds), MOST_POINTS)
    # scikit-learn's first threshold is infinite, which JSON cannot hold.
    thresholds = np.clip(thresholds[kept], 0.0, 1.0)
    return RocCurve(false_positives[kept].tolist(), true_positives[kept].tolist(), thresholds.tolist())


def compute_precision_recall_curve(y: np.ndarray, positive: np.ndarray) -> PrecisionRecallCurve:
    """Return the precision-recall curve of codes 0 and 1 and the probabilities of 1."""
    precisions, recalls, _ = precision_recall_curve(y, positive, drop_intermediate=True)
    kept = _thin_positions(len(recalls), MOST_POINTS)
    return PrecisionRecallCurve(recalls[kept].tolist(), precisions[kept].tolist(), float(y.mean()))


def compute_calibration_curve(y: np.ndarray, positive: np.ndarray) -> CalibrationCurve:
    """Return the calibration in quantile bins of at least ten rows; equal probabilities share a bin."""
    n_bins = int(np.clip(len(y) // _LEAST_ROWS_PER_BIN, 1, _BINS))
    edges = np.unique(np.quantile(positive, np.linspace(0, 1, n_bins + 1)[1:-1]))
    bins = np.searchsorted(edges, positive, side="right")
    parts = [np.flatnonzero(bins == number) for number in np.unique(bins)]
    return CalibrationCurve(
        [float(positive[rows].mean()) for rows in parts],
        [float(y[rows].mean()) for rows in parts],
        [len(rows) for rows in parts],
    )


def compute_threshold_curve(
    y: np.ndarray, positive: np.ndarray, problem: Problem, chosen: float | None
) -> ThresholdCurve:
    """Return how good the decisions are at the thresholds that change a decision.

    That is the worth per row if the problem states what outcomes are worth, else precision, recall and F1.
    The threshold None predicts the likelier of two classes, which is a threshold of 0.5.
    """
    thresholds = np.unique(np.concatenate([[0.0], positive, [1.0]]))
    thresholds = thresholds[_thin_positions(len(thresholds), MOST_POINTS)]
    if problem.value is not None:
        deciding, values = compute_value_curve(y, positive, problem.value)
        # A threshold decides as the lowest deciding threshold that is not below it.
        steps = np.searchsorted(-deciding, -thresholds, side="right") - 1
        series = {"worth per row": values[np.maximum(steps, 0)].tolist()}
    else:
        series = _compute_precision_recall_f1(y, positive, thresholds)
    return ThresholdCurve(thresholds.tolist(), series, 0.5 if chosen is None else chosen)


def compute_gain_curve(y: np.ndarray, positive: np.ndarray) -> GainCurve:
    """Return the gain curve at each hundredth of the rows; rows of equal probability come in any order."""
    order = np.argsort(-positive, kind="stable")
    ranked = positive[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    found = np.cumsum(y[order])[ends] / y.sum()
    shares = np.linspace(0, 1, _GAIN_POINTS)
    at_shares = np.interp(shares, np.append(0, (ends + 1) / len(y)), np.append(0, found))
    return GainCurve(shares.tolist(), at_shares.tolist(), float(y.mean()))


def list_lifts(curve: GainCurve, n_rows: int) -> list[tuple[str, int, str, str]]:
    """Return for some shares of the rows: the share, the rows, the share of positives found, and the lift.

    The lift is how many times more positives there are among them than among as many rows drawn at random.
    """
    found = np.interp(_LIFT_SHARES, curve.row_shares, curve.found_shares)
    return [
        (f"{share:.0%}", round(share * n_rows), f"{part:.0%}", f"{part / share:.2g}")
        for share, part in zip(_LIFT_SHARES, found.tolist(), strict=True)
        if share * n_rows >= _LEAST_ROWS_PER_BIN
    ]


def compute_score_histogram(
    y: np.ndarray, positive: np.ndarray, labels: tuple[str, str], chosen: float | None
) -> ScoreHistogram:
    """Return the distribution of the probabilities of each class, codes 0 and 1."""
    edges = np.linspace(0, 1, _HISTOGRAM_BINS + 1)
    parts = [np.histogram(positive[y == code], edges)[0] / (y == code).sum() for code in (0, 1)]
    middles = (edges[:-1] + edges[1:]) / 2
    threshold = 0.5 if chosen is None else chosen
    return ScoreHistogram(middles.tolist(), parts[0].tolist(), parts[1].tolist(), labels, threshold)


def compute_residuals(y: np.ndarray, predictions: np.ndarray) -> Residuals:
    """Return targets, predictions and the distribution of the errors of a regression."""
    order = np.argsort(predictions, kind="stable")
    kept = order[_thin_positions(len(order), _MOST_DOTS)]
    rows, edges = np.histogram(predictions - y, bins=int(np.clip(np.sqrt(len(y)), 5, 40)))
    middles = (edges[:-1] + edges[1:]) / 2
    return Residuals(
        y[kept].tolist(), predictions[kept].astype(np.float64).tolist(), middles.tolist(), rows.tolist()
    )


def _compute_precision_recall_f1(
    y: np.ndarray, positive: np.ndarray, thresholds: np.ndarray
) -> dict[str, list[float]]:
    ranked, hits = np.sort(positive), np.sort(positive[y == 1])
    decided = len(ranked) - np.searchsorted(ranked, thresholds, side="left")
    found = len(hits) - np.searchsorted(hits, thresholds, side="left")
    return {
        # Without decisions the precision is 1, as in scikit-learn's curve.
        "precision": np.where(decided > 0, found / np.maximum(decided, 1), 1.0).tolist(),
        "recall": (found / len(hits)).tolist(),
        "F1": (2 * found / (decided + len(hits))).tolist(),
    }


def _thin_positions(n: int, most: int) -> np.ndarray:
    """Return at most ``most`` positions among ``n``, evenly spaced, with both ends."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
