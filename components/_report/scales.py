"""The axes of a chart, and where a value is on them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from components._report.ticks import TICKS, Tick

Kind = Literal["number", "share", "time", "category", "log"]


@dataclass(frozen=True)
class Axis:
    """An axis of a chart.

    Attributes
    ----------
    title : str
        What it shows, with its unit.
    kind : str
        ``number``; ``share``, from 0 to 1 and shown in per cent; ``time``, in seconds since 1970;
        ``category``; ``log``, of positive numbers.
    labels : sequence of str
        The names of a category axis. Their places are 0 to n_labels - 1, the first on the left or on top.
    low, high : float or None
        Range; None follows the marks. Values outside are drawn at the edge.
    is_shown : bool
        Whether it has ticks and a grid.
    """

    title: str = ""
    kind: Kind = "number"
    labels: Sequence[str] = ()
    low: float | None = None
    high: float | None = None
    is_shown: bool = True


class Extent(NamedTuple):
    """The values that a mark covers on an axis, and the shares of the range to leave free beside them."""

    values: Iterable[float]
    before: float = 0.0
    after: float = 0.0


@dataclass(frozen=True)
class Scale:
    """An axis with its range.

    Attributes
    ----------
    axis : Axis
        The axis.
    low, high : float
        Range in the axis's unit, of a log axis in powers of ten.
    is_falling : bool
        Whether large values are at 0: on a vertical axis, except of categories.
    """

    axis: Axis
    low: float
    high: float
    is_falling: bool

    def place(self, value: float) -> float:
        """Return the place of a value, in per cent from the left or from the top; NaN for NaN and None."""
        if value is None or math.isnan(value):
            return math.nan
        share = (_transform(self.axis, value) - self.low) / (self.high - self.low)
        share = min(max(share, 0.0), 1.0)
        return 100 * (1 - share if self.is_falling else share)

    def compute_ticks(self, most: int) -> list[Tick]:
        """Return at most ``most`` ticks; those of categories are their places."""
        if not self.axis.is_shown:
            return []
        if self.axis.kind == "category":
            return [Tick(place, label) for place, label in enumerate(self.axis.labels)]
        if self.axis.kind == "log":
            return TICKS["log"](10**self.low, 10**self.high, most)
        return TICKS[self.axis.kind](self.low, self.high, most)


def fit_scale(axis: Axis, extents: Iterable[Extent], *, is_vertical: bool) -> Scale:
    """Return the scale of an axis over what its marks cover."""
    if axis.kind == "category":
        return Scale(axis, -0.5, max(len(axis.labels), 1) - 0.5, False)
    extents = list(extents)
    values = [_transform(axis, value) for extent in extents for value in extent.values if _is_on(axis, value)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        # One value is in the middle.
        half = abs(low) / 2 or 0.5
        low, high = low - half, high + half
    span = high - low
    low -= span * max((extent.before for extent in extents), default=0)
    high += span * max((extent.after for extent in extents), default=0)
    if axis.low is not None:
        low = _transform(axis, axis.low)
    if axis.high is not None:
        high = _transform(axis, axis.high)
    if high <= low:
        high = low + (abs(low) or 1.0)
    return Scale(axis, low, high, is_vertical)


def _is_on(axis: Axis, value: float) -> bool:
    return value is not None and math.isfinite(value) and (axis.kind != "log" or value > 0)


def _transform(axis: Axis, value: float) -> float:
    if axis.kind != "log":
        return value
    return math.log10(value) if value > 0 else -math.inf
