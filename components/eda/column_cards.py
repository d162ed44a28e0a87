"""What the page shows of a column: facts in words, and figures."""

from typing import NamedTuple

from components._report.charts import Chart
from components._report.formats import format_value, mark_year
from components.eda import column_figures, target_figures
from components.eda.exploration import ColumnInfo, Exploration
from components.eda.summaries import ColumnSummary, NumericSummary
from components.eda.target import Target
from components.eda.target_figures import BinTargetInfo, CategoryInfo, DiscreteInfo, NumberInfo


class ColumnCard(NamedTuple):
    """What the page shows of a column: facts in words, figures, and those that say less of it."""

    name: str
    facts: list[str]
    figures: list[Chart]
    folded: list[Chart]


def build_card(
    summary: ColumnSummary,
    score: float | None,
    exploration: Exploration,
    limits: tuple[float, float],
    *,
    is_full: bool,
) -> ColumnCard:
    """Return what the page shows of a column of which figures say something.

    Parameters
    ----------
    summary : ColumnSummary
        The column.
    score : float or None
        The measure of its relation to the target.
    exploration : Exploration
        The results of exploring the table.
    limits : tuple of (float, float)
        The limits of the target's axis.
    is_full : bool
        Whether it has all figures; else those of rows and target by value, in the least space.
    """
    target, info = exploration.target, exploration.columns[summary.name]
    facts = [summary.kind, f"{summary.n_distinct:,} distinct"]
    if summary.n_null:
        facts.append(f"{summary.null_share:.1%} null")
    if score is not None:
        facts.append(f"{target.measure} alone {score:.3f}")
    if summary.earliest is not None:
        facts.append(f"{summary.earliest:%Y-%m-%d} to {summary.latest:%Y-%m-%d}")
    if summary.numbers is not None:
        facts += _describe_numbers(summary.numbers, summary)
    if is_full:
        return ColumnCard(summary.name, facts, *_draw_fully(info, target, limits))
    return ColumnCard(summary.name, facts, _draw_briefly(info, target, limits), [])


def _describe_numbers(numbers: NumericSummary, summary: ColumnSummary) -> list[str]:
    ends = (numbers.mean, numbers.median, numbers.minimum, numbers.maximum)
    mean, median, low, high = (format_value(mark_year(value, summary.name)) for value in ends)
    return [
        f"mean {mean} (sd {format_value(numbers.sd)})",
        f"median {median}, {low} to {high}",
        f"skew {round(numbers.skew, 2) + 0.0:.2f}",
        f"{numbers.n_outside / summary.n_known:.1%} beyond the IQR fences",
    ]


def _draw_fully(
    info: ColumnInfo, target: Target, limits: tuple[float, float]
) -> tuple[list[Chart], list[Chart]]:
    """Return the figures of a column, and those that are folded because few values have no shape."""
    first = [_draw_rows(info), *_draw_targets(info, target, limits)]
    if isinstance(info, CategoryInfo | BinTargetInfo):
        return first, []
    shape = [column_figures.draw_box(info.box), column_figures.draw_qq(info.qq)]
    return (first, shape) if isinstance(info, DiscreteInfo) else ([*first, *shape], [])


def _draw_briefly(info: ColumnInfo, target: Target, limits: tuple[float, float]) -> list[Chart]:
    if isinstance(info, NumberInfo):
        info = info._replace(histogram=column_figures.merge_classes(info.histogram))
    return [_draw_rows(info), *map(target_figures.drop_tips, _draw_targets(info, target, limits))]


def _draw_rows(info: ColumnInfo) -> Chart:
    match info:
        case NumberInfo():
            return column_figures.draw_histogram(info.histogram)
        case DiscreteInfo():
            return target_figures.draw_categories(info.values)
        case CategoryInfo():
            return target_figures.draw_categories(info)
        case BinTargetInfo():
            return target_figures.draw_timeline(info)


def _draw_targets(info: ColumnInfo, target: Target, limits: tuple[float, float]) -> list[Chart]:
    match info:
        case NumberInfo():
            return [target_figures.draw_number_targets(info, target, limits)]
        case DiscreteInfo():
            return [target_figures.draw_category_targets(info.values, target, limits)]
        case CategoryInfo():
            return [target_figures.draw_category_targets(info, target, limits)]
        case BinTargetInfo():
            return [target_figures.draw_time_targets(info, target, limits)]
