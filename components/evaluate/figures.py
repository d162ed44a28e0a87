"""The figures of the evaluation, each drawn from a record."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from components._report.charts import Axis, Bars, Cells, Chart, Line, Points, Rule
from components._report.colours import BLUE, GREEN, GREY, ORANGE, PALETTE, RED
from components._report.formats import format_significant
from components._report.page import format_share
from components.errors import format_count
from components.evaluate.curves import (
    CalibrationCurve,
    ConfusionMatrix,
    GainCurve,
    PrecisionRecallCurve,
    Residuals,
    RocCurve,
    ScoreHistogram,
    ThresholdCurve,
)
from components.evaluate.evaluation import Dependence, Importance, Measure
from components.evaluate.number_format import describe_direction, format_figure, list_importances

_SERIES_COLOURS = (BLUE, ORANGE, GREEN)
# Cells of more classes are too small for a text.
_MOST_WRITTEN_CLASSES = 12
_HEIGHT = 260


def draw_scores(main: Measure) -> Chart:
    """Return the main metric of the model, with its interval, next to those of its contenders."""
    model = main.model
    known = [
        (name, value, colour)
        for name, value, colour in (
            ("Model", model.value if model else None, BLUE),
            ("Linear model", main.simple, ORANGE),
            ("Baseline", main.baseline, GREY),
        )
        if value is not None
    ]
    names, values, colours = (list(part) for part in zip(*known, strict=True)) if known else ([], [], [])
    lows, highs = list(values), list(values)
    if model is not None and model.low is not None and model.high is not None:
        lows[0], highs[0] = model.low, model.high
    texts = [format_figure(value, model) for value in values]
    return Chart(
        title="",
        x=Axis(f"{main.title} ({describe_direction(main)} is better)"),
        y=Axis(kind="category", labels=names),
        marks=[
            Points(values, range(len(values)), lows, highs, colours=colours, size=6, labels=texts),
        ],
        height=110,
        description=_join_pairs(names, texts),
    )


def draw_roc_curve(curve: RocCurve, area: float | None) -> Chart:
    """Return the ROC curve with the diagonal of chance."""
    return Chart(
        title="ROC curve" if area is None else f"ROC curve, area {area:.3f}",
        x=Axis("false positive rate", "share", low=0, high=1),
        y=Axis("true positive rate", "share", low=0, high=1),
        marks=[_draw_diagonal(), Line(curve.false_positive_rates, curve.true_positive_rates)],
        height=_HEIGHT,
    )


def draw_precision_recall_curve(curve: PrecisionRecallCurve, average: float | None) -> Chart:
    """Return the precision-recall curve with the share of positives."""
    return Chart(
        title="Precision and recall" if average is None else f"Precision and recall, average {average:.3f}",
        x=Axis("recall", "share", low=0, high=1),
        y=Axis("precision", "share", low=0, high=1),
        marks=[
            Rule(y=curve.positive_share, label="share of positives"),
            Line(curve.recalls, curve.precisions),
        ],
        height=_HEIGHT,
    )


def draw_calibration_curve(curve: CalibrationCurve) -> Chart:
    """Return observed shares by predicted probability, with the diagonal of perfect calibration."""
    tips = [
        f"predicted {format_share(predicted)}, observed {format_share(observed)}, {format_count(rows, 'row')}"
        for predicted, observed, rows in zip(*curve, strict=True)
    ]
    return Chart(
        title="Calibration",
        x=Axis("predicted probability", "share", low=0, high=1),
        y=Axis("observed share of positives", "share", low=0, high=1),
        marks=[
            _draw_diagonal(),
            Line(curve.predicted, curve.observed),
            Points(curve.predicted, curve.observed, tips=tips),
        ],
        height=_HEIGHT,
    )


def draw_score_histogram(histogram: ScoreHistogram) -> Chart:
    """Return how the predicted probabilities of the positive and of the other rows are distributed."""
    middles, width = histogram.middles, 1 / len(histogram.middles)
    marks = [
        Bars(
            middles,
            shares,
            width=width,
            colours=colour,
            name=f"actual {label}",
            opacity=0.6,
            tips=[f"{format_share(share)} of the rows that are {label}" for share in shares],
        )
        for label, shares, colour in zip(
            histogram.labels, (histogram.negative, histogram.positive), (GREY, BLUE), strict=True
        )
    ]
    return Chart(
        title="Predicted probabilities by class",
        x=Axis(f"probability of {histogram.labels[1]}", "share", low=0, high=1),
        y=Axis("share of the class", "share"),
        marks=[*marks, Rule(x=histogram.threshold, label="threshold", colour=RED)],
        height=_HEIGHT,
    )


def draw_gain_curve(curve: GainCurve) -> Chart:
    """Return which share of the positives is among the rows of the highest probabilities."""
    return Chart(
        title="Gain",
        x=Axis("share of the rows, the likeliest first", "share", low=0, high=1),
        y=Axis("share of the positives found", "share", low=0, high=1),
        marks=[
            _draw_diagonal(),
            Line([0, curve.positive_share, 1], [0, 1, 1], GREY, name="best possible"),
            Line(curve.row_shares, curve.found_shares, name="model"),
        ],
        height=_HEIGHT,
    )


def draw_threshold_curve(curve: ThresholdCurve) -> Chart:
    """Return how good decisions are by threshold, with the chosen threshold marked."""
    has_legend = len(curve.series) > 1
    return Chart(
        title="Other thresholds",
        x=Axis("decision threshold", low=0, high=1),
        y=Axis("" if has_legend else next(iter(curve.series)), "share" if has_legend else "number"),
        marks=[
            *(
                Line(curve.thresholds, values, colour, name=name if has_legend else "")
                for (name, values), colour in zip(curve.series.items(), _SERIES_COLOURS, strict=False)
            ),
            Rule(x=curve.chosen, label=f"chosen: {format_significant(curve.chosen)}", colour=RED),
        ],
        height=_HEIGHT,
    )


def draw_confusion_matrix(matrix: ConfusionMatrix) -> Chart:
    """Return the confusion matrix, with counts and shares of the actual class."""
    counts = np.array(matrix.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    n_classes = len(matrix.labels)
    texts = [
        [f"{count:,} ({share:.0%})" for count, share in zip(*row, strict=True)]
        for row in zip(counts.tolist(), shares.tolist(), strict=True)
    ]
    tips = [
        [
            f"actual {actual}, predicted {predicted}: {count:,} rows, {share:.1%} of the actual class"
            for predicted, count, share in zip(matrix.labels, *row, strict=True)
        ]
        for actual, *row in zip(matrix.labels, counts.tolist(), shares.tolist(), strict=True)
    ]
    is_written = n_classes <= _MOST_WRITTEN_CLASSES
    return Chart(
        title="Confusion matrix",
        x=Axis("predicted", "category", matrix.labels),
        y=Axis("actual", "category", matrix.labels),
        marks=[Cells(shares.tolist(), texts if is_written else (), tips)],
        height=max(200, 28 * n_classes),
        description="; ".join(tip for row in tips for tip in row) if is_written else "",
    )


def draw_predictions(rows: Residuals) -> Chart:
    """Return predictions by actual value, with the diagonal of exact predictions."""
    ends = [min(rows.actual + rows.predicted), max(rows.actual + rows.predicted)]
    return Chart(
        title="Predicted and actual",
        x=Axis("actual"),
        y=Axis("predicted"),
        marks=[
            Line(ends, ends, GREY, is_dotted=True),
            Points(rows.actual, rows.predicted, size=3, opacity=0.5),
        ],
        height=_HEIGHT,
    )


def draw_residuals(rows: Residuals) -> Chart:
    """Return errors by prediction; a pattern is something that the model misses."""
    errors = np.subtract(rows.predicted, rows.actual).tolist()
    return Chart(
        title="Errors by prediction",
        x=Axis("predicted"),
        y=Axis("error: predicted − actual"),
        marks=[Rule(y=0), Points(rows.predicted, errors, size=3, opacity=0.5)],
        height=_HEIGHT,
    )


def draw_error_distribution(rows: Residuals) -> Chart:
    """Return the distribution of the errors of all rows."""
    width = rows.errors[1] - rows.errors[0]
    tips = [
        f"off by about {format_significant(error)}: {format_count(n, 'row')}"
        for error, n in zip(rows.errors, rows.rows, strict=True)
    ]
    return Chart(
        title="Errors",
        x=Axis("error: predicted − actual"),
        y=Axis("rows"),
        marks=[Bars(rows.errors, rows.rows, width=0.96 * width, tips=tips), Rule(x=0)],
        height=_HEIGHT,
    )


def draw_importances(items: Sequence[Importance], metric: str) -> Chart:
    """Return how much the metric worsens if a column is shuffled."""
    written = list_importances(items)
    drops = [item.drop for item in items]
    return Chart(
        title="",
        x=Axis(f"{metric} worsens by"),
        y=Axis(kind="category", labels=[item.column for item in items]),
        marks=[
            Rule(x=0),
            Points(
                drops,
                range(len(items)),
                [item.drop - item.spread for item in items],
                [item.drop + item.spread for item in items],
                colours=[BLUE if item.drop > item.spread else GREY for item in items],
                size=5,
                tips=[f"{column}: {drop} ± {spread}" for column, drop, spread in written],
            ),
        ],
        height=30 + 24 * len(items),
        description="; ".join(f"{column} {drop}" for column, drop, _ in written),
    )


def draw_dependence(dependence: Dependence, target: str) -> Chart:
    """Return the mean prediction by the value of a column, with the share of the rows at each value."""
    colours = cycle(PALETTE)
    tips = {
        name: [
            f"{value}: mean prediction {format_significant(mean)}, {format_share(share)} of the rows"
            for value, mean, share in zip(dependence.values, means, dependence.shares, strict=True)
        ]
        for name, means in dependence.means.items()
    }
    has_legend = len(dependence.means) > 1
    is_class = "" not in dependence.means
    axis = Axis(
        f"mean prediction of {target}"
        if has_legend or not is_class
        else f"mean probability of {next(iter(tips))}",
        "share" if is_class else "number",
    )
    names = {name: name if has_legend else "" for name in dependence.means}
    if not dependence.places:
        places = range(len(dependence.values))
        labels = [
            f"{value} ({share:.0%})"
            for value, share in zip(dependence.values, dependence.shares, strict=True)
        ]
        return Chart(
            title=dependence.column,
            x=axis,
            y=Axis(kind="category", labels=labels),
            marks=[
                Points(means, places, colours=next(colours), size=5, tips=tips[name], name=names[name])
                for name, means in dependence.means.items()
            ],
            height=max(80, 22 * len(labels)),
        )
    return Chart(
        title=dependence.column,
        x=Axis("", "time" if dependence.is_time else "number"),
        y=axis,
        marks=[
            mark
            for (name, means), colour in zip(dependence.means.items(), colours, strict=False)
            for mark in (
                Line(dependence.places, means, colour, name=names[name]),
                Points(dependence.places, means, colours=colour, tips=tips[name]),
            )
        ],
        height=180,
    )


def _draw_diagonal() -> Line:
    return Line([0, 1], [0, 1], GREY, is_dotted=True)


def _join_pairs(names: Sequence[str], texts: Sequence[str]) -> str:
    return "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
