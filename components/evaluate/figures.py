"""The figures of the evaluation, each drawn from a record."""

import numpy as np
import plotly.graph_objects as go

from components._report.theme import BLUE, GREEN, GREY, ORANGE, RED, SEQUENTIAL, escape_label, style_figure
from components.evaluate.curves import (
    CalibrationCurve,
    ConfusionMatrix,
    PrecisionRecallCurve,
    Residuals,
    RocCurve,
    ThresholdCurve,
)
from components.evaluate.evaluation import Importance, Measure
from components.evaluate.number_format import describe_direction

_SERIES_COLOURS = (BLUE, ORANGE, GREEN)


def draw_scores(main: Measure) -> go.Figure:
    """Return the main metric of the model, with its interval, next to those of its contenders."""
    drawing = go.Figure()
    for name, value, colour in (
        ("Baseline", main.baseline, GREY),
        ("Linear model", main.simple, ORANGE),
        ("Model", main.model.value if main.model else None, BLUE),
    ):
        if value is None:
            continue
        bars = None
        if name == "Model" and main.model is not None and main.model.low is not None:
            assert main.model.high is not None  # an estimate has both bounds or none
            bars = {
                "type": "data",
                "symmetric": False,
                "array": [main.model.high - value],
                "arrayminus": [value - main.model.low],
                "thickness": 2,
                "width": 6,
            }
        drawing.add_scatter(
            x=[value],
            y=[name],
            error_x=bars,
            mode="markers+text",
            marker={"color": colour, "size": 13},
            text=[f"{value:.4g}"],
            textposition="top center",
            hovertemplate=f"{name}: %{{x:.4g}}<extra></extra>",
            showlegend=False,
        )
    drawing.update_xaxes(title=f"{main.title} ({describe_direction(main)} is better)")
    drawing.update_yaxes(range=[-0.6, 2.8], showgrid=False)
    return style_figure(drawing, height=230)


def draw_roc_curve(curve: RocCurve, area: float | None) -> go.Figure:
    """Return the ROC curve with the diagonal of chance."""
    drawing = _draw_diagonal()
    drawing.add_scatter(
        x=curve.false_positive_rates,
        y=curve.true_positive_rates,
        customdata=curve.thresholds,
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        hovertemplate="true positives %{y:.1%}, false %{x:.1%}<br>threshold %{customdata:.3f}<extra></extra>",
        showlegend=False,
    )
    title = "ROC curve" if area is None else f"ROC curve, area {area:.3f}"
    return _style_rates(drawing, title, "false positive rate", "true positive rate")


def draw_precision_recall_curve(curve: PrecisionRecallCurve, average: float | None) -> go.Figure:
    """Return the precision-recall curve with the share of positives."""
    drawing = go.Figure()
    drawing.add_hline(y=curve.positive_share, line={"color": GREY, "dash": "dot"})
    drawing.add_scatter(
        x=curve.recalls,
        y=curve.precisions,
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        hovertemplate="recall %{x:.1%}, precision %{y:.1%}<extra></extra>",
        showlegend=False,
    )
    title = "Precision and recall" if average is None else f"Precision and recall, average {average:.3f}"
    return _style_rates(drawing, title, "recall", "precision")


def draw_calibration_curve(curve: CalibrationCurve) -> go.Figure:
    """Return observed shares by predicted probability, with the diagonal of perfect calibration."""
    drawing = _draw_diagonal()
    drawing.add_scatter(
        x=curve.predicted,
        y=curve.observed,
        customdata=curve.rows,
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={"size": 8},
        hovertemplate="predicted %{x:.1%}, observed %{y:.1%}<br>%{customdata} rows<extra></extra>",
        showlegend=False,
    )
    return _style_rates(drawing, "Calibration", "predicted probability", "observed share of positives")


def draw_threshold_curve(curve: ThresholdCurve) -> go.Figure:
    """Return how good decisions are by threshold, with the chosen threshold marked."""
    drawing = go.Figure()
    for (name, values), colour in zip(curve.series.items(), _SERIES_COLOURS, strict=False):
        drawing.add_scatter(
            x=curve.thresholds, y=values, name=name, mode="lines", line={"color": colour, "width": 2.5}
        )
    drawing.add_vline(
        x=curve.chosen,
        line={"color": RED, "dash": "dot"},
        annotation={"text": f"chosen: {curve.chosen:.3g}", "font": {"color": RED}, "yanchor": "bottom"},
        annotation_position="top right" if curve.chosen < 0.5 else "top left",
    )
    drawing.update_xaxes(title="decision threshold", range=[0, 1])
    if len(curve.series) == 1:
        drawing.update_yaxes(title=next(iter(curve.series)))
    return style_figure(drawing, height=340, title="Other thresholds").update_layout(
        hovermode="x unified", margin_t=84, legend_y=1.1, showlegend=len(curve.series) > 1
    )


def draw_confusion_matrix(matrix: ConfusionMatrix) -> go.Figure:
    """Return the confusion matrix, coloured by share of the actual class."""
    counts = np.array(matrix.counts)
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / totals
    # The axes are categories, because labels may look like numbers.
    drawing = go.Figure(
        go.Heatmap(
            z=shares,
            x=matrix.labels,
            y=matrix.labels,
            text=counts,
            customdata=shares,
            texttemplate="%{text}" if len(matrix.labels) <= 12 else None,
            hovertemplate="actual %{y}, predicted %{x}<br>%{text} rows, %{customdata:.1%} of the actual class"
            "<extra></extra>",
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    drawing.update_xaxes(title="predicted", type="category", showgrid=False)
    drawing.update_yaxes(title="actual", type="category", autorange="reversed", showgrid=False)
    return style_figure(drawing, height=max(340, 120 + 28 * len(matrix.labels)), title="Confusion matrix")


def draw_predictions(rows: Residuals) -> go.Figure:
    """Return predictions by actual value, with the diagonal of exact predictions."""
    low, high = min(rows.actual + rows.predicted), max(rows.actual + rows.predicted)
    drawing = go.Figure()
    drawing.add_scatter(
        x=[low, high], y=[low, high], mode="lines", line={"color": GREY, "dash": "dot"}, showlegend=False
    )
    drawing.add_scatter(
        x=rows.actual,
        y=rows.predicted,
        mode="markers",
        marker={"color": BLUE, "size": 6, "opacity": 0.5},
        hovertemplate="actual %{x:,.4g}, predicted %{y:,.4g}<extra></extra>",
        showlegend=False,
    )
    drawing.update_xaxes(title="actual")
    drawing.update_yaxes(title="predicted")
    return style_figure(drawing, height=360, title="Predicted and actual")


def draw_residuals(rows: Residuals) -> go.Figure:
    """Return errors by prediction; a pattern is something that the model misses."""
    errors = np.subtract(rows.predicted, rows.actual)
    drawing = go.Figure(
        go.Scatter(
            x=rows.predicted,
            y=errors,
            mode="markers",
            marker={"color": BLUE, "size": 6, "opacity": 0.5},
            hovertemplate="predicted %{x:,.4g}, off by %{y:,.4g}<extra></extra>",
        )
    )
    drawing.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    drawing.update_xaxes(title="predicted")
    drawing.update_yaxes(title="error: predicted − actual")
    return style_figure(drawing, height=360, title="Errors by prediction")


def draw_error_distribution(rows: Residuals) -> go.Figure:
    """Return the distribution of the errors of all rows."""
    drawing = go.Figure(
        go.Bar(
            x=rows.errors,
            y=rows.rows,
            marker_color=BLUE,
            hovertemplate="off by about %{x:,.4g}: %{y} rows<extra></extra>",
        )
    )
    drawing.add_vline(x=0, line={"color": GREY, "dash": "dot"})
    drawing.update_xaxes(title="error: predicted − actual")
    drawing.update_yaxes(title="rows")
    return style_figure(drawing, height=360, title="Errors").update_layout(bargap=0.04)


def draw_importances(items: tuple[Importance, ...], metric: str) -> go.Figure:
    """Return bars of how much the metric worsens if a column is shuffled."""
    drawing = go.Figure(
        go.Bar(
            y=[escape_label(item.column) for item in items],
            x=[item.drop for item in items],
            error_x={"type": "data", "array": [item.spread for item in items], "color": GREY, "width": 3},
            orientation="h",
            marker_color=[BLUE if item.drop > item.spread else GREY for item in items],
            hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )
    )
    drawing.update_xaxes(title=f"{metric} worsens by")
    drawing.update_yaxes(autorange="reversed", type="category")
    return style_figure(drawing, height=100 + 24 * len(items))


def _draw_diagonal() -> go.Figure:
    return go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": GREY, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    )


def _style_rates(drawing: go.Figure, title: str, x: str, y: str) -> go.Figure:
    drawing.update_xaxes(title=x, range=[-0.01, 1.01], dtick=0.25, tickformat=".0%")
    drawing.update_yaxes(title=y, range=[-0.01, 1.03], tickformat=".0%")
    return style_figure(drawing, height=340, title=title)
