"""Figures of the whole table: target, relations to it, missing values, associations.

Each figure is made in two steps, its info first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from components._report.charts import Axis, Bars, Cells, Chart
from components._report.colours import BLUE, RED, SKY
from components._report.page import format_share, format_value
from components.eda.associations import AssociationInfo
from components.eda.bins import compute_bin_edges
from components.eda.counters import HistogramCounter
from components.eda.explored_rows import ExploredRows
from components.eda.interactions import InteractionInfo
from components.eda.relations import Relation
from components.eda.summaries import ColumnSummary
from components.eda.target import Target, choose_colours

MOST_BARS = 30
_MOST_PATTERNS = 12
_MOST_CLASSES = 20
_MOST_WRITTEN = 12
_ROW_HEIGHT = 22


class TargetInfo(NamedTuple):
    """The target's distribution: rows per class, or per bin of a regression's target.

    For classes, ``names`` and ``colours`` are set; for a regression ``edges``, the n_bins + 1 bounds.
    """

    names: list[str]
    colours: list[str]
    edges: list[float]
    counts: list[int]


def compute_target_info(target: Target, rows: ExploredRows) -> TargetInfo:
    """Return the rows per class, the most frequent classes first, or per bin."""
    if target.distribution is None:
        order = np.argsort(-np.array(target.counts), kind="stable").tolist()
        # Those of the figures of the columns.
        palette, places = choose_colours(target.drawn_classes), target.group_classes(np.array(order))
        return TargetInfo(
            [target.labels[i] for i in order],
            [palette[place] for place in places.tolist()],
            [],
            [target.counts[i] for i in order],
        )
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


def draw_target(info: TargetInfo) -> Chart:
    """Draw the rows per class or per bin."""
    if not info.names:
        edges = np.array(info.edges)
        bars = Bars(
            ((edges[1:] + edges[:-1]) / 2).tolist(), info.counts, width=np.diff(edges).tolist(), colours=BLUE
        )
        return Chart(title="", x=Axis(), y=Axis("rows", low=0), marks=[bars])
    n_rows = sum(info.counts)
    names, counts = info.names[:_MOST_CLASSES], info.counts[:_MOST_CLASSES]
    if len(info.names) > _MOST_CLASSES:
        names = [*names, f"{len(info.names) - _MOST_CLASSES} other classes"]
        counts = [*counts, n_rows - sum(counts)]
    texts = [f"{count / n_rows:.1%}" for count in counts]
    return _draw_bars(names, counts, texts, info.colours[: len(names)], x=Axis("rows", low=0))


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


def draw_relations(info: RelationInfo) -> Chart:
    """Draw the measure by column, from its value by chance to 1."""
    return _draw_bars(
        info.columns,
        info.scores,
        [f"{score:.3f}" for score in info.scores],
        [RED if is_leak else BLUE for is_leak in info.leaks],
        # Room for the number after the longest bar.
        x=Axis(f"{info.measure} of the column alone", low=info.chance, high=1 + 0.15 * (1 - info.chance)),
        start=info.chance,
    )


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


def draw_missing(info: MissingInfo) -> Chart:
    """Draw the share of nulls by column."""
    texts = [f"{share:.1%}" for share in info.shares]
    colours = [SKY] * len(texts)
    x = Axis(kind="share", low=0)
    return _draw_bars(info.columns, info.shares, texts, colours, x=x, title="Share of nulls")


def draw_null_patterns(info: MissingInfo) -> Chart:
    """Draw which columns are null in the same rows, one line per pattern."""
    return Chart(
        title="Null in the same rows",
        x=Axis(kind="category", labels=info.columns),
        y=Axis("rows", kind="category", labels=[f"{n:,}" for n in info.rows]),
        marks=[Cells(info.patterns.astype(float).tolist())],
        height=_ROW_HEIGHT * max(len(info.rows), 2),
    )


def draw_associations(info: AssociationInfo) -> Chart:
    """Draw how far each two columns depend on each other, with numbers if there is room."""
    n_columns = len(info.columns)
    # Each pair once.
    strengths = np.where(np.tri(n_columns, k=-1, dtype=bool), info.strengths, np.nan)[1:, :-1]
    rows, columns = info.columns[1:], info.columns[:-1]
    texts = [[f"{strength:.2f}" for strength in line] for line in strengths]
    tips = [
        [
            f"{row}, {column}: {text} ({measure})"
            for column, text, measure in zip(columns, line, measures[:-1], strict=True)
        ]
        for row, line, measures in zip(rows, texts, info.measures[1:], strict=True)
    ]
    return Chart(
        title="",
        x=Axis(kind="category", labels=columns),
        y=Axis(kind="category", labels=rows),
        marks=[Cells(strengths.tolist(), texts if n_columns <= _MOST_WRITTEN else (), tips)],
        height=max(120, _ROW_HEIGHT * len(rows)),
    )


def draw_interaction(info: InteractionInfo, target: Target) -> Chart:
    """Draw rate or mean of the target in the cells of two columns."""
    form = format_share if target.is_binary else format_value
    texts = [["" if np.isnan(rate) else form(rate) for rate in line] for line in info.rates.tolist()]
    return Chart(
        title=f"{info.first} and {info.second}",
        x=Axis(info.second, "category", labels=info.second_labels),
        y=Axis(info.first, "category", labels=info.first_labels),
        marks=[
            Cells(
                info.rates.tolist(),
                texts,
                low=float(np.nanmin(info.rates)),
                high=float(np.nanmax(info.rates)),
            )
        ],
        height=_ROW_HEIGHT * max(len(info.first_labels), 3),
    )


def _draw_bars(
    names: Sequence[str],
    ends: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str],
    *,
    x: Axis,
    start: float = 0,
    title: str = "",
) -> Chart:
    """Draw horizontal bars, the first at the top."""
    bars = Bars(
        range(len(names)),
        ends,
        starts=[start] * len(names),
        colours=colours,
        is_horizontal=True,
        labels=texts,
    )
    return Chart(
        title=title,
        x=x,
        y=Axis(kind="category", labels=names),
        marks=[bars],
        height=_ROW_HEIGHT * max(len(names), 2),
    )
