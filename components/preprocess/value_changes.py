"""Numbers before and after the step: histograms of a sample of the training rows.

Each figure is made in two steps, its info first, which has the rows of each bin and not the rows.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components._compiled.steps import fill_and_clip
from components._recipe.preprocess import Preprocessor, convert_numbers
from components._report.charts import Axis, Bars, Chart
from components._report.colours import BLUE, GREEN
from components._report.formats import format_share
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import count_rows

MOST_COMPARED = 8
_MOST_ROWS = 5_000
_N_BINS = 30
_SEED = 0
_HEIGHT = 150


class BinCounts(NamedTuple):
    """Rows in bins of equal width; ``edges`` are the n_bins + 1 bounds, ``counts`` has shape (n_bins,)."""

    edges: np.ndarray
    counts: np.ndarray


class ValueChange(NamedTuple):
    """A number before and after the step.

    Attributes
    ----------
    column : str
        Name.
    null : float
        Share of the sampled rows that are null or infinite, which the step fills.
    before : BinCounts
        The finite values, in the column's unit.
    after : BinCounts
        The values filled, clipped and standardised, in standard deviations from the mean.
    """

    column: str
    null: float
    before: BinCounts
    after: BinCounts


class ValueChanges(NamedTuple):
    """Numbers before and after the step, in so many sampled rows."""

    n_rows: int
    columns: list[ValueChange]


def compute_value_changes(rows: str | Path, preprocessor: Preprocessor, names: Sequence[str]) -> ValueChanges:
    """Return what a fitted preprocessor makes of numbers, in a sample of at most 5,000 rows.

    Parameters
    ----------
    rows : str or Path
        Folder of the training rows that the stage holds in memory; only these columns of it are read.
    preprocessor : Preprocessor
        The step, fitted.
    names : sequence of str
        The numbers. One without a finite value in the sample is left out, and so is one whose range is too
        large for a float, because an axis cannot show it.
    """
    numbers = choose_row_numbers(count_rows(rows), _MOST_ROWS, _SEED)
    if not names:
        return ValueChanges(len(numbers), [])
    values = convert_numbers(read_chosen_rows(rows, numbers, list(names)), list(names))
    at = [preprocessor.numeric.index(name) for name in names]
    filled = fill_and_clip(values, preprocessor.medians_[at], preprocessor.lows_[at], preprocessor.highs_[at])
    # The difference of two numbers such as 1e308 overflows, that of their quotients does not.
    after = filled / preprocessor.scales_[at] - preprocessor.means_[at] / preprocessor.scales_[at]
    columns = []
    for i, name in enumerate(names):
        known = values[~np.isnan(values[:, i]), i]
        if known.size and _is_drawable(known):
            null = 1 - known.size / len(values)
            columns.append(ValueChange(name, null, _count_bins(known), _count_bins(after[:, i])))
    return ValueChanges(len(numbers), columns)


def _is_drawable(values: np.ndarray) -> bool:
    """Return whether the room that an axis leaves around values is a float, too."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(8 * (values.max() - values.min())))


def _count_bins(values: np.ndarray) -> BinCounts:
    low, high = values.min(), values.max()
    if low == high:
        half = max(0.5, abs(low) / 1e6)
        low, high = low - half, high + half
    edges = np.linspace(low, high, _N_BINS + 1)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _N_BINS - 1)
    return BinCounts(edges, np.bincount(places, minlength=_N_BINS))


def draw_value_changes(changes: ValueChanges) -> list[tuple[Chart, Chart]]:
    """Return a pair of histograms for each number, before and after."""
    charts = []
    for item in changes.columns:
        unit = f"{format_share(item.null)} null, not drawn" if item.null else "in its own unit"
        before = _draw_bins(f"{item.column}: before", unit, item.before, BLUE)
        charts.append((before, _draw_bins(f"{item.column}: after", "standard deviations", item.after, GREEN)))
    return charts


def _draw_bins(title: str, unit: str, bins: BinCounts, colour: str) -> Chart:
    low, high = bins.edges[[0, -1]].tolist()
    bars = Bars(
        places=((bins.edges[:-1] + bins.edges[1:]) / 2).tolist(),
        ends=bins.counts.tolist(),
        width=float(bins.edges[1] - bins.edges[0]),
        colours=colour,
    )
    return Chart(title, Axis(unit, low=low, high=high), Axis("rows", low=0), [bars], height=_HEIGHT)
