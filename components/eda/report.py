"""The page: findings first, then the whole table, then each column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components._report import page
from components._report.page import Block, Cell
from components._table.findings import DROPPED, Finding, Findings
from components._table.schema import Kind
from components.eda import column_figures, overview
from components.eda.relations import Relation
from components.eda.summaries import ColumnSummary
from components.eda.target import EncodedTarget
from components.eda.values import to_numbers
from components.errors import format_list

Message = tuple[page.Level, str]

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
    "free_text": "Left out: the model cannot use sentences.",
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


def render_exploration(exploration: Exploration, *, seed: int) -> str:
    """Return the page; ``seed`` is for the rows and points that figures show."""
    target = exploration.target
    return page.render_page(
        "Exploration",
        f"The {len(exploration.frame):,} training rows, for predicting {target.name}",
        _build_tiles(exploration),
        _build_findings_section(exploration),
        _build_target_section(target),
        *_build_relations_section(exploration),
        *_build_missing_section(exploration),
        *_build_correlations_section(exploration, seed),
        *_build_columns_sections(exploration, seed),
    )


def _build_tiles(exploration: Exploration) -> Block:
    target, summaries = exploration.target, exploration.summaries
    cells = sum(summary.n_rows for summary in summaries)
    nulls = sum(summary.n_null for summary in summaries) / max(cells, 1)
    return page.render_tiles(
        ("training rows", len(exploration.frame)),
        ("features", len(summaries) - len(exploration.roles)),
        _build_target_tile(target),
        ("of the cells are null", f"{nulls:.1%}"),
        ("features to leave out", len(exploration.findings.get_reasons(*DROPPED))),
    )


def _build_target_tile(target: EncodedTarget) -> tuple[str, Cell]:
    if not target.labels:
        low, median, high = np.quantile(target.values, [0.05, 0.5, 0.95]).tolist()
        interval = f"{page.format_value(low)} to {page.format_value(high)} in 90 % of rows"
        return f"median of {target.name} ({interval})", median
    shares = np.bincount(target.values, minlength=len(target.labels)) / len(target.values)
    if target.is_binary:
        return f"of the rows are {target.name} = {target.labels[-1]}", f"{shares[-1]:.1%}"
    return f"classes of {target.name} ({shares.min():.1%} to {shares.max():.1%} of rows)", len(target.labels)


def _build_findings_section(exploration: Exploration) -> Block:
    findings = exploration.findings
    items = [*_collect_leaks(exploration), *_iterate_suggestions(findings)]
    if not items:
        text = "Nothing: every column can be used unchanged."
        return page.render_section("What stands out", page.render_messages(("good", text)))
    rows = [(item.column, _NAMES[item.finding], item.reason) for item in findings.items]
    reasons = page.render_table(["Column", "Finding", "Why"], rows)
    folded = [page.render_details(f"The reasons, column by column ({len(rows)})", reasons)] if rows else []
    return page.render_section("What stands out", page.render_messages(*items), *folded)


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
            level: page.Level = "warning" if kind in DROPPED else "note"
            yield level, f"{name.capitalize()}{count}: {format_list(columns, 8)}. {_CONSEQUENCE[kind]}"


def _build_target_section(target: EncodedTarget) -> Block:
    figure = page.render_figure(overview.draw_target(overview.compute_target_info(target)))
    text = "Rows of each class, and their share." if target.labels else "Distribution of the target."
    return page.render_section(f"The target: {target.name}", page.render_paragraph(text), figure)


def _build_relations_section(exploration: Exploration) -> list[Block]:
    target = exploration.target
    leaks = frozenset(exploration.findings.get_reasons("leak"))
    info = overview.compute_relation_info(exploration.relations, leaks, target)
    if not info.columns:
        return []
    measure = (
        "ROC AUC: how often a row of a class is ranked above a row of another class, averaged over the "
        "classes (Hanley and McNeil, 1982)."
        if target.labels
        else "R² of ranks: the explained share of the ranked target's variance (Tomczak and Tomczak, 2014)."
    )
    text = (
        f"How well each column alone predicts the target, from {info.chance:g} (by chance) to 1 (perfectly). "
        "Every column is divided into bins, with one for nulls, and each row is predicted by the other rows "
        f"of its bin. {measure}"
    )
    if len(exploration.relations) > len(info.columns):
        text += f" Only the {len(info.columns)} most predictive columns are drawn."
    figure = page.render_figure(overview.draw_relations(info))
    return [
        page.render_section("How well each column predicts the target", page.render_paragraph(text), figure)
    ]


def _build_missing_section(exploration: Exploration) -> list[Block]:
    info = overview.compute_missing_info(exploration.frame, exploration.summaries)
    if not info.columns:
        return []
    text = f"{info.n_columns} of {len(exploration.summaries)} columns have nulls."
    if info.n_columns > len(info.columns):
        text += f" Only the {len(info.columns)} with the most nulls are drawn."
    figures = [overview.draw_missing(info)]
    if len(info.columns) > 1:
        figures.append(overview.draw_null_patterns(info))
    return [
        page.render_section(
            "Missing values", page.render_paragraph(text), page.render_grid(*map(page.render_figure, figures))
        )
    ]


def _build_correlations_section(exploration: Exploration, seed: int) -> list[Block]:
    names = {summary.name for summary in exploration.summaries if summary.numbers and summary.n_distinct > 1}
    names -= set(exploration.findings.get_reasons("unique"))
    columns = [relation.column for relation in exploration.relations if relation.column in names]
    if len(columns) < 2:
        return []
    info = overview.compute_correlation_info(exploration.frame, columns, seed=seed)
    more = (
        ""
        if len(info.columns) == len(columns)
        else f" Only the {len(info.columns)} most predictive columns are drawn."
    )
    text = f"Spearman's rank correlation, the most predictive columns first.{more}"
    figure = page.render_figure(overview.draw_correlations(info))
    return [page.render_section("Correlated numeric columns", page.render_paragraph(text), figure)]


def _build_columns_sections(exploration: Exploration, seed: int) -> list[Block]:
    by_name = {summary.name: summary for summary in exploration.summaries}
    scores = {relation.column: relation.score for relation in exploration.relations}
    constant = exploration.findings.get_reasons("constant", "empty", "unique", "free_text")
    drawable = [name for name in scores if name not in constant]
    drawn, rest = (
        drawable[:_MOST_CARDS],
        [*drawable[_MOST_CARDS:], *(name for name in by_name if name not in drawable)],
    )
    blocks = []
    if drawn:
        text = "The most predictive columns first."
        cards = (_build_card(by_name[name], scores[name], exploration, seed) for name in drawn)
        blocks.append(page.render_section("Column by column", page.render_paragraph(text), *cards))
    if rest:
        headers = ["Column", "Kind", "Null", "Distinct", exploration.target.measure, "Note"]
        rows = [_build_row(by_name[name], scores.get(name), exploration) for name in rest]
        blocks.append(page.render_section("The other columns", page.render_table(headers, rows)))
    return blocks


def _build_row(summary: ColumnSummary, score: float | None, exploration: Exploration) -> Sequence[Cell]:
    names = [_NAMES[item.finding] for item in exploration.findings.items if item.column == summary.name]
    note = exploration.roles.get(summary.name) or ", ".join(names)
    shown = None if score is None else round(score, 3)
    return summary.name, summary.kind, f"{summary.null_share:.1%}", summary.n_distinct, shown, note


def _build_card(summary: ColumnSummary, score: float | None, exploration: Exploration, seed: int) -> Block:
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
            f"median {page.format_value(numbers.median)}, {page.format_value(numbers.minimum)} to "
            f"{page.format_value(numbers.maximum)}"
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
    return page.render_card(
        summary.name, " · ".join(facts), page.render_grid(*map(page.render_figure, figures))
    )
