"""How well drift is told from chance on generated streams of known kind: ``python -m benchmarks.monitor``.

A stream has correlated columns of mixed kinds. False alarms are counted over all columns and the predictions
together, once for each day. Drifts of every kind begin on the same day, each in a column of its own.
"""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from components._table.kinds import Kind
from components.monitor.column_bins import build_bins
from components.monitor.drift_persistence import DriftJudge
from components.monitor.rows import PredictedRows
from components.monitor.window_counts import WindowCounts

_DAY = timedelta(days=1)
_START = np.datetime64("2026-03-02", "us")
_TRAINING_DAYS = 56
_REFERENCE_ROWS = 20_000
_LOG_DAYS = 28
_PERSIST = 3
_WEEKEND = 1.0
_DAY_EFFECT = 0.05
_HEAD = f"{'columns':>8}{'rows/day':>9}{'season':>8}{'times':>7}{'day effect':>12}"
# Days after which a drift is to be found, where the training rows have event times, and where not.
_DELAYS = {True: 4, False: 7}
_KINDS: tuple[Kind, ...] = ("float", "float", "float", "string", "boolean", "integer", "string", "datetime")
# Which columns drift, and how.
_DRIFTS = {
    "c0": "shift by 0.3 sd",
    "c1": "shift by 0.5 sd",
    "c2": "unit change",
    "c3": "category share + 0.2",
    "c6": "new category in 10 %",
    "c8": "missing in 20 %, numbers",
    "c11": "missing in 20 %, strings",
}


@dataclass(frozen=True)
class Stream:
    """A kind of stream.

    Attributes
    ----------
    n_columns : int
        Columns.
    rows_per_day : int
        Logged rows a day.
    has_season : bool
        Whether weekends differ, by a standard deviation or by half of the categories' shares.
    has_times : bool
        Whether the training rows have event times.
    day_effect : float
        Standard deviation of what the rows of a day have in common in a column, in training, too; in standard
        deviations.
    """

    n_columns: int
    rows_per_day: int
    has_season: bool
    has_times: bool
    day_effect: float = 0.0

    def draw(
        self, rng: np.random.Generator, first_day: int, n_days: int, n_rows: int, *, is_drifted: bool = False
    ) -> PredictedRows:
        """Return rows, spread evenly over days."""
        microseconds = rng.integers(first_day * 86_400_000_000, (first_day + n_days) * 86_400_000_000, n_rows)
        times = _START + np.sort(microseconds).astype("timedelta64[us]")
        # The first day is a Monday.
        is_weekend = self.has_season & (np.sort(microseconds) // 86_400_000_000 % 7 >= 5)
        # Dates move with the rows only where the training rows' times tell by how much.
        moments = times if self.has_times else np.full(n_rows, _START)
        of_day = np.sort(microseconds) // 86_400_000_000
        effects = self.day_effect * np.random.default_rng(5).normal(
            size=(int(of_day.max()) + 1, self.n_columns)
        )
        factors = rng.normal(size=(n_rows, 3))
        columns = {}
        for i in range(self.n_columns):
            z = 0.6 * factors[:, i % 3] + 0.8 * rng.normal(size=n_rows) + _WEEKEND * is_weekend
            columns[f"c{i}"] = _draw_column(rng, i, z + effects[of_day, i], moments)
        frame = pd.DataFrame(columns)
        if is_drifted:
            _damage(rng, frame)
        score = factors.sum(axis=1) / 2 + is_weekend / 2 + 0.5 * rng.normal(size=n_rows)
        return PredictedRows(
            frame,
            (1 / (1 + np.exp(-score)))[:, None],
            np.ones(n_rows),
            times,
            np.full(n_rows, np.nan),
        )

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kinds of the columns."""
        return {f"c{i}": _KINDS[i % len(_KINDS)] for i in range(self.n_columns)}

    def build_judge(self, seed: int) -> tuple[DriftJudge, WindowCounts]:
        """Return a judge with its training rows, and counts without rows."""
        reference = self.draw(np.random.default_rng([seed, 1]), 0, _TRAINING_DAYS, _REFERENCE_ROWS)
        if not self.has_times:
            hidden = np.full(len(reference), np.datetime64("NaT", "us"))
            reference = PredictedRows(
                reference.columns, reference.outputs, reference.weight, hidden, reference.truth
            )
        bins = build_bins(reference, self.kinds, is_class=True)
        return DriftJudge(reference, bins), WindowCounts(bins, _DAY)


def _draw_column(rng: np.random.Generator, i: int, z: np.ndarray, moments: np.ndarray) -> Any:
    kind = _KINDS[i % len(_KINDS)]
    if kind == "float":
        values = np.exp(z) if i % 3 == 2 else z
        return np.where(rng.random(len(z)) < 0.02, np.nan, values)
    if kind == "integer":
        return np.floor(np.exp(z * 0.7))
    if kind == "boolean":
        return (z > 0.5).astype(np.float64)
    if kind == "datetime":
        return moments - (np.exp(z + 2) * 86_400_000_000).astype("timedelta64[us]")
    # Dozens of categories, or hundreds with a long tail.
    numbers = np.floor(np.exp(z * (0.8 if i % 16 == 3 else 1.2) + (1 if i % 16 == 3 else 3)))
    codes, uniques = pd.factorize(numbers)
    return pd.Series(np.array([f"k{number:.0f}" for number in uniques], dtype=object)[codes])


def _damage(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    n_rows = len(frame)
    frame["c0"] += 0.3
    frame["c1"] += 0.5
    frame["c2"] *= 1000
    for name, share, value in (
        ("c3", 0.2, "k2"),
        ("c6", 0.1, "quite new"),
        ("c8", 0.2, np.nan),
        ("c11", 0.2, None),
    ):
        frame.loc[rng.random(n_rows) < share, name] = value


def main(arguments: Sequence[str]) -> None:
    """Print the tables; with ``quick``, of fewer days."""
    n_days, n_repeats = (20, 2) if "quick" in arguments else (60, 10)
    streams = [Stream(*facts) for facts in product((25, 50), (500, 5_000), (False, True), (True, False))]
    uneven = [replace(stream, day_effect=_DAY_EFFECT) for stream in streams if stream.n_columns == 25]
    print(f"{_HEAD}{'days':>6}{'false alarms':>14}  columns")
    for seed, stream in enumerate([*streams, *uneven]):
        alarms, names = count_false_alarms(stream, seed, n_days)
        print(f"{_describe(stream)}{n_days:6}{alarms:14}  {dict(names)}", flush=True)
    print(f"\nfound within {_DELAYS[True]} days with event times, {_DELAYS[False]} without, of {n_repeats}")
    print(f"{_HEAD}  " + ", ".join(_DRIFTS.values()))
    for stream in streams:
        found, delays = count_found(stream, n_repeats)
        print(
            _describe(stream)
            + "  "
            + ", ".join(f"{found[name]} (day {np.median(delays[name] or [0]):.0f})" for name in _DRIFTS),
            flush=True,
        )
    print()
    measure_cost(Stream(50, 33_334, True, True))


def _describe(stream: Stream) -> str:
    season, times = ("yes" if fact else "no" for fact in (stream.has_season, stream.has_times))
    return f"{stream.n_columns:8}{stream.rows_per_day:9}{season:>8}{times:>7}{stream.day_effect:12}"


def count_false_alarms(stream: Stream, seed: int, n_days: int) -> tuple[int, Counter[str]]:
    """Return the days on which something was said to drift, and what, without a drift."""
    judge, counts = stream.build_judge(seed)
    names: Counter[str] = Counter()
    n_alarms = 0
    for day in range(_TRAINING_DAYS, _TRAINING_DAYS + n_days):
        drifting = _judge_day(stream, judge, counts, day, np.random.default_rng([seed, 2, day]), False)
        n_alarms += bool(drifting)
        names.update(drifting)
    return n_alarms, names


def count_found(stream: Stream, n_repeats: int) -> tuple[Counter[str], dict[str, list[int]]]:
    """Return how many drifts were found in time, by column, and after how many days."""
    found: Counter[str] = Counter()
    delays: dict[str, list[int]] = {name: [] for name in _DRIFTS}
    for repeat in range(n_repeats):
        judge, counts = stream.build_judge(1000 + repeat)
        # Drifts begin on every weekday.
        start = _TRAINING_DAYS + 14 + repeat % 7
        for day in range(_TRAINING_DAYS, start):
            counts.add(stream.draw(np.random.default_rng([repeat, 3, day]), day, 1, stream.rows_per_day))
        missing = set(_DRIFTS)
        for day in range(start, start + _DELAYS[stream.has_times]):
            rng = np.random.default_rng([repeat, 3, day])
            drifting = _judge_day(stream, judge, counts, day, rng, True) & missing
            missing -= drifting
            found.update(drifting)
            for name in drifting:
                delays[name].append(day - start + 1)
    return found, delays


def _judge_day(
    stream: Stream,
    judge: DriftJudge,
    counts: WindowCounts,
    day: int,
    rng: np.random.Generator,
    is_drifted: bool,
) -> set[str]:
    """Add a day to the log, drop one that is too old, and return what drifts."""
    counts.add(stream.draw(rng, day, 1, stream.rows_per_day, is_drifted=is_drifted))
    for number in sorted(counts.windows)[:-_LOG_DAYS]:
        del counts.windows[number]
    judged = judge.judge(counts, _PERSIST)
    assert judged.predictions is not None
    return {column.name for column in (*judged.columns, judged.predictions) if column.is_drifting}


def measure_cost(stream: Stream) -> None:
    """Print time and memory of a million rows."""
    n_days = 30
    judge, counts = stream.build_judge(0)
    before = _read_peak_mib()
    seconds = 0.0
    for day in range(_TRAINING_DAYS, _TRAINING_DAYS + n_days):
        rows = stream.draw(np.random.default_rng([0, 4, day]), day, 1, stream.rows_per_day)
        seconds += _measure(partial(counts.add, rows))
    judging = _measure(partial(judge.judge, counts, _PERSIST))
    print(
        f"{n_days * stream.rows_per_day:,} rows x {stream.n_columns} columns: counted in {seconds:.1f} s, "
        f"judged in {judging:.1f} s; peak memory {_read_peak_mib():.0f} MiB, {before:.0f} MiB before the rows"
    )


def _measure(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return float(time.process_time() - started)


def _read_peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
