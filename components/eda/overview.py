"""Figures of the whole table: target, relations to it, missing values, correlations.

Each figure is made in two steps, its info first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components._report.theme import BLUE, DIVERGING, PALETTE, RED, SKY, shorten_label, style_figure
from components.eda.bins import compute_bin_edges
from components.eda.counters import HistogramCounter
from components.eda.explored_rows import ExploredRows
from components.eda.relations import Relation
from components.eda.summaries import ColumnSummary
from components.eda.target import MOST_COLOURED, Target
from components.eda.values import to_numbers

MOST_BARS = 30
_MOST_PATTERNS = 12
_MOST_CLASSES = 20
# More rows would not visibly change the rank correlations.
MOST_CORRELATED_ROWS = 5_000
_ROW_HEIGHT = 22


class TargetInfo(NamedTuple):
    """The target's distribution: rows per class, or per bin of a regression's target.

    For classes, ``names`` and ``codes`` are set; for a regression ``edges``, the n_bins + 1 bounds.
    """

    names: list[str]
    codes: list[int]
    edges: list[float]
    counts: list[int]


def compute_target_info(target: Target, rows: ExploredRows) -> TargetInfo:
    """Return the rows per class, the most frequent classes first, or per bin."""
    if target.distribution is None:
        order = np.argsort(-np.array(target.counts), kind="stable").tolist()
        return TargetInfo([target.labels[i] for i in order], order, [], [target.counts[i] for i in order])
    _, q1, _, q3, _ = target.distribution.quantiles.tolist()
    low, high, n_values = (
        target.distribution.minimum,
        target.distribution.maximum,
        target.distribution.n_values,
    )
    counter = HistogramCounter(compute_bin_edges(low, q1, q3, high, n_values, are_whole=False))
    for _, y in rows.iterate_batches([]):
        counter.add(y)
    return TargetInfo([], [], counter.edges.tolist(), counter.counts[0].tolist())


def draw_target(info: TargetInfo) -> go.Figure:
    """Draw the rows per class or per bin."""
    if not info.names:
        edges = np.array(info.edges)
        figure = go.Figure(go.Bar(x=(edges[1:] + edges[:-1]) / 2, y=info.counts, width=np.diff(edges)))
        figure.update_layout(bargap=0, yaxis_title="rows")
        return style_figure(figure, height=260)
    n_rows = sum(info.counts)
    names, counts = info.names[:_MOST_CLASSES], info.counts[:_MOST_CLASSES]
    if len(info.names) > _MOST_CLASSES:
        names = [*names, f"{len(info.names) - _MOST_CLASSES} other classes"]
        counts = [*counts, n_rows - sum(counts)]
    # The class's colour in the figures of the columns, if it has one.
    is_coloured = len(info.codes) <= MOST_COLOURED
    colours = [PALETTE[code] if is_coloured else BLUE for code in info.codes]
    figure = _draw_bars(
        [*map(shorten_label, names)],
        counts,
        [f"{count / n_rows:.1%}" for count in counts],
        colours[: len(names)],
    )
    figure.update_xaxes(range=[0, 1.2 * max(counts)], title="rows")
    return figure


class RelationInfo(NamedTuple):
    """The columns most related to the target, with the measure's name and its value by chance."""

    columns: list[str]
    scores: list[float]
    leaks: list[bool]
    measure: str
    chance: float


def compute_relation_info(
    relations: Sequence[Relation], leaks: frozenset[str], target: Target
) -> RelationInfo:
    """Return the strongest relations; ``leaks`` are the leaking columns."""
    drawn = [relation for relation in relations if relation.score is not None][:MOST_BARS]
    return RelationInfo(
        columns=[relation.column for relation in drawn],
        scores=[relation.score for relation in drawn if relation.score is not None],
        leaks=[relation.column in leaks for relation in drawn],
        measure=target.measure,
        chance=target.chance,
    )


def draw_relations(info: RelationInfo) -> go.Figure:
    """Draw the measure by column, from its value by chance to 1."""
    figure = _draw_bars(
        [shorten_label(name) for name in info.columns],
        [score - info.chance for score in info.scores],
        [f"{score:.3f}" for score in info.scores],
        [RED if is_leak else BLUE for is_leak in info.leaks],
        base=info.chance,
    )
    # Room for the number after the longest bar.
    figure.update_xaxes(
        range=[info.chance, 1 + 0.2 * (1 - info.chance)],
        tickvals=np.linspace(info.chance, 1, 6).tolist(),
        title=f"{info.measure} of the column alone",
    )
    return figure


class MissingInfo(NamedTuple):
    """Columns with nulls, those with most nulls first, and patterns of nulls in the same rows.

    ``patterns`` has shape (n_patterns, n_columns), true for null; ``rows`` counts each pattern's rows, the
    most frequent first. ``n_columns`` counts all columns with nulls, drawn or not.
    """

    columns: list[str]
    shares: list[float]
    patterns: np.ndarray
    rows: list[int]
    n_columns: int


def compute_missing_info(rows: ExploredRows, summaries: Sequence[ColumnSummary]) -> MissingInfo:
    """Return the nulls of a table whose columns have the given summaries."""
    worst = sorted((s for s in summaries if s.n_null), key=lambda s: (-s.n_null, s.name))
    names = [summary.name for summary in worst[:MOST_BARS]]
    shares = [summary.null_share for summary in worst[:MOST_BARS]]
    if not names:
        return MissingInfo([], [], np.empty((0, 0), dtype=bool), [], 0)
    # The first column is the highest bit of a pattern.
    bits = 1 << np.arange(len(names))[::-1]
    pattern = " + ".join(
        f"({rows.get_column(name)} IS NULL)::BIGINT * {bit}" for name, bit in zip(names, bits, strict=True)
    )
    found = rows.query(
        names,
        [f"{pattern} AS pattern", "count(*) AS n"],
        f"GROUP BY pattern ORDER BY n DESC, pattern LIMIT {_MOST_PATTERNS}",
    )
    patterns = (found.column("pattern").to_numpy()[:, None] & bits) > 0
    return MissingInfo(names, shares, patterns, found.column("n").to_pylist(), len(worst))


def draw_missing(info: MissingInfo) -> go.Figure:
    """Draw the share of nulls by column."""
    texts = [f"{share:.1%}" for share in info.shares]
    names = [shorten_label(name) for name in info.columns]
    figure = _draw_bars(names, info.shares, texts, [SKY] * len(texts), title="Share of nulls")
    figure.update_xaxes(range=[0, 1.25 * max(info.shares)], tickformat=".1~%")
    return figure


def draw_null_patterns(info: MissingInfo) -> go.Figure:
    """Draw which columns are null in the same rows, one line per pattern."""
    names = [shorten_label(name, 18) for name in info.columns]
    figure = go.Figure(
        go.Heatmap(
            z=info.patterns.astype(int),
            colorscale=[[0, "#EEF1F5"], [1, BLUE]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    style_figure(figure, height=150 + _ROW_HEIGHT * len(info.rows), title="Null in the same rows")
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=names, tickangle=-45, ticks="", showgrid=False
    )
    figure.update_yaxes(
        tickvals=list(range(len(info.rows))),
        ticktext=[f"{n:,}" for n in info.rows],
        title="rows",
        autorange="reversed",
        ticks="",
        showgrid=False,
    )
    return figure


class CorrelationInfo(NamedTuple):
    """Spearman's correlations of the numeric columns, shape (n_columns, n_columns)."""

    columns: list[str]
    correlations: np.ndarray


def compute_correlation_info(frame: pd.DataFrame, columns: Sequence[str]) -> CorrelationInfo:
    """Return the rank correlations of numeric columns, over the first 5,000 of rows in random order.

    Ranks are computed once per column. Each pair is correlated over the rows in which both have a value.
    """
    drawn = list(columns[:MOST_BARS])
    some = frame[:MOST_CORRELATED_ROWS]
    values = pd.DataFrame({name: to_numbers(some[name]) for name in drawn})
    return CorrelationInfo(drawn, values.rank().corr().to_numpy())


def draw_correlations(info: CorrelationInfo) -> go.Figure:
    """Draw the correlations as a heat map, with numbers if there is room."""
    n_columns = len(info.columns)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(info.correlations, 3),
            colorscale=DIVERGING,
            zmin=-1,
            zmax=1,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if n_columns <= 12 else "",
            hovertemplate="%{x}, %{y}: %{z:.2f}<extra></extra>",
            colorbar={"thickness": 10, "len": 0.6, "outlinewidth": 0},
        )
    )
    names = [shorten_label(name, 18) for name in info.columns]
    ticks = {
        "tickvals": list(range(n_columns)),
        "ticktext": names,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
    }
    style_figure(figure, height=max(280, min(820, 130 + 30 * n_columns)))
    figure.update_xaxes(tickangle=-45, **ticks)
    figure.update_yaxes(autorange="reversed", **ticks)
    return figure


def _draw_bars(
    names: Sequence[str],
    lengths: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str],
    base: float = 0,
    title: str = "",
) -> go.Figure:
    """Draw horizontal bars, the first at the top."""
    figure = go.Figure(
        go.Bar(
            x=[*lengths],
            base=base,
            y=list(range(len(names))),
            text=[*texts],
            textposition="outside",
            cliponaxis=False,
            orientation="h",
            marker_color=[*colours],
            hoverinfo="skip",
        )
    )
    figure.update_layout(bargap=0.25)
    height = 80 + _ROW_HEIGHT * max(len(names), 2)
    style_figure(figure, height=height + (24 if title else 0), title=title)
    figure.update_xaxes(zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[*names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure
