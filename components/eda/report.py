"""The page: findings first, then the whole table, then each column."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from components._report.formats import format_significant, mark_year
from components._report.page import Cell, format_share, format_value, render_page
from components._table.findings import DROPPED
from components.eda import associations, interactions, overview, strange_rows, target_figures, time_figures
from components.eda.column_cards import build_card
from components.eda.examples import format_cell
from components.eda.exploration import Exploration
from components.eda.null_effects import describe_null_effect, find_null_effects
from components.eda.receipt_cards import MOST_OPEN, NAMES, build_receipt_card
from components.eda.summaries import ColumnSummary
from components.eda.target import Target
from components.eda.target_conflicts import ConflictInfo
from components.eda.time_changes import TimeInfo
from components.errors import format_list

# A score that deserves a warning, although it is not a leak for sure.
STRONG = 0.95
# The articles of more columns are folded, and only so many of them have all figures, so that a page of 300
# columns stays below 1.5 MB.
MOST_FULL = 30
# The page of 300 columns has 1.4 MB.
MOST_CARDS = 300
# Minimum, 5 %, median, 95 % and maximum among the twentieths.
_TABLE_QUANTILES = (0, 1, 10, 19, 20)


def render_exploration(exploration: Exploration) -> str:
    """Return the page."""
    target, summaries, findings = exploration.target, exploration.summaries, exploration.findings
    leaks = frozenset(findings.get_reasons("leak"))
    by_name = {summary.name: summary for summary in summaries}
    scores = {relation.column: relation.score for relation in exploration.relations}
    drawn = list(exploration.columns)[:MOST_CARDS]
    anchors = {name: f"column-{place}" for place, name in enumerate(drawn, start=1)}
    groups = {name: info.groups for name, info in exploration.columns.items()}
    limits = target_figures.compute_target_limits(groups.values(), target)
    return render_page(
        "components/eda/report.html",
        exploration=exploration,
        target=target,
        target_tile=_build_target_tile(target),
        null_share=sum(s.n_null for s in summaries) / max(sum(s.n_rows for s in summaries), 1),
        n_dropped=len(findings.get_reasons(*DROPPED)),
        warnings=_collect_warnings(exploration),
        receipts=list(map(build_receipt_card, findings.receipts)),
        most_open=MOST_OPEN,
        n_judged=max((receipt.effect.n_rows for receipt in findings.receipts if receipt.effect), default=0),
        reasons=[(item.column, NAMES[item.finding], item.reason) for item in findings.items],
        overview=overview,
        name_targets=target_figures.name_targets,
        relations=overview.compute_relation_info(exploration.relations, leaks, target),
        missing=exploration.missing,
        null_effects=[
            describe_null_effect(effect, target)
            for effect in find_null_effects(exploration.relations, groups, target)
        ],
        associations=exploration.associations,
        n_interacting=interactions.MOST_COLUMNS,
        interactions=[
            (
                f"{info.first} and {info.second}",
                f"{format_share(info.gain)} ({format_share(info.low)} to {format_share(info.high)})",
            )
            for info in exploration.interactions
        ],
        strange=exploration.strange,
        n_trees=strange_rows.N_TREES,
        strange_table=_build_strange_rows(exploration),
        conflicts=exploration.conflicts,
        best_scores=_format_best_scores(exploration.conflicts),
        conflict_cells=_format_rows(exploration.conflicts.examples) if exploration.conflicts else [],
        times=exploration.times,
        time_figures=time_figures,
        time_sentences=_describe_changes(exploration.times),
        close=associations.CLOSE,
        n_associated_rows=min(exploration.n_chosen, associations.MOST_ROWS),
        statistics=[
            (anchors.get(name, ""), _build_row(by_name[name], scores.get(name), exploration))
            for name in exploration.order
        ],
        sample=_build_sample(exploration.sample),
        cards=[
            (
                anchors[name],
                build_card(by_name[name], scores[name], exploration, limits, is_full=place < MOST_FULL),
            )
            for place, name in enumerate(drawn)
        ],
        most_full=MOST_FULL,
        least_rows=target_figures.LEAST_ROWS,
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


def _collect_warnings(exploration: Exploration) -> list[str]:
    """Return a warning about columns that are nearly leaks."""
    findings, target = exploration.findings, exploration.target
    dropped = findings.get_reasons(*DROPPED)
    strong = [
        f"{relation.column} ({target.measure} {relation.score:.3f})"
        for relation in exploration.relations
        if relation.column not in dropped and (relation.score or 0.0) > STRONG
    ]
    text = "Predicts the target almost completely. Kept; check that it is known before the target."
    return [f"{format_list(strong, 8)} – {text}"] if strong else []


def _build_row(summary: ColumnSummary, score: float | None, exploration: Exploration) -> Sequence[Cell]:
    names = [NAMES[item.finding] for item in exploration.findings.items if item.column == summary.name]
    note = exploration.roles.get(summary.name) or ", ".join(names)
    shown = None if score is None else round(score, 3)
    numbers = summary.numbers
    statistics: Sequence[Cell] = (
        (
            mark_year(numbers.mean, summary.name),
            numbers.sd,
            *(mark_year(numbers.quantiles[place], summary.name) for place in _TABLE_QUANTILES),
        )
        if numbers
        else (None,) * (2 + len(_TABLE_QUANTILES))
    )
    null_share = format_share(summary.null_share)
    return summary.name, summary.kind, shown, null_share, summary.n_distinct, *statistics, note


def _build_strange_rows(exploration: Exploration) -> list[list[Cell]]:
    """Return score, reasons and cells of each strange row that is shown."""
    cells = _format_rows(exploration.strange_cells)
    return [
        [f"{row.score:.3f}", "; ".join(row.reasons), *of_row]
        for row, of_row in zip(exploration.strange.rows if exploration.strange else (), cells, strict=True)
    ]


def _describe_changes(times: TimeInfo | None) -> list[str]:
    return [time_figures.describe_change(change, times) for change in times.changes] if times else []


def _format_best_scores(conflicts: ConflictInfo | None) -> str:
    """Return the scores that no model can exceed, in words."""
    scores = conflicts.best_scores if conflicts else {}
    return ", ".join(f"{title} {format_significant(score)}" for title, score in scores.items())


def _format_rows(frame: pd.DataFrame) -> list[list[Cell]]:
    return [[_format_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]


def _build_sample(rows: pd.DataFrame) -> list[list[Cell]]:
    """Return the rows side by side: for each column its name and its values."""
    return [[name, *map(_format_cell, rows[name].tolist())] for name in rows.columns.tolist()]


def _format_cell(value: Cell | date) -> Cell:
    return None if pd.isna(value) else format_cell(value)
