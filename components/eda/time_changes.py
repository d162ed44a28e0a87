"""How the rows change over time: trends, and dates from which on a column is different.

The rows in the order of time are divided into periods of about equal rows. Of each column the clipped number,
whether it is null, and whether it is one of its most frequent categories are compared between periods: all
before a date with all after it, for each date, and as a line over time (maximally selected statistics:
Hothorn and Zeileis, Biometrics 64(4), 2008; Andrews, Econometrica 61(4), 1993). What chance explains is the
largest such difference of all columns together in the same rows in random order, which 5 % of the orders
exceed (Westfall and Young, Resampling-based multiple testing, Wiley, 1993).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.schema import Kind
from components.eda.bins import build_time_bins
from components.eda.counters import BinCounter
from components.eda.target import Target
from components.eda.target_figures import BinTargetInfo, compute_bin_target_info
from components.eda.values import to_numbers

# More would hardly show other changes, but take time and memory.
MOST_ROWS = 5_000
MOST_COLUMNS = 100
MOST_SHOWN = 6
_MOST_PERIODS = 40
_LEAST_PERIODS = 5
_LEAST_ROWS = 200
_PERIOD_ROWS = 20
_MOST_CATEGORIES = 5
# Fewer nulls, or rows of a category, say little.
_LEAST_EVENTS = 20
# On each side of a date so many are expected, as in the test of chi-squared.
_LEAST_EXPECTED = 5
_N_ORDERS = 199
# Of 199 random orders, 9 exceed it: with the true one, 5 % of 200.
_BOUND_PLACE = 189
_CLIPPED = [0.01, 0.99]
# What a trend is described by are the first and the last periods, in shares of all.
_END_SHARE = 0.2


class TimeChange(NamedTuple):
    """A change of one column, or of the target.

    Attributes
    ----------
    name : str
        What changes, such as "Mean of fare" or "Share of plan = pro".
    is_share : bool
        Whether it is a share of the rows, from 0 to 1.
    size : float
        The difference in standard errors.
    start : float or None
        The time from which on it is different; None for a trend.
    before, after : float
        Its value before and after the start; of a trend, in the first and the last fifth of the periods.
    times, values : list of float
        The middle of each period, and its value there; NaN where it has none.
    """

    name: str
    is_share: bool
    size: float
    start: float | None
    before: float
    after: float
    times: list[float]
    values: list[float]


class TimeInfo(NamedTuple):
    """What changes over time.

    Attributes
    ----------
    column : str
        The column of times.
    is_proposed : bool
        Whether validate proposes it, because the problem names no event time.
    is_date : bool
        Whether the times are dates, in seconds since 1970; otherwise they are numbers.
    n_rows, n_columns, n_periods : int
        Rows and columns that were compared, and the periods.
    n_left : int
        Columns that were not, because they are too many.
    bound : float
        The difference in standard errors that chance explains.
    n_changed : int
        Columns, with the target, that change by more.
    changes : list of TimeChange
        Those of the largest difference, at most ``MOST_SHOWN``.
    targets : BinTargetInfo
        Rows and target by bins of equal length.
    """

    column: str
    is_proposed: bool
    is_date: bool
    n_rows: int
    n_columns: int
    n_periods: int
    n_left: int
    bound: float
    n_changed: int
    changes: list[TimeChange]
    targets: BinTargetInfo


class _Signal(NamedTuple):
    """A property of the rows as numbers, NaN for unknown, shape (n_rows,), and how many rows tell it."""

    column: str
    name: str
    is_share: bool
    values: np.ndarray
    n_events: int


def find_time_changes(
    frame: pd.DataFrame,
    columns: Sequence[str],
    kinds: Mapping[str, Kind],
    y: np.ndarray,
    target: Target,
    problem: Problem,
    proposals: Sequence[Proposal],
    *,
    seed: int,
) -> TimeInfo | None:
    """Return what changes over time; None without a column of times, or for few rows or times.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows chosen at random, in random order, with the times.
    columns : sequence of str
        The columns that are looked at, of which the first 100 are used.
    kinds : mapping of str to str
        The kinds of the columns.
    y : ndarray of shape (n_rows,)
        The target, or the codes of its classes.
    target : Target
        What is known of the target.
    problem : Problem
        Names the event time.
    proposals : sequence of Proposal
        Where it does not, they may name a column of dates.
    seed : int
        Seed of the random orders.
    """
    proposed = [proposal.columns[0] for proposal in proposals if proposal.kind == "event_time"]
    column = problem.event_time or next(iter(proposed), None)
    if column is None or column not in frame or kinds[column] not in ("datetime", "integer", "float"):
        return None
    times = to_numbers(frame[column][:MOST_ROWS])
    order = np.argsort(times, kind="stable")[: np.count_nonzero(~np.isnan(times))]
    rows, times, y = frame.iloc[order], times[order], y[order]
    starts = _find_starts(times)
    if len(times) < _LEAST_ROWS or len(starts) < _LEAST_PERIODS:
        return None
    others = [name for name in columns if name != column]
    compared = others[:MOST_COLUMNS]
    signals = [*_iterate_target_signals(y, target)]
    for name in compared:
        signals += _iterate_signals(rows[name], kinds[name])
    signals = [signal for signal in signals if signal.n_events >= _LEAST_EVENTS and np.nanstd(signal.values)]
    differences, bound = _measure_differences(signals, starts, seed)
    best = differences.max(axis=0)
    changed: dict[str, int] = {}
    for place in np.argsort(-best, kind="stable").tolist():
        if best[place] > bound:
            changed.setdefault(signals[place].column, place)
    return TimeInfo(
        column,
        problem.event_time is None,
        kinds[column] == "datetime",
        len(times),
        len(compared),
        len(starts),
        len(others) - len(compared),
        bound,
        len(changed),
        [
            _describe_change(signals[place], differences[:, place], starts, times)
            for place in [*changed.values()][:MOST_SHOWN]
        ],
        _count_targets(times, y, target),
    )


def _find_starts(times: np.ndarray) -> np.ndarray:
    """Return the first row of each period; rows of one time are in one period."""
    n_periods = min(_MOST_PERIODS, max(len(times) // _PERIOD_ROWS, 1))
    places = np.linspace(0, len(times), n_periods, endpoint=False).astype(np.int64)
    return np.unique(np.searchsorted(times, times[places])) if len(times) else places[:0]


def _iterate_target_signals(y: np.ndarray, target: Target) -> Iterator[_Signal]:
    if not target.labels:
        yield _build_number(target.name, y)
        return
    codes = target.group_classes(y)
    for code, label in enumerate(target.drawn_classes):
        if not target.is_binary or code == 1:
            yield _build_share(target.name, f"{target.name} = {label}", codes == code)


def _iterate_signals(column: pd.Series, kind: Kind) -> Iterator[_Signal]:
    name = str(column.name)
    yield _build_share(name, f"null in {name}", column.isna().to_numpy())
    if kind in ("string", "boolean"):
        for value in column.value_counts().index[:_MOST_CATEGORIES]:
            yield _build_share(
                name, f"{name} = {value}", (column == value).fillna(value=False).to_numpy(bool)
            )
    elif kind != "datetime" and column.notna().any():
        # A second column of dates follows the time in any case.
        yield _build_number(name, to_numbers(column))


def _build_number(name: str, values: np.ndarray) -> _Signal:
    # Few distant values would hide the others.
    clipped = np.clip(values, *np.nanquantile(values, _CLIPPED))
    return _Signal(name, f"Mean of {name}", False, clipped, int((~np.isnan(values)).sum()))


def _build_share(column: str, name: str, is_true: np.ndarray) -> _Signal:
    n_true = int(is_true.sum())
    return _Signal(column, f"Share of {name}", True, is_true * 1.0, min(n_true, len(is_true) - n_true))


def _measure_differences(
    signals: Sequence[_Signal], starts: np.ndarray, seed: int
) -> tuple[np.ndarray, float]:
    """Return the differences in standard errors, and the bound that chance explains.

    The differences have shape (n_periods, n_signals): between the periods up to the first, the second and so
    on and the others, and in the last row along a line. Differences that few rows tell are 0.
    """
    if not signals:
        return np.zeros((len(starts), 0)), np.inf
    values = np.column_stack([_standardise(signal.values) for signal in signals])
    n_rows = len(values)
    counts = np.diff(np.append(starts, n_rows))
    contrasts = np.vstack([np.tri(len(starts))[:-1], starts + counts / 2])
    contrasts -= (contrasts @ counts / n_rows)[:, None]
    contrasts /= np.sqrt(contrasts**2 @ counts)[:, None]
    sides = np.minimum(starts[1:], n_rows - starts[1:]) / n_rows
    expected = np.outer(np.append(sides, 1.0), [signal.n_events for signal in signals])

    def measure(rows: np.ndarray) -> np.ndarray:
        found = np.abs(contrasts @ np.add.reduceat(rows, starts, axis=0))
        return np.asarray(np.where(expected >= _LEAST_EXPECTED, found, 0.0))

    random = np.random.default_rng(seed)
    largest = [measure(values[random.permutation(n_rows)]).max() for _ in range(_N_ORDERS)]
    return measure(values), float(np.sort(largest)[_BOUND_PLACE])


def _standardise(values: np.ndarray) -> np.ndarray:
    """Return values as float32 of mean 0 and standard deviation 1; unknown ones are the mean."""
    centred = np.nan_to_num(values - np.nanmean(values))
    return np.asarray(centred / centred.std(), dtype=np.float32)


def _describe_change(
    signal: _Signal, differences: np.ndarray, starts: np.ndarray, times: np.ndarray
) -> TimeChange:
    place = int(differences.argmax())
    is_trend = place == len(starts) - 1
    n_ends = max(round(_END_SHARE * len(starts)), 1)
    first, last = (starts[n_ends], starts[-n_ends]) if is_trend else (starts[place + 1],) * 2
    stops = np.append(starts[1:], len(times))
    return TimeChange(
        signal.name,
        signal.is_share,
        float(differences[place]),
        None if is_trend else float(times[first]),
        _compute_mean(signal.values[:first]),
        _compute_mean(signal.values[last:]),
        [
            float((times[start] + times[stop - 1]) / 2)
            for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        ],
        [
            _compute_mean(signal.values[start:stop])
            for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        ],
    )


def _compute_mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _count_targets(times: np.ndarray, y: np.ndarray, target: Target) -> BinTargetInfo:
    n_bins = min(_MOST_PERIODS, len(np.unique(times)))
    # Just beyond the last time, which is in the last bin.
    edges = np.linspace(times[0], np.nextafter(times[-1], np.inf), n_bins + 1)
    counter = BinCounter(build_time_bins(edges), target)
    counter.add(times, y)
    return compute_bin_target_info(counter, target)
