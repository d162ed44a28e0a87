"""The exploration of a table: from its rows to all that the page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components._problem.spec import Problem
from components._table.findings import Findings
from components._table.schema import Kind
from components.eda import column_figures, overview
from components.eda.bins import compute_bin_edges
from components.eda.column_figures import CategoryInfo, NumberInfo, RowTimelineInfo
from components.eda.counters import CategoryCounter, HistogramCounter
from components.eda.explored_rows import ExploredRows
from components.eda.findings import collect_findings
from components.eda.ordered_numbers import OrderedNumbers
from components.eda.relations import MOST_ROWS, Relation, compute_relations
from components.eda.summaries import ColumnSummary, summarise_columns
from components.eda.target import Target
from components.eda.values import to_numbers

_MOST_CARDS = 40

ColumnInfo = NumberInfo | CategoryInfo | RowTimelineInfo


@dataclass(frozen=True)
class Exploration:
    """The results of exploring a table.

    Attributes
    ----------
    roles : mapping of str to str
        Columns that are not features, and their roles.
    target : Target
        The target.
    summaries : tuple of ColumnSummary
        Each column but the target, in order.
    relations : tuple of Relation
        Each feature's relation to the target, the strongest first.
    findings : Findings
        The findings about the columns.
    n_chosen : int
        Rows, chosen at random, that the relations are computed from.
    target_info : TargetInfo
        The target's distribution.
    missing : MissingInfo
        Nulls.
    correlations : CorrelationInfo or None
        Correlations of the most predictive numeric columns; None for fewer than two.
    n_correlated : int
        Numeric columns that could be correlated.
    columns : mapping of str to ColumnInfo
        What the figures of a column show, of the most predictive columns, the best first.
    order : tuple of str
        All columns: those of which figures say something, the most predictive first, then the others.
    """

    roles: Mapping[str, str]
    target: Target
    summaries: tuple[ColumnSummary, ...]
    relations: tuple[Relation, ...]
    findings: Findings
    n_chosen: int
    target_info: overview.TargetInfo
    missing: overview.MissingInfo
    correlations: overview.CorrelationInfo | None
    n_correlated: int
    columns: Mapping[str, ColumnInfo]
    order: tuple[str, ...]


def explore(rows: ExploredRows, problem: Problem, kinds: Mapping[str, Kind], *, seed: int) -> Exploration:
    """Return what is found about a table.

    Parameters
    ----------
    rows : ExploredRows
        The rows.
    problem : Problem
        What to predict.
    kinds : mapping of str to str
        The kinds of the columns.
    seed : int
        Seed of the rows and outliers that are chosen.
    """
    roles = problem.withheld_columns
    features = [name for name in rows.names if name not in roles]
    others = {name: roles[name] for name in rows.names if name in roles and name != problem.target}
    target = Target.from_rows(rows, problem)
    names = [name for name in rows.names if name != problem.target]
    histograms: dict[str, HistogramCounter] = {}

    def count_numbers(summary: ColumnSummary, numbers: OrderedNumbers) -> None:
        histograms[summary.name] = _count_numbers(summary, numbers, target)

    summaries = summarise_columns(rows, names, kinds, seed=seed, visit=count_numbers)
    by_name = {summary.name: summary for summary in summaries}
    frame, y = rows.choose_rows(features, MOST_ROWS, seed=seed)
    relations = compute_relations(frame, kinds, y, target)
    findings = collect_findings(summaries, relations, target, unjudged=others, kept=problem.keep)
    drawable = _list_drawable_columns(relations, findings)
    correlated = _list_correlated_columns(summaries, relations, findings)
    return Exploration(
        roles=others,
        target=target,
        summaries=summaries,
        relations=relations,
        findings=findings,
        n_chosen=len(y),
        target_info=overview.compute_target_info(target, rows),
        missing=overview.compute_missing_info(rows, summaries),
        correlations=overview.compute_correlation_info(frame, correlated) if len(correlated) > 1 else None,
        n_correlated=len(correlated),
        columns=_build_infos(rows, [by_name[name] for name in drawable[:_MOST_CARDS]], target, histograms),
        order=tuple(dict.fromkeys([*drawable, *names])),
    )


def _list_correlated_columns(
    summaries: Iterable[ColumnSummary], relations: Iterable[Relation], findings: Findings
) -> list[str]:
    names = {summary.name for summary in summaries if summary.numbers and summary.n_distinct > 1}
    names -= set(findings.get_reasons("unique"))
    return [relation.column for relation in relations if relation.column in names]


def _list_drawable_columns(relations: Iterable[Relation], findings: Findings) -> list[str]:
    undrawable = findings.get_reasons("constant", "empty", "unique", "free_text")
    return [relation.column for relation in relations if relation.column not in undrawable]


def _build_infos(
    rows: ExploredRows,
    summaries: Sequence[ColumnSummary],
    target: Target,
    histograms: Mapping[str, HistogramCounter],
) -> dict[str, ColumnInfo]:
    """Return what the figures of some columns show; ``histograms`` are those of all columns of numbers."""
    others = [summary for summary in summaries if summary.numbers is None]
    counters = {**histograms, **_count_columns(rows, others, target)}
    return {summary.name: _build_info(summary, counters[summary.name], target) for summary in summaries}


def _count_columns(
    rows: ExploredRows, summaries: Sequence[ColumnSummary], target: Target
) -> dict[str, CategoryCounter | HistogramCounter]:
    """Count the categories or dates of some columns, by passes over all rows."""
    counted: dict[str, CategoryCounter | HistogramCounter] = {}
    for block in rows.iterate_blocks(summaries):
        counters = {summary.name: _build_counter(summary, target) for summary in block}
        for batch, y in rows.iterate_batches([*counters]):
            for name, counter in counters.items():
                column = batch.column(name)
                if isinstance(counter, CategoryCounter):
                    counter.add(column, y)
                else:
                    counter.add(to_numbers(column.to_pandas()))
        counted |= counters
    return counted


def _build_counter(summary: ColumnSummary, target: Target) -> CategoryCounter | HistogramCounter:
    if summary.kind != "datetime":
        return CategoryCounter([value for value, _ in summary.categories], target)
    # An empty column is not drawn.
    assert summary.earliest is not None
    assert summary.latest is not None
    return HistogramCounter(column_figures.compute_time_edges(summary.earliest, summary.latest))


def _count_numbers(summary: ColumnSummary, ordered: OrderedNumbers, target: Target) -> HistogramCounter:
    numbers = summary.numbers
    assert numbers is not None  # only columns with numbers are visited
    edges = compute_bin_edges(
        numbers.minimum,
        numbers.q1,
        numbers.q3,
        numbers.maximum,
        summary.n_known,
        are_whole=summary.kind == "integer",
    )
    counter = HistogramCounter(edges, len(target.labels) if target.has_coloured_classes else 1)
    for values, y in ordered.iterate_rows():
        counter.add(values, y if target.has_coloured_classes else None)
    return counter


def _build_info(
    summary: ColumnSummary, counter: CategoryCounter | HistogramCounter, target: Target
) -> ColumnInfo:
    if isinstance(counter, CategoryCounter):
        return column_figures.compute_category_info(counter, target)
    if summary.numbers is None:
        return column_figures.compute_timeline_info(counter)
    return NumberInfo(
        column_figures.compute_histogram_info(counter, target),
        column_figures.compute_box_info(summary.numbers),
        column_figures.compute_qq_info(summary.numbers),
    )
