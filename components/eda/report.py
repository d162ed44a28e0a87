"""The page: findings first, then the whole table, then each column."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from components._report.page import Cell, Level, Message, format_share, format_value, render_page
from components._table.findings import DROPPED, Finding, Findings
from components.eda import column_figures, overview
from components.eda.exploration import Exploration
from components.eda.summaries import ColumnSummary
from components.eda.target import Target
from components.errors import format_list

# A score that deserves a warning, although it is not a leak for sure.
STRONG = 0.95
_MOST_LEAKS = 5

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


class ColumnCard(NamedTuple):
    """What the page shows of a column: facts in words, and figures."""

    name: str
    facts: list[str]
    figures: list[go.Figure]


def render_exploration(exploration: Exploration) -> str:
    """Return the page."""
    target, summaries, findings = exploration.target, exploration.summaries, exploration.findings
    leaks = frozenset(findings.get_reasons("leak"))
    by_name = {summary.name: summary for summary in summaries}
    scores = {relation.column: relation.score for relation in exploration.relations}
    drawn = [by_name[name] for name in exploration.columns]
    others = [by_name[name] for name in exploration.order if name not in exploration.columns]
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
        relations=overview.compute_relation_info(exploration.relations, leaks, target),
        missing=exploration.missing,
        correlations=exploration.correlations,
        n_correlated_rows=min(exploration.n_chosen, overview.MOST_CORRELATED_ROWS),
        cards=[_build_card(summary, scores[summary.name], exploration) for summary in drawn],
        others=[_build_row(summary, scores.get(summary.name), exploration) for summary in others],
    )


def _build_target_tile(target: Target) -> tuple[str, Cell]:
    if target.distribution is not None:
        low, _, median, _, high = target.distribution.quantiles.tolist()
        interval = f"{format_value(low)} to {format_value(high)} in 90 % of rows"
        return f"median of {target.name} ({interval})", median
    shares = np.array(target.counts) / target.n_rows
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


def _build_row(summary: ColumnSummary, score: float | None, exploration: Exploration) -> Sequence[Cell]:
    names = [_NAMES[item.finding] for item in exploration.findings.items if item.column == summary.name]
    note = exploration.roles.get(summary.name) or ", ".join(names)
    shown = None if score is None else round(score, 3)
    return summary.name, summary.kind, format_share(summary.null_share), summary.n_distinct, shown, note


def _build_card(summary: ColumnSummary, score: float | None, exploration: Exploration) -> ColumnCard:
    target, info = exploration.target, exploration.columns[summary.name]
    facts = [summary.kind, f"{summary.n_distinct:,} distinct"]
    if summary.n_null:
        facts.append(f"{summary.null_share:.1%} null")
    if score is not None:
        facts.append(f"{target.measure} alone {score:.3f}")
    if isinstance(info, column_figures.CategoryInfo):
        return ColumnCard(summary.name, facts, [column_figures.draw_categories(info, target)])
    if isinstance(info, column_figures.RowTimelineInfo):
        facts.append(f"{summary.earliest:%Y-%m-%d} to {summary.latest:%Y-%m-%d}")
        return ColumnCard(summary.name, facts, [column_figures.draw_timeline(info)])
    numbers = summary.numbers
    assert numbers is not None  # an empty column is not drawn
    facts.append(
        f"median {format_value(numbers.median)}, {format_value(numbers.minimum)} to "
        f"{format_value(numbers.maximum)}"
    )
    facts.append(f"skew {round(numbers.skew, 2) + 0.0:.2f}")
    facts.append(f"{numbers.n_outside / summary.n_known:.1%} beyond the IQR fences")
    figures = [
        column_figures.draw_histogram(info.histogram),
        column_figures.draw_box(info.box),
        column_figures.draw_qq(info.qq),
    ]
    return ColumnCard(summary.name, facts, figures)
