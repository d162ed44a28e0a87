"""The page: findings first, then the whole table, then each column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components._report.page import Cell, Level, Message, format_share, format_value, render_page
from components._table.findings import DROPPED, Finding, Findings
from components._table.schema import Kind
from components.eda import column_figures, overview
from components.eda.relations import Relation
from components.eda.summaries import ColumnSummary
from components.eda.target import EncodedTarget
from components.eda.values import to_numbers
from components.errors import format_list

# A score that deserves a warning, although it is not a leak for sure.
STRONG = 0.95
_MOST_LEAKS = 5
_MOST_CARDS = 40

# What the later stages do about a finding.
_CONSEQUENCE: dict[Finding, str] = {
    "leak": "Left out. Check whether it is known before the target.",
    "constant": "Left out: it does not distinguish rows.",
    "empty": "Left out: there is nothing to learn from.",
    "unique": "Left out: what it says about these rows does not apply to new rows.",
    "free_text": "Not a feature as it is. Engineer tries its length and its words: see its page.",
    "useful_key": "Kept. If its order is that of time, set it as event_time; otherwise, as an identifier.",
    "skewed": "Standardised without a transformation. Trees are not affected, linear models may be.",
    "outliers": "Clipped at the IQR fences of the training rows, unless preprocess is set not to clip.",
    "high_cardinality": "Rare categories are merged, the others are encoded by the target's mean.",
}
_NAMES: dict[Finding, str] = {
    "leak": "predicts the target by itself",
    "constant": "constant",
    "empty": "empty",
    "unique": "identifier",
    "free_text": "free text",
    "useful_key": "looks like an identifier, but predicts the target",
    "skewed": "skewed",
    "outliers": "outliers",
    "high_cardinality": "many categories",
}


@dataclass(frozen=True)
class Exploration:
    """The results of exploring a table.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table, with the target.
    kinds : mapping of str to str
        The kinds of the columns.
    roles : mapping of str to str
        Columns that are not features, and their roles.
    target : EncodedTarget
        The target.
    summaries : tuple of ColumnSummary
        Each column but the target, in order.
    relations : tuple of Relation
        Each feature's relation to the target, the strongest first.
    findings : Findings
        The findings about the columns.
    """

    frame: pd.DataFrame
    kinds: Mapping[str, Kind]
    roles: Mapping[str, str]
    target: EncodedTarget
    summaries: tuple[ColumnSummary, ...]
    relations: tuple[Relation, ...]
    findings: Findings


class ColumnCard(NamedTuple):
    """What the page shows of a column: facts in words, and figures."""

    name: str
    facts: list[str]
    figures: list[go.Figure]


def render_exploration(exploration: Exploration, *, seed: int) -> str:
    """Return the page; ``seed`` is for the rows and points that figures show."""
    target, summaries, findings = exploration.target, exploration.summaries, exploration.findings
    leaks = frozenset(findings.get_reasons("leak"))
    correlated = _list_correlated_columns(exploration)
    ranked, n_cards = _rank_columns(exploration)
    return render_page(
        "components/eda/report.html",
        exploration=exploration,
        target=target,
        target_tile=_build_target_tile(target),
        null_share=sum(s.n_null for s in summaries) / max(sum(s.n_rows for s in summaries), 1),
        n_dropped=len(findings.get_reasons(*DROPPED)),
        items=[*_collect_leaks(exploration), *_iterate_suggestions(findings)],
        reasons=[(item.column, _NAMES[item.finding], item.reason) for item in findings.items],
        overview=overview,
        target_info=overview.compute_target_info(target),
        relations=overview.compute_relation_info(exploration.relations, leaks, target),
        missing=overview.compute_missing_info(exploration.frame, summaries),
        n_correlated=len(correlated),
        correlations=(
            overview.compute_correlation_info(exploration.frame, correlated, seed=seed)
            if len(correlated) > 1
            else None
        ),
        cards=[_build_card(summary, score, exploration, seed) for summary, score in ranked[:n_cards]],
        others=[_build_row(summary, score, exploration) for summary, score in ranked[n_cards:]],
    )


def _build_target_tile(target: EncodedTarget) -> tuple[str, Cell]:
    if not target.labels:
        low, median, high = np.quantile(target.values, [0.05, 0.5, 0.95]).tolist()
        interval = f"{format_value(low)} to {format_value(high)} in 90 % of rows"
        return f"median of {target.name} ({interval})", median
    shares = np.bincount(target.values, minlength=len(target.labels)) / len(target.values)
    if target.is_binary:
        return f"of the rows are {target.name} = {target.labels[-1]}", f"{shares[-1]:.1%}"
    return f"classes of {target.name} ({shares.min():.1%} to {shares.max():.1%} of rows)", len(target.labels)


def _collect_leaks(exploration: Exploration) -> list[Message]:
    findings, target = exploration.findings, exploration.target
    leaks = findings.get_reasons("leak")
    items: list[Message] = [
        ("error", f"{name} – {reason} {_CONSEQUENCE['leak']}")
        for name, reason in list(leaks.items())[:_MOST_LEAKS]
    ]
    if len(leaks) > _MOST_LEAKS:
        items.append(("error", f"The same applies to {format_list(list(leaks)[_MOST_LEAKS:], 8)}."))
    dropped = findings.get_reasons(*DROPPED)
    strong = [
        f"{relation.column} ({target.measure} {relation.score:.3f})"
        for relation in exploration.relations
        if relation.column not in dropped and (relation.score or 0.0) > STRONG
    ]
    if strong:
        text = "Predicts the target almost completely. Kept; check that it is known before the target."
        items.append(("warning", f"{format_list(strong, 8)} – {text}"))
    return items


def _iterate_suggestions(findings: Findings) -> Iterator[Message]:
    for kind, name in _NAMES.items():
        columns = list(findings.get_reasons(kind))
        if columns and kind != "leak":
            count = f" ({len(columns)} columns)" if len(columns) > 1 else ""
            level: Level = "warning" if kind in DROPPED else "note"
            yield level, f"{name.capitalize()}{count}: {format_list(columns, 8)}. {_CONSEQUENCE[kind]}"


def _list_correlated_columns(exploration: Exploration) -> list[str]:
    names = {summary.name for summary in exploration.summaries if summary.numbers and summary.n_distinct > 1}
    names -= set(exploration.findings.get_reasons("unique"))
    return [relation.column for relation in exploration.relations if relation.column in names]


def _rank_columns(exploration: Exploration) -> tuple[list[tuple[ColumnSummary, float | None]], int]:
    """Return the columns with their scores, and how many of them, from the first on, get a card."""
    by_name = {summary.name: summary for summary in exploration.summaries}
    scores = {relation.column: relation.score for relation in exploration.relations}
    undrawable = exploration.findings.get_reasons("constant", "empty", "unique", "free_text")
    drawable = [name for name in scores if name not in undrawable]
    names = [*drawable, *(name for name in by_name if name not in drawable)]
    return [(by_name[name], scores.get(name)) for name in names], min(_MOST_CARDS, len(drawable))


def _build_row(summary: ColumnSummary, score: float | None, exploration: Exploration) -> Sequence[Cell]:
    names = [_NAMES[item.finding] for item in exploration.findings.items if item.column == summary.name]
    note = exploration.roles.get(summary.name) or ", ".join(names)
    shown = None if score is None else round(score, 3)
    return summary.name, summary.kind, format_share(summary.null_share), summary.n_distinct, shown, note


def _build_card(
    summary: ColumnSummary, score: float | None, exploration: Exploration, seed: int
) -> ColumnCard:
    target, column = exploration.target, exploration.frame[summary.name]
    facts = [summary.kind, f"{summary.n_distinct:,} distinct"]
    if summary.n_null:
        facts.append(f"{summary.null_share:.1%} null")
    if score is not None:
        facts.append(f"{target.measure} alone {score:.3f}")
    if summary.kind in ("string", "boolean"):
        info = column_figures.compute_category_info(column, target)
        figures = [column_figures.draw_categories(info, target)]
    elif summary.kind == "datetime":
        values = to_numbers(column)
        low, high = column.min(), column.max()
        facts.append(f"{low:%Y-%m-%d} to {high:%Y-%m-%d}")
        figures = [column_figures.draw_timeline(column_figures.compute_timeline_info(values))]
    else:
        assert summary.numbers is not None  # an empty column is not drawn
        values, numbers = to_numbers(column), summary.numbers
        facts.append(
            f"median {format_value(numbers.median)}, {format_value(numbers.minimum)} to "
            f"{format_value(numbers.maximum)}"
        )
        facts.append(f"skew {round(numbers.skew, 2) + 0.0:.2f}")
        facts.append(f"{numbers.n_outside / summary.n_known:.1%} beyond the IQR fences")
        figures = [
            column_figures.draw_histogram(
                column_figures.compute_histogram_info(values, summary.kind, target)
            ),
            column_figures.draw_box(column_figures.compute_box_info(values, numbers, seed=seed)),
            column_figures.draw_qq(column_figures.compute_qq_info(values, numbers)),
        ]
    return ColumnCard(summary.name, facts, figures)
