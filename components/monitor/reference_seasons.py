"""The reference's distribution, that of the same weekdays or weeks of the year where these differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from components.monitor.column_bins import ColumnBins
from components.monitor.drift_measures import compute_distance
from components.monitor.drift_tests import THRESHOLDS
from components.monitor.rows import PredictedRows

_DAY = np.timedelta64(1, "D")
# Effective rows of each slot, in either half of the reference.
_LEAST_SLOT_SIZE = 100.0
# A season is used if rows are this much nearer to the same slot of earlier cycles than to all earlier rows. A
# trend over the reference leaves both equally far.
_NEARER = 0.7
# Shufflings of the rows that show how far halves and slots are apart by chance.
_SHUFFLES = 4
# Moments at which a window's slots are looked up.
_MOMENTS = 14


@dataclass(frozen=True)
class Season:
    """A cycle of slots.

    Attributes
    ----------
    name : str
        The cycle.
    slots : str
        What the slots are, in words.
    n_slots : int
        Slots in a cycle.
    days : int
        Days of a cycle, rounded up.
    reach : int
        Slots before and after a slot whose rows are used with it.
    """

    name: str
    slots: str
    n_slots: int
    days: int
    reach: int

    def find_slots(self, times: np.ndarray) -> np.ndarray:
        """Return the slot of each time."""
        if self.name == "week":
            # 1970 began on a Thursday.
            return np.asarray((times.astype("datetime64[D]").astype(np.int64) + 3) % 7)
        day = (times.astype("datetime64[D]") - times.astype("datetime64[Y]").astype("datetime64[D]")) // _DAY
        return np.asarray(np.minimum(day // 7, self.n_slots - 1))

    def find_neighbours(self) -> np.ndarray:
        """Return which slots are used with which, shape (n_slots, n_slots), bool."""
        apart = np.abs(np.subtract.outer(np.arange(self.n_slots), np.arange(self.n_slots)))
        return np.asarray(np.minimum(apart, self.n_slots - apart) <= self.reach)


WEEK = Season("week", "the same weekdays", 7, 7, 0)
# Whole weeks around a window, so that weekdays and the trend within a month cancel out.
YEAR = Season("year", "the same five weeks of the year", 52, 366, 2)


@dataclass(frozen=True)
class ReferenceShares:
    """The reference's distribution of a column, by the slots of its season.

    Attributes
    ----------
    bins : ColumnBins
        The column's bins.
    season : Season or None
        The season in which the reference differs; None without one.
    is_week_known : bool
        Whether the reference shows how weekdays differ, so that windows of some weekdays can be judged.
    weight, weight_squares : ndarray of shape (n_slots,)
        Sums of the rows' weights and of their squares.
    counts : ndarray of shape (n_slots, n_bins)
        Weights per bin.
    """

    bins: ColumnBins
    season: Season | None
    is_week_known: bool
    weight: np.ndarray
    weight_squares: np.ndarray
    counts: np.ndarray

    @property
    def words(self) -> str:
        """What windows are compared with."""
        return f"training rows of {self.season.slots}" if self.season else "all training rows"

    def mix(self, windows: Mapping[datetime, float], period: timedelta) -> tuple[np.ndarray, float]:
        """Return the distribution to be expected over windows.

        Parameters
        ----------
        windows : Mapping of datetime to float
            Weight by start of the window.
        period : timedelta
            Length of a window.

        Returns
        -------
        shares : ndarray of shape (n_bins,)
            Shares of the bins.
        size : float
            Effective number of the reference's rows.
        """
        share = self._weigh_slots(windows, period)
        is_used = share > 0
        share = share[is_used] / share.sum()
        counts, weight = self.counts[is_used], self.weight[is_used]
        size = 1 / (share**2 * self.weight_squares[is_used] / weight**2).sum()
        return (share / weight) @ counts, float(size)

    def _weigh_slots(self, windows: Mapping[datetime, float], period: timedelta) -> np.ndarray:
        if self.season is None:
            return np.ones(1)
        starts = np.array([start.replace(tzinfo=None) for start in windows], dtype="datetime64[us]")
        steps = np.timedelta64(period, "us") * (2 * np.arange(_MOMENTS) + 1) // (2 * _MOMENTS)
        slots = self.season.find_slots(starts[:, None] + steps)
        weights = np.repeat([*windows.values()], _MOMENTS)
        used = np.bincount(slots.ravel(), weights, minlength=self.season.n_slots)
        near = self.season.find_neighbours() * self.weight
        return np.asarray(used @ (near / near.sum(axis=1, keepdims=True)))


def build_reference_shares(bins: ColumnBins, reference: PredictedRows, seed: int = 0) -> ReferenceShares:
    """Return the distribution of a column in the reference, by the slots of a season if one shows.

    Rows without a time are left out where a season is used.
    """
    assigned = bins.assign_reference(reference)
    contrasts = {season: _compare_halves(season, bins, assigned, reference, seed) for season in (WEEK, YEAR)}
    shown = {season: found for season, found in contrasts.items() if found and found.is_seasonal}
    season = min(shown, key=lambda season: shown[season].ratio) if shown else None
    week = contrasts[WEEK]
    is_week_known = season is WEEK or (week is not None and week.is_flat)
    is_used = ~np.isnat(reference.time) if season else np.ones(len(reference), dtype=bool)
    slots = season.find_slots(reference.time[is_used]) if season else np.zeros(len(reference), dtype=np.int64)
    n_slots = season.n_slots if season else 1
    weight = reference.weight[is_used]
    return ReferenceShares(
        bins,
        season,
        is_week_known,
        np.bincount(slots, weight, minlength=n_slots),
        np.bincount(slots, weight**2, minlength=n_slots),
        _count(slots, n_slots, assigned[is_used], bins.n_bins, weight),
    )


@dataclass(frozen=True)
class _Contrast:
    """Mean squared distances of the later half's slots, without what chance alone gives.

    Attributes
    ----------
    from_all : float
        From all rows of the earlier half.
    from_same : float
        From the same slot of the earlier half.
    least : float
        Least squared distance that counts.
    """

    from_all: float
    from_same: float
    least: float

    @property
    def is_flat(self) -> bool:
        return self.from_all < self.least

    @property
    def ratio(self) -> float:
        return self.from_same / self.from_all

    @property
    def is_seasonal(self) -> bool:
        return not self.is_flat and self.ratio <= _NEARER


def _compare_halves(
    season: Season, bins: ColumnBins, assigned: np.ndarray, reference: PredictedRows, seed: int
) -> _Contrast | None:
    """Compare the slots of a season over two halves of the reference; None with less than two cycles."""
    is_known = ~np.isnat(reference.time)
    if not is_known.any():
        return None
    times, assigned, weight = reference.time[is_known], assigned[is_known], reference.weight[is_known]
    cycle = season.days * _DAY
    n_cycles = (times.max() - times.min() + _DAY) // cycle
    if n_cycles < 2:
        return None
    slots = season.find_slots(times)
    is_later = times > times.max() - n_cycles // 2 * cycle
    for half in (~is_later, is_later):
        sums, squares = (
            season.find_neighbours() @ np.bincount(slots[half], values[half], minlength=season.n_slots)
            for values in (weight, weight**2)
        )
        if (sums <= 0).any() or (sums**2 < _LEAST_SLOT_SIZE * squares).any():
            return None
    rng = np.random.default_rng(seed)
    measured, *shuffled = [
        _measure_halves(season, bins, slots, is_later, rows, weight)
        for rows in (assigned, *(rng.permutation(assigned) for _ in range(_SHUFFLES)))
    ]
    from_all, from_same = np.maximum(measured - np.mean(shuffled, axis=0), 0).tolist()
    return _Contrast(from_all, from_same, (THRESHOLDS[bins.measure] / 2) ** 2)


def _measure_halves(
    season: Season,
    bins: ColumnBins,
    slots: np.ndarray,
    is_later: np.ndarray,
    assigned: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:
    """Return the mean squared distances of the later slots from all earlier rows and from the same slots."""
    halves = [
        _count(slots[half], season.n_slots, assigned[half], bins.n_bins, weight[half])
        for half in (~is_later, is_later)
    ]
    earlier, later = (season.find_neighbours() @ half for half in halves)
    earlier, later = (counts / counts.sum(axis=1, keepdims=True) for counts in (earlier, later))
    all_earlier = halves[0].sum(axis=0) / halves[0].sum()
    return np.array([_compare(bins, all_earlier, later), _compare(bins, earlier, later)])


def _compare(bins: ColumnBins, one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean squared distance."""
    return float((compute_distance(bins, one, other) ** 2).mean())


def _count(
    slots: np.ndarray, n_slots: int, assigned: np.ndarray, n_bins: int, weight: np.ndarray
) -> np.ndarray:
    """Return the weight per slot and bin, shape (n_slots, n_bins)."""
    table = np.bincount(slots * n_bins + assigned, weight, minlength=n_slots * n_bins)
    return np.asarray(table.reshape(n_slots, n_bins))
