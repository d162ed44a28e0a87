"""When a drift counts: if it lasts, and is not that of a weekday."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from components.monitor.column_bins import PREDICTIONS, ColumnBins
from components.monitor.drift_measures import (
    compute_chi_squared_p,
    compute_kolmogorov_smirnov_p,
    compute_psi,
)
from components.monitor.drift_tests import FALSE_DISCOVERIES, LEAST_SIZE, THRESHOLDS, ChanceTable, adjust
from components.monitor.record import ColumnDrift, WindowDrift
from components.monitor.reference_seasons import ReferenceShares, build_reference_shares
from components.monitor.rows import PredictedRows
from components.monitor.window_counts import Window, WindowCounts

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
# Windows in a row without a drift that do not end it: a weekend.
_LONGEST_PAUSE = 2
# Weeks in which a weekday is replaced by that of the week before, and in which it is expected.
_WEEKS_USED, _WEEKS_EXPECTED = 2, 4
# Share of a window that belongs to the latest week from which the page's other numbers include it.
_MOSTLY = 0.5
# How many times less traffic than the mean a weekday may have.
_QUIET_WEEKDAY = 2.0
# Share of rows that no weekday explains from which a drift counts before a week was logged.
_UNEXPLAINED = 0.05
# Share from which a category is frequent, the rows to be expected of one that vanished, and the most named.
_FREQUENT = 0.01
_LEAST_VANISHED = 10.0
_NAMED = 10


@dataclass(frozen=True)
class DriftJudgement:
    """What ``DriftJudge.judge`` finds.

    Attributes
    ----------
    columns : tuple of ColumnDrift
        The columns, in the order of the bins. ``is_used``, ``loss`` and ``basis`` are left to the caller.
    predictions : ColumnDrift or None
        The predictions; None without rows.
    notes : tuple of str
        What could not be judged, and why, as sentences.
    """

    columns: tuple[ColumnDrift, ...]
    predictions: ColumnDrift | None
    notes: tuple[str, ...]


class DriftJudge:
    """Compares windows of a log with the reference.

    Parameters
    ----------
    reference : PredictedRows
        Training rows with predictions.
    bins : Mapping of str to ColumnBins
        The bins of the columns and the predictions, from ``build_bins``.
    seed : int
        Seed of the simulated chance.
    """

    def __init__(self, reference: PredictedRows, bins: Mapping[str, ColumnBins], seed: int = 0) -> None:
        self._references = [build_reference_shares(column, reference, seed) for column in bins.values()]
        self._chance = ChanceTable(seed)

    def judge(self, counts: WindowCounts, persist: int) -> DriftJudgement:
        """Judge every column over all windows.

        A column is drifting if

        - at least ``persist`` windows up to the latest drift, the latest included, and pauses of up to two
          windows do not end a drift, and
        - these windows together drift.

        Where the reference does not show how weekdays differ, and for windows shorter than a day, a window
        here is the whole week up to it, in which weekdays and hours cancel out.

        Parameters
        ----------
        counts : WindowCounts
            The log's counts.
        persist : int
            Windows for which a drift must last.
        """
        timeline = _Timeline(counts)
        columns = [_Column(reference, timeline) for reference in self._references]
        if timeline.judged.size:
            for column in columns:
                column.compare(self._chance, persist)
            _adjust_together([column.windows for column in columns])
            _adjust_together([column.weeks or column.latest for column in columns])
        found = {column.reference.bins.name: column.describe(persist) for column in columns}
        predictions = found.pop(PREDICTIONS, None)
        return DriftJudgement(
            tuple(found.values()), predictions if timeline.windows else None, _write_notes(timeline, columns)
        )


@dataclass
class _Comparisons:
    """Windows, or groups of them, compared with the reference."""

    effects: np.ndarray
    p: np.ndarray
    is_explained: np.ndarray
    threshold: float
    p_adjusted: np.ndarray

    @property
    def is_drifted(self) -> np.ndarray:
        is_more = (self.effects >= self.threshold) & (self.p_adjusted <= FALSE_DISCOVERIES)
        return np.asarray(is_more & ~self.is_explained)


def _adjust_together(families: Sequence[_Comparisons]) -> None:
    ends = np.cumsum([len(family.p) for family in families])[:-1]
    for family, p in zip(
        families, np.split(adjust(np.concatenate([f.p for f in families])), ends), strict=True
    ):
        family.p_adjusted = p


class _Timeline:
    """The windows in order, and for each the windows of the week up to it."""

    def __init__(self, counts: WindowCounts) -> None:
        self.period = counts.period
        self.numbers = np.array(sorted(counts.windows), dtype=np.int64)
        self.windows = [counts.windows[number] for number in self.numbers.tolist()]
        self.starts = [counts.find_start(number) for number in self.numbers.tolist()]
        self.sizes = np.array([window.size for window in self.windows])
        self.judged = np.flatnonzero(self.sizes >= LEAST_SIZE)
        # Of periods of several days, a whole number of weeks.
        self.n_phases = 7 if _DAY <= self.period < _WEEK else ceil(_WEEK / self.period)
        self.is_whole_week = np.zeros(len(self.judged), dtype=bool)
        # The share of each window that belongs to the week up to each judged window.
        self.weeks = np.zeros((len(self.judged), len(self.numbers)))
        for place in range(len(self.judged)):
            self._collect_week(place)
        if self.judged.size and self.judged[-1] == len(self.numbers) - 1:
            self._complete_newest(counts.compute_progress(int(self.numbers[-1])))

    def _collect_week(self, place: int) -> None:
        """Note the latest window of each weekday, or time of a weekday."""
        numbers, n = self.numbers[self.judged[: place + 1]], self.n_phases
        used = np.flatnonzero(numbers > numbers[-1] - _WEEKS_USED * n)
        phases, latest = np.unique(numbers[used][::-1] % n, return_index=True)
        self.weeks[place, self.judged[used[::-1][latest]]] = 1
        expected = numbers[numbers > numbers[-1] - _WEEKS_EXPECTED * n]
        is_long = numbers[-1] - expected[0] >= n - 1
        self.is_whole_week[place] = is_long and len(phases) == len(np.unique(expected % n))

    def _complete_newest(self, progress: float) -> None:
        """Take what the newest window, which may have begun just now, lacks from that of a week before."""
        before = np.flatnonzero(self.numbers == self.numbers[-1] - self.n_phases)
        if before.size and before[0] in self.judged:
            self.weeks[-1, before[0]] = 1 - progress

    def merge(self, is_member: np.ndarray) -> tuple[Window, dict[datetime, float]]:
        """Return some windows as one, and their weights by start."""
        pooled, weights = Window(), {}
        for window in np.flatnonzero(is_member).tolist():
            pooled.merge(self.windows[window])
            weights[self.starts[window]] = self.windows[window].weight
        return pooled, weights


class _Column:
    """A column over the windows."""

    def __init__(self, reference: ReferenceShares, timeline: _Timeline) -> None:
        self.reference = reference
        self.timeline = timeline
        self.name = reference.bins.name
        # The windows that the summary is about.
        n = len(timeline.windows)
        self.members: np.ndarray = np.ones(n, dtype=bool)
        self.windows = self.latest = self._compare_nothing()
        self.weeks: _Comparisons | None = None

    @property
    def is_week_known(self) -> bool:
        """Whether single windows can be judged. The reference tells weekdays apart, and not their hours."""
        return self.reference.is_week_known and self.timeline.period >= _DAY

    def compare(self, chance: ChanceTable, persist: int) -> None:
        """Compare each window, and the latest windows together, with the reference."""
        judged, n_windows = self.timeline.judged, len(self.timeline.windows)
        single = np.zeros((len(judged), n_windows))
        single[np.arange(len(judged)), judged] = 1
        self.windows = self._compare(chance, single)
        if self.is_week_known:
            self.members = np.asarray(single[-persist:].any(axis=0))
            self.latest = self._compare(chance, self.members[None].astype(np.float64))
        else:
            self.members = np.asarray(self.timeline.weeks[-1] >= _MOSTLY)
            self.weeks = self._compare(chance, self.timeline.weeks, self.timeline.is_whole_week)

    def _compare_nothing(self) -> _Comparisons:
        nothing = np.empty(0)
        return _Comparisons(nothing, nothing, nothing.astype(bool), self._threshold, nothing)

    @property
    def _threshold(self) -> float:
        return THRESHOLDS[self.reference.bins.measure]

    def _compare(
        self, chance: ChanceTable, members: np.ndarray, is_whole_week: np.ndarray | None = None
    ) -> _Comparisons:
        """Compare groups of windows: the rows of members, which are shares of the windows."""
        timeline, bins = self.timeline, self.reference.bins
        counts = members @ np.stack([window.bins[self.name] for window in timeline.windows])
        weight = np.array([window.weight for window in timeline.windows])
        squares = members**2 @ np.array([window.weight_squares for window in timeline.windows])
        totals = members @ weight
        expected = [
            self.reference.mix(
                {timeline.starts[i]: float(row[i] * weight[i]) for i in np.flatnonzero(row)}, timeline.period
            )
            for row in members
        ]
        shares, references = counts / totals[:, None], np.stack([share for share, _ in expected])
        sizes = np.array([size for _, size in expected])
        effects, p = chance.test(bins, references, shares, sizes, totals**2 / squares)
        is_explained: np.ndarray = np.zeros(len(members), dtype=bool)
        if is_whole_week is not None:
            most = references * (_QUIET_WEEKDAY * timeline.n_phases / members.sum(axis=1))[:, None]
            unexplained = np.maximum(shares - most, 0).sum(axis=1)
            is_explained = np.asarray(~is_whole_week & (unexplained < _UNEXPLAINED))
        return _Comparisons(effects, p, is_explained, self._threshold, p)

    def describe(self, persist: int) -> ColumnDrift:
        """Return the column's drift."""
        bins, timeline = self.reference.bins, self.timeline
        pooled, weights = timeline.merge(self.members)
        is_judged = timeline.judged.size > 0
        expected, expected_size = self.reference.mix(weights, timeline.period) if weights else self._mix_all()
        actual = pooled.bins[self.name] / pooled.weight if weights else np.zeros(bins.n_bins)
        samples = expected, actual, expected_size, pooled.size
        has_order = bins.is_ordered
        test = compute_kolmogorov_smirnov_p if has_order else compute_chi_squared_p
        repeated = self.weeks or self.windows
        together = self.weeks or self.latest
        count, first = _find_run(repeated.is_drifted)
        is_drifting = bool(is_judged and count >= persist and together.is_drifted[-1])
        is_text = bins.source == "string"
        return ColumnDrift(
            name=self.name,
            kind=bins.kind,
            is_used=True,
            measure=bins.measure,
            threshold=self._threshold,
            effect=float(together.effects[-1]) if is_judged else None,
            psi=compute_psi(bins, *samples) if is_judged else None,
            second="kolmogorov_smirnov" if has_order else "chi_squared",
            second_p=test(*samples) if is_judged else None,
            reference=self.reference.words,
            is_drifting=is_drifting,
            since=timeline.starts[timeline.judged[first]].isoformat() if is_drifting else None,
            windows=self._describe_windows(),
            new_categories=_name_new(pooled, self.name) if is_text else (),
            vanished_categories=_name_vanished(bins, expected, actual, pooled.size) if is_text else (),
            null_share=float(actual[-1]),
            reference_null_share=float(expected[-1]),
            unreadable_share=pooled.unreadable.get(self.name, 0.0) / pooled.weight if weights else 0.0,
        )

    def _mix_all(self) -> tuple[np.ndarray, float]:
        counts = self.reference.counts.sum(axis=0)
        return counts / counts.sum(), self.reference.weight.sum() ** 2 / self.reference.weight_squares.sum()

    def _describe_windows(self) -> tuple[WindowDrift, ...]:
        timeline, found = self.timeline, self.windows
        judged = {window: place for place, window in enumerate(timeline.judged.tolist())}
        described = []
        for i, (start, window) in enumerate(zip(timeline.starts, timeline.windows, strict=True)):
            place = judged.get(i)
            described.append(
                WindowDrift(
                    start.isoformat(),
                    window.n_rows,
                    None if place is None else float(found.effects[place]),
                    None if place is None else float(found.p_adjusted[place]),
                    place is not None and bool(found.is_drifted[place]),
                )
            )
        return tuple(described)


def _find_run(is_drifted: np.ndarray) -> tuple[int, int]:
    """Return how many windows drift up to the latest, and the first of them; 0 if the latest does not."""
    drifted = np.flatnonzero(is_drifted)
    if not drifted.size or drifted[-1] != len(is_drifted) - 1:
        return 0, 0
    breaks = np.flatnonzero(np.diff(drifted) > _LONGEST_PAUSE + 1)
    start = int(breaks[-1]) + 1 if breaks.size else 0
    return len(drifted) - start, int(drifted[start])


def _name_new(window: Window, name: str) -> tuple[str, ...]:
    found = window.new_categories.get(name)
    if not found:
        return ()
    return tuple(text for text, weight in found.most_common(_NAMED) if weight >= _FREQUENT * window.weight)


def _name_vanished(
    bins: ColumnBins, expected: np.ndarray, actual: np.ndarray, size: float
) -> tuple[str, ...]:
    shares = expected[: len(bins.categories)]
    is_gone = (shares >= _FREQUENT) & (shares * size >= _LEAST_VANISHED) & (actual[: len(shares)] <= 0)
    order = np.argsort(-shares, kind="stable")
    return tuple(bins.categories[i] for i in order if is_gone[i])[:_NAMED]


def _write_notes(timeline: _Timeline, columns: Sequence[_Column]) -> tuple[str, ...]:
    notes = []
    n_small = len(timeline.windows) - len(timeline.judged)
    if n_small:
        notes.append(
            f"{n_small} of {len(timeline.windows)} windows are too small to judge: they have fewer than "
            f"{LEAST_SIZE:.0f} effective rows. If most windows are, choose a longer window."
        )
    n_waiting = sum(not column.is_week_known for column in columns)
    if timeline.judged.size and n_waiting and not timeline.is_whole_week[-1]:
        notes.append(
            f"The log does not cover a whole week. The training rows do not show how weekdays, or hours of "
            f"short windows, differ for {n_waiting} of {len(columns)} columns (predictions included). For "
            f"these, only changes that no weekday or hour can explain count as a drift."
        )
    return tuple(notes)
