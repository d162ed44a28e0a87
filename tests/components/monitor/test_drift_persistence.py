import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.monitor.column_bins import ColumnBins, build_bins
from components.monitor.drift_persistence import DriftJudge, DriftJudgement
from components.monitor.record import ColumnDrift
from components.monitor.rows import PredictedRows
from components.monitor.window_counts import WindowCounts
from tests.components.monitor.predicted_rows import make_rows, make_times

DAY = timedelta(days=1)
KINDS: dict[str, Kind] = {"x": "float", "y": "float", "s": "string"}
# A Monday.
START = "2026-03-02"
PER_DAY = 500
JUDGES: dict[int, tuple[PredictedRows, dict[str, ColumnBins], DriftJudge]] = {}


def draw(
    times: np.ndarray, *, weekend: float = 0, shift: float = 0, trend: float = 0, seed: int = 0
) -> PredictedRows:
    """Return rows; the first of two numbers has a season, a shift, and a trend over a year."""
    rng = np.random.default_rng(seed)
    n_rows = len(times)
    days = (times - np.datetime64(START, "us")) / np.timedelta64(1, "D")
    x = rng.normal(size=n_rows) + weekend * (np.floor(days) % 7 >= 5) + shift + trend * days / 365
    frame = pd.DataFrame({"x": x, "y": rng.normal(size=n_rows), "s": rng.choice(["a", "b", "c"], n_rows)})
    return make_rows(frame, time=times, outputs=rng.random((n_rows, 1)))


@cache
def build_reference(weekend: float = 0, *, has_times: bool = True, trend: float = 0) -> PredictedRows:
    """Return eight weeks of training rows that end where the log starts."""
    reference = draw(make_times("2026-01-05", 56, 200), weekend=weekend, trend=trend, seed=1)
    if has_times:
        return reference
    hidden = np.full(len(reference), "NaT", dtype="datetime64[us]")
    return make_rows(reference.columns, time=hidden, outputs=reference.outputs)


def judge(
    reference: PredictedRows,
    log: Sequence[PredictedRows],
    persist: int = 3,
    period: timedelta = DAY,
) -> DriftJudgement:
    # A judge remembers the chance that it simulated.
    if id(reference) not in JUDGES:
        bins = build_bins(reference, KINDS, is_class=True)
        JUDGES[id(reference)] = reference, bins, DriftJudge(reference, bins)
    _, bins, found = JUDGES[id(reference)]
    counts = WindowCounts(bins, period)
    for rows in log:
        counts.add(rows)
    return found.judge(counts, persist)


def list_drifting(judgement: DriftJudgement) -> list[str]:
    assert judgement.predictions is not None
    return [column.name for column in (*judgement.columns, judgement.predictions) if column.is_drifting]


def replace_column(rows: PredictedRows, name: str, values: Any) -> PredictedRows:
    return make_rows(rows.columns.assign(**{name: values}), time=rows.time, outputs=rows.outputs)


def make_days(first: int, n_days: int, per_day: int = PER_DAY) -> np.ndarray:
    """Return times of days of the log, counted from its Monday."""
    return make_times(str(np.datetime64(START) + first), n_days, per_day)


def find(judgement: DriftJudgement, name: str) -> ColumnDrift:
    return next(column for column in judgement.columns if column.name == name)


@pytest.mark.slow_variants
@pytest.mark.parametrize("weekend", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("has_times", [True, False])
def test_weekends_are_no_drift_on_any_day(weekend: float, has_times: bool) -> None:
    reference = build_reference(weekend, has_times=has_times)
    for n_days in (1, 2, 5, 6, 7, 8, 12, 14, 18):
        judgement = judge(reference, [draw(make_days(0, n_days), weekend=weekend)])
        assert list_drifting(judgement) == []


@pytest.mark.parametrize(
    ("has_times", "weekend", "delay"), [(True, 0.0, 3), (True, 1.0, 3), (False, 0.0, 6), (False, 1.0, 6)]
)
def test_a_shift_is_found_once_it_lasts(has_times: bool, weekend: float, delay: int) -> None:
    reference = build_reference(weekend, has_times=has_times)
    before = draw(make_days(0, 10), weekend=weekend)
    for n_days in (2, delay):
        log = [before, draw(make_days(10, n_days), weekend=weekend, shift=0.4, seed=n_days)]
        judgement = judge(reference, log)
        assert list_drifting(judgement) == (["x"] if n_days == delay else [])
    since = find(judgement, "x").since
    assert since is not None
    assert "2026-03-12" <= since <= f"2026-03-{12 + delay - 3}T00:00:00+00:00"


def test_the_record_says_what_was_compared() -> None:
    reference = build_reference(1.0)
    log = draw(make_days(0, 5), weekend=1.0, shift=0.5)
    x = find(judge(reference, [log]), "x")
    assert (x.measure, x.threshold, x.second) == ("wasserstein", 0.1, "kolmogorov_smirnov")
    assert x.reference == "training rows of the same weekdays"
    assert x.effect is not None
    assert x.effect * log.columns["x"].std() == pytest.approx(0.5, abs=0.15)
    assert x.psi is not None
    assert x.psi > 0.1
    assert x.second_p is not None
    assert x.second_p < 1e-6
    assert x.since == "2026-03-02T00:00:00+00:00"
    assert [window.rows for window in x.windows] == [PER_DAY] * 5
    assert all(window.is_drifted for window in x.windows)
    assert json.loads(json.dumps(asdict(x), allow_nan=False))["name"] == "x"


def test_the_predictions_are_judged_like_a_column() -> None:
    log = draw(make_days(0, 8))
    high = make_rows(log.columns, time=log.time, outputs=np.sqrt(log.outputs))
    judgement = judge(build_reference(), [high])
    assert list_drifting(judgement) == [""]
    assert judgement.predictions is not None
    assert (judgement.predictions.kind, judgement.predictions.measure) == ("probability", "jensen_shannon")


def test_a_drift_that_ended_does_not_count() -> None:
    log = [draw(make_days(0, 4)), draw(make_days(4, 4), shift=1), draw(make_days(8, 4), seed=2)]
    x = find(judge(build_reference(), log), "x")
    assert not x.is_drifting
    assert [window.is_drifted for window in x.windows] == [False] * 4 + [True] * 4 + [False] * 4


def test_two_windows_without_a_drift_are_a_pause_and_three_an_end() -> None:
    for pause, since in ((2, "2026-03-06"), (3, "2026-03-12")):
        log = [
            draw(make_days(0, 4)),
            draw(make_days(4, 3), shift=1),
            draw(make_days(7, pause), seed=2),
            draw(make_days(7 + pause, 3), shift=1, seed=3),
        ]
        x = find(judge(build_reference(), log), "x")
        assert x.since == f"{since}T00:00:00+00:00"


def test_a_trend_in_training_does_not_hide_a_drift_nor_make_a_season() -> None:
    reference = build_reference(trend=4)
    log = draw(make_days(0, 9), shift=0.5)
    assert list_drifting(judge(reference, [log])) == ["x"]
    assert find(judge(reference, [log]), "x").reference == "all training rows"


@pytest.mark.parametrize("has_times", [True, False])
def test_missing_values_are_a_drift(has_times: bool) -> None:
    log = draw(make_days(0, 10))
    is_missing = np.random.default_rng(0).random(len(log)) < 0.2
    log = replace_column(log, "y", log.columns["y"].mask(is_missing))
    log = replace_column(log, "s", log.columns["s"].mask(is_missing, None))
    judgement = judge(build_reference(has_times=has_times), [log])
    assert list_drifting(judgement) == ["y", "s"]
    y = find(judgement, "y")
    assert (y.null_share, y.reference_null_share) == (pytest.approx(0.2, abs=0.02), 0)
    assert y.effect == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("has_times", [True, False])
def test_a_change_that_no_weekday_explains_is_found_within_the_first_days(has_times: bool) -> None:
    log = draw(make_days(0, 3))
    log = replace_column(log, "x", log.columns["x"] * 1000)
    log = replace_column(log, "s", log.columns["s"].replace("c", "d"))
    judgement = judge(build_reference(1.0, has_times=has_times), [log])
    assert list_drifting(judgement) == ["x", "s"]
    s = find(judgement, "s")
    assert (s.new_categories, s.vanished_categories, s.second) == (("d",), ("c",), "chi_squared")


def test_less_than_a_week_is_said_where_weekdays_are_not_known() -> None:
    log = [draw(make_days(0, 6))]
    [note] = judge(build_reference(has_times=False), log).notes
    assert note.startswith("The log does not cover a whole week")
    assert "4 of 4 columns" in note
    assert judge(build_reference(has_times=True), log).notes == ()
    assert judge(build_reference(has_times=False), [draw(make_days(0, 7))]).notes == ()


def test_a_weekday_that_is_missing_in_the_log_is_no_drift() -> None:
    reference = build_reference(2.0, has_times=False)
    rows = draw(make_days(0, 16), weekend=2.0)
    day = (rows.time - np.datetime64(START, "us")) // np.timedelta64(1, "D")
    # No log on the second Sunday.
    assert list_drifting(judge(reference, [rows.take(day != 13)])) == []


def test_a_small_window_does_not_take_the_place_of_its_weekday() -> None:
    reference = build_reference(2.0, has_times=False)
    # The second Sunday has three rows.
    log = [
        draw(make_days(0, 13), weekend=2.0),
        draw(make_days(13, 1, 3), weekend=2.0),
        draw(make_days(14, 3), weekend=2.0),
    ]
    assert list_drifting(judge(reference, log, persist=1)) == []


@pytest.mark.parametrize("has_times", [True, False])
def test_a_day_that_has_just_begun_is_completed_by_that_of_the_week_before(has_times: bool) -> None:
    reference = build_reference(2.0, has_times=has_times)
    for n_days in (11, 12, 13, 14):
        # Five hours of the next day.
        begun = make_days(n_days, 1, 1000)[:208]
        log = [draw(make_days(0, n_days, 1000), weekend=2.0), draw(begun, weekend=2.0)]
        assert list_drifting(judge(reference, log, persist=1)) == []


def test_a_log_without_weekends_is_judged_after_a_week() -> None:
    reference = build_reference(0.0, has_times=False)
    rows = draw(make_days(0, 19), shift=0.4)
    day = (rows.time - np.datetime64(START, "us")) // np.timedelta64(1, "D")
    assert list_drifting(judge(reference, [rows.take(day % 7 < 5)])) == ["x"]


def test_a_small_window_is_not_judged_and_said() -> None:
    log = [draw(make_days(0, 4)), draw(make_days(4, 1, per_day=3), shift=9)]
    judgement = judge(build_reference(), log)
    assert list_drifting(judgement) == []
    *_, last = find(judgement, "x").windows
    assert (last.rows, last.effect, last.p_adjusted, last.is_drifted) == (3, None, None, False)
    assert judgement.notes == (
        "1 of 5 windows are too small to judge: they have fewer than 100 effective rows. If most windows "
        "are, choose a longer window.",
    )


def test_rows_that_stand_for_many_count_as_few() -> None:
    rows = draw(make_days(0, 1))
    weight = np.where(np.arange(len(rows)) < 5, 1000.0, 0.001)
    weighted = PredictedRows(rows.columns, rows.outputs, weight, rows.time, rows.truth)
    [window] = find(judge(build_reference(), [weighted]), "x").windows
    assert (window.rows, window.effect) == (PER_DAY, None)


def test_a_log_of_small_windows_only_has_shares_and_no_effect() -> None:
    log = draw(make_days(0, 3, per_day=20))
    x = find(judge(build_reference(), [replace_column(log, "x", np.nan)]), "x")
    assert (x.effect, x.psi, x.second_p, x.is_drifting, x.since) == (None, None, None, False, None)
    assert (x.null_share, len(x.windows)) == (1.0, 3)


def test_without_rows_there_is_nothing_to_judge() -> None:
    judgement = judge(build_reference(), [])
    assert [column.windows for column in judgement.columns] == [(), (), ()]
    assert [column.effect for column in judgement.columns] == [None] * 3
    assert (judgement.predictions, judgement.notes) == (None, ())


@pytest.mark.slow_variants
@pytest.mark.parametrize("period", [timedelta(hours=6), timedelta(days=2), timedelta(days=7)])
def test_windows_of_other_lengths_let_weekdays_cancel_out_and_find_a_shift(period: timedelta) -> None:
    for has_times in (True, False):
        reference = build_reference(1.0, has_times=has_times)
        calm = judge(reference, [draw(make_days(3, 42, 600), weekend=1.0)], period=period)
        assert list_drifting(calm) == []
        moved = judge(reference, [draw(make_days(3, 42, 600), weekend=1.0, shift=0.4)], period=period)
        assert list_drifting(moved) == ["x"]


def test_hours_of_the_day_are_no_drift_of_short_windows() -> None:
    def draw_hours(times: np.ndarray, shift: float = 0) -> PredictedRows:
        rows = draw(times)
        hour = (times - times.astype("datetime64[D]")) / np.timedelta64(1, "h")
        return replace_column(rows, "x", rows.columns["x"] + (hour < 12) + shift)

    reference = draw_hours(build_reference().time)
    for n_days in (1, 2, 5, 9, 10):
        calm = judge(reference, [draw_hours(make_days(0, n_days, 1000))], period=timedelta(hours=6))
        assert list_drifting(calm) == []
    moved = judge(reference, [draw_hours(make_days(0, 10, 1000), shift=0.4)], period=timedelta(hours=6))
    assert list_drifting(moved) == ["x"]


def test_unreadable_cells_are_a_share_of_the_latest_rows() -> None:
    reference = build_reference()
    bins = build_bins(reference, KINDS, is_class=True)
    counts = WindowCounts(bins, DAY)
    rows = draw(make_days(0, 4))
    counts.add(rows, {"x": np.arange(len(rows)) % 4 == 0})
    judgement = DriftJudge(reference, bins).judge(counts, 3)
    assert find(judgement, "x").unreadable_share == pytest.approx(0.25)
    assert find(judgement, "y").unreadable_share == 0
