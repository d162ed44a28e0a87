"""The exploration of a table: from its rows to all that the page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.findings import DROPPED, Findings
from components._table.schema import Kind
from components.eda import column_figures, overview, target_figures
from components.eda.associations import AssociationInfo, compute_association_info
from components.eda.bins import (
    NumberBins,
    build_quantile_bins,
    build_time_bins,
    build_value_bins,
    compute_bin_edges,
)
from components.eda.counters import BinCounter, CategoryCounter, HistogramCounter
from components.eda.explored_rows import ExploredRows
from components.eda.findings import collect_findings
from components.eda.interactions import MOST_COLUMNS, InteractionInfo, find_interactions
from components.eda.ordered_numbers import OrderedNumbers
from components.eda.relations import MOST_ROWS, Relation, compute_relations
from components.eda.strange_rows import StrangeRowInfo, find_strange_rows, list_columns
from components.eda.summaries import MOST_CATEGORIES, SHARES, ColumnSummary, summarise_columns
from components.eda.target import Target
from components.eda.target_conflicts import ConflictInfo, find_target_conflicts
from components.eda.target_figures import BinTargetInfo, CategoryInfo, DiscreteInfo, NumberInfo
from components.eda.time_changes import TimeInfo, find_time_changes
from components.eda.values import to_numbers

# As many as a page shows side by side.
_SAMPLE_ROWS = 6

ColumnInfo = NumberInfo | DiscreteInfo | CategoryInfo | BinTargetInfo


class _NumberCounts(NamedTuple):
    """Counts of a column of numbers: its histogram, and the target by bin."""

    histogram: HistogramCounter
    targets: BinCounter


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
    associations : AssociationInfo or None
        How far the most predictive columns depend on each other; None for fewer than two.
    n_associated : int
        Columns that could be compared so.
    interactions : tuple of InteractionInfo
        Pairs of the most predictive columns that together tell more than the sum of both.
    strange : StrangeRowInfo or None
        The rows that are strange in all their values together; None if they could not be looked for.
    strange_cells : DataFrame
        Their cells, of those that are shown: target, identifiers, and the columns that make them strange.
    conflicts : ConflictInfo or None
        Rows that are equal in all features; None without features.
    times : TimeInfo or None
        What changes over time; None without a column of times.
    columns : mapping of str to ColumnInfo
        What the figures of a column show, of those of which they say something, the most predictive first.
    order : tuple of str
        All columns: those of which figures say something, the most predictive first, then the others.
    sample : DataFrame
        A few rows chosen at random: the target, then the features.
    """

    roles: Mapping[str, str]
    target: Target
    summaries: tuple[ColumnSummary, ...]
    relations: tuple[Relation, ...]
    findings: Findings
    n_chosen: int
    target_info: overview.TargetInfo
    missing: overview.MissingInfo
    associations: AssociationInfo | None
    n_associated: int
    interactions: tuple[InteractionInfo, ...]
    strange: StrangeRowInfo | None
    strange_cells: pd.DataFrame
    conflicts: ConflictInfo | None
    times: TimeInfo | None
    columns: Mapping[str, ColumnInfo]
    order: tuple[str, ...]
    sample: pd.DataFrame


def explore(
    rows: ExploredRows,
    problem: Problem,
    kinds: Mapping[str, Kind],
    proposals: Sequence[Proposal] = (),
    *,
    seed: int,
) -> Exploration:
    """Return what is found about a table.

    Parameters
    ----------
    rows : ExploredRows
        The rows.
    problem : Problem
        What to predict.
    kinds : mapping of str to str
        The kinds of the columns.
    proposals : sequence of Proposal
        What validate proposes for the problem.
    seed : int
        Seed of the rows and outliers that are chosen, and of folds.
    """
    roles = problem.withheld_columns
    features = [name for name in rows.names if name not in roles]
    others = {name: roles[name] for name in rows.names if name in roles and name != problem.target}
    target = Target.from_rows(rows, problem)
    names = [name for name in rows.names if name != problem.target]
    counted: dict[str, _NumberCounts] = {}

    def count_numbers(summary: ColumnSummary, numbers: OrderedNumbers) -> None:
        counted[summary.name] = _count_numbers(summary, numbers, target)

    summaries = summarise_columns(rows, names, kinds, seed=seed, visit=count_numbers)
    by_name = {summary.name: summary for summary in summaries}
    named = [problem.group, problem.event_time, problem.weight]
    read = [*features, *named, *(name for proposal in proposals for name in proposal.columns)]
    read = [name for name in dict.fromkeys(read) if name in names]
    identifiers = [name for name in problem.identifiers if name in names and name not in read]
    chosen, y = rows.choose_rows([*read, *identifiers], MOST_ROWS, seed=seed)
    frame = chosen[features]
    relations = compute_relations(frame, kinds, y, target)
    findings = collect_findings(summaries, relations, target, unjudged=others, kept=problem.keep)
    drawable = _list_drawable_columns(relations, findings)
    associated = [name for name in drawable if by_name[name].n_distinct > 1]
    associations = (
        compute_association_info(frame, associated[: overview.MOST_BARS], kinds)
        if len(associated) > 1
        else None
    )
    dropped = findings.get_reasons(*DROPPED)
    usable = [name for name in associated if name not in dropped]
    strange = find_strange_rows(frame, usable, kinds, seed=seed)
    shown = strange.rows if strange else []
    places = [row.place for row in shown]
    # Its libraries take 60 MB, which the passes over all rows have let go of by now.
    from components.eda.effects import MOST_ROWS as MOST_JUDGED
    from components.eda.receipts import add_receipts

    return Exploration(
        roles=others,
        target=target,
        summaries=summaries,
        relations=relations,
        n_chosen=len(y),
        target_info=overview.compute_target_info(target, rows),
        missing=overview.compute_missing_info(rows, summaries),
        associations=associations,
        n_associated=len(associated),
        interactions=tuple(find_interactions(frame, usable[:MOST_COLUMNS], kinds, y, target)),
        strange=strange,
        strange_cells=_add_target(
            chosen.iloc[places][[*identifiers, *list_columns(shown)]], y[places], target
        ),
        conflicts=find_target_conflicts(
            rows,
            [by_name[relation.column] for relation in relations if relation.column not in dropped],
            target,
        ),
        times=find_time_changes(chosen, usable, kinds, y, target, problem, proposals, seed=seed),
        columns=_build_infos(rows, [by_name[name] for name in drawable], target, counted),
        order=tuple(dict.fromkeys([*drawable, *names])),
        sample=_add_target(frame[:_SAMPLE_ROWS], y[:_SAMPLE_ROWS], target),
        findings=add_receipts(
            findings,
            _add_target(chosen[:MOST_JUDGED][read], y[:MOST_JUDGED], target),
            y[:MOST_JUDGED],
            problem,
            kinds,
            by_name,
            [relation.column for relation in relations],
            associations,
            proposals,
            seed=seed,
        ),
    )


def _add_target(frame: pd.DataFrame, y: np.ndarray, target: Target) -> pd.DataFrame:
    """Return rows with the target as the first column."""
    targets = y.tolist()
    if target.labels:
        targets = [target.labels[code] for code in targets]
    named = frame.copy()
    named.insert(0, target.name, targets)
    return named


def _list_drawable_columns(relations: Iterable[Relation], findings: Findings) -> list[str]:
    undrawable = findings.get_reasons("constant", "empty", "unique", "free_text")
    return [relation.column for relation in relations if relation.column not in undrawable]


def _build_infos(
    rows: ExploredRows,
    summaries: Sequence[ColumnSummary],
    target: Target,
    counted: Mapping[str, _NumberCounts],
) -> dict[str, ColumnInfo]:
    """Return what the figures of some columns show; ``counted`` are all columns of numbers."""
    others = [summary for summary in summaries if summary.numbers is None]
    counters = _count_columns(rows, others, target)
    return {
        summary.name: _build_number_info(summary, counted[summary.name], target)
        if summary.numbers
        else _build_info(counters[summary.name], target)
        for summary in summaries
    }


def _count_columns(
    rows: ExploredRows, summaries: Sequence[ColumnSummary], target: Target
) -> dict[str, CategoryCounter | BinCounter]:
    """Count the categories or dates of some columns, by passes over all rows."""
    counted: dict[str, CategoryCounter | BinCounter] = {}
    for block in rows.iterate_blocks(summaries):
        counters = {summary.name: _build_counter(summary, target) for summary in block}
        for batch, y in rows.iterate_batches([*counters]):
            for name, counter in counters.items():
                column = batch.column(name)
                if isinstance(counter, CategoryCounter):
                    counter.add(column, y)
                else:
                    counter.add(to_numbers(column.to_pandas()), y)
        counted |= counters
    return counted


def _build_counter(summary: ColumnSummary, target: Target) -> CategoryCounter | BinCounter:
    if summary.kind != "datetime":
        return CategoryCounter([value for value, _ in summary.categories], target)
    # An empty column is not drawn.
    assert summary.earliest is not None
    assert summary.latest is not None
    edges = target_figures.compute_time_edges(summary.earliest, summary.latest)
    return BinCounter(build_time_bins(edges), target)


def _count_numbers(summary: ColumnSummary, ordered: OrderedNumbers, target: Target) -> _NumberCounts:
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
    histogram = HistogramCounter(edges, max(len(target.drawn_classes), 1))
    targets = BinCounter(_build_bins(summary, ordered), target)
    for values, y in ordered.iterate_rows():
        histogram.add(values, target.group_classes(y) if target.labels else None)
        targets.add(values, y)
    return _NumberCounts(histogram, targets)


def _build_bins(summary: ColumnSummary, ordered: OrderedNumbers) -> NumberBins:
    assert summary.numbers is not None  # only columns with numbers are visited
    if not _is_discrete(summary):
        return build_quantile_bins(SHARES, np.array(summary.numbers.quantiles))
    return build_value_bins(np.unique(np.concatenate([np.unique(values) for values, _ in ordered.iterate()])))


def _is_discrete(summary: ColumnSummary) -> bool:
    return summary.n_distinct <= MOST_CATEGORIES


def _build_number_info(
    summary: ColumnSummary, counted: _NumberCounts, target: Target
) -> NumberInfo | DiscreteInfo:
    assert summary.numbers is not None  # only columns with numbers are counted
    box = column_figures.compute_box_info(summary.numbers)
    qq = column_figures.compute_qq_info(summary.numbers)
    if _is_discrete(summary):
        return DiscreteInfo(target_figures.compute_value_info(counted.targets, target, summary.name), box, qq)
    histogram = column_figures.compute_histogram_info(counted.histogram, target)
    return NumberInfo(histogram, target_figures.compute_bin_target_info(counted.targets, target), box, qq)


def _build_info(counter: CategoryCounter | BinCounter, target: Target) -> CategoryInfo | BinTargetInfo:
    if isinstance(counter, CategoryCounter):
        return target_figures.compute_category_info(counter, target)
    return target_figures.compute_bin_target_info(counter, target)
