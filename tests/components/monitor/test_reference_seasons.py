from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from components.monitor.column_bins import build_bins
from components.monitor.reference_seasons import WEEK, YEAR, ReferenceShares, Season, build_reference_shares
from components.monitor.rows import PredictedRows
from tests.components.monitor.predicted_rows import make_rows, make_times

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def draw_reference(
    n_days: int, *, weekend: float = 0, year: float = 0, trend: float = 0, n_rows: int = 12_000
) -> PredictedRows:
    """Return rows from Monday, 1 January 2024, on, with normal values and a season."""
    times = make_times("2024-01-01", n_days, max(1, n_rows // n_days))
    day = np.arange(len(times)) * n_days / len(times)
    x = np.random.default_rng(0).normal(size=len(times)) + trend * day / n_days
    x += weekend * (np.floor(day) % 7 >= 5) + year * np.sin(2 * np.pi * day / 365.25)
    return make_rows({"x": x}, time=times)


def build(reference: PredictedRows) -> ReferenceShares:
    return build_reference_shares(build_bins(reference, {"x": "float"}, is_class=True)["x"], reference)


@pytest.mark.parametrize(
    ("reference", "season", "is_week_known"),
    [
        (draw_reference(56), None, True),
        (draw_reference(56, weekend=1), WEEK, True),
        (draw_reference(56, weekend=1, trend=0.5), WEEK, True),
        (draw_reference(10, weekend=1), None, False),
        (draw_reference(800, year=0.5), YEAR, True),
        (draw_reference(800, trend=2), None, False),
        (draw_reference(500, year=0.5), None, False),
        (draw_reference(800, year=1, weekend=0.5), YEAR, False),
        (draw_reference(56, weekend=1, n_rows=500), None, False),
    ],
)
def test_a_season_is_one_that_repeats(
    reference: PredictedRows, season: Season | None, is_week_known: bool
) -> None:
    shares = build(reference)
    assert (shares.season, shares.is_week_known) == (season, is_week_known)


def test_rows_without_times_show_no_season() -> None:
    rows = draw_reference(56, weekend=1)
    hidden = make_rows(rows.columns, time=np.full(len(rows), "NaT"))
    shares = build(hidden)
    assert (shares.season, shares.is_week_known, shares.words) == (None, False, "all training rows")


def compute_mean(shares: ReferenceShares, days: list[int], period: timedelta = DAY) -> float:
    expected, _ = shares.mix({MONDAY + day * DAY: 1.0 for day in days}, period)
    return float(expected[:-1] @ shares.bins.centres)


def test_a_window_is_compared_with_its_own_weekdays() -> None:
    shares = build(draw_reference(56, weekend=2))
    monday, saturday = compute_mean(shares, [0]), compute_mean(shares, [5])
    assert saturday - monday > 1
    assert compute_mean(shares, [0, 5]) == pytest.approx((monday + saturday) / 2)
    assert compute_mean(shares, [4], 2 * DAY) == pytest.approx((monday + saturday) / 2, abs=0.05)
    assert compute_mean(shares, [5], DAY / 4) == pytest.approx(saturday)
    whole_week = compute_mean(shares, [*range(7)])
    assert whole_week == pytest.approx((5 * monday + 2 * saturday) / 7, abs=0.05)
    assert shares.words == "training rows of the same weekdays"


def test_the_size_is_that_of_the_rows_used() -> None:
    shares = build(draw_reference(56, weekend=2))
    _, one_day = shares.mix({MONDAY: 500.0}, DAY)
    _, all_days = shares.mix({MONDAY + day * DAY: 500.0 for day in range(7)}, DAY)
    assert one_day == pytest.approx(shares.weight[0])
    assert all_days == pytest.approx(shares.weight.sum())


def test_weeks_of_the_year_follow_a_season_without_a_step() -> None:
    shares = build(draw_reference(800, year=1, n_rows=24_000))
    means = [compute_mean(shares, [day]) for day in range(0, 364, 7)]
    assert max(means) - min(means) > 1.2
    assert np.abs(np.diff(means)).max() < 0.2
    _, size = shares.mix({MONDAY: 1.0}, DAY)
    assert size == pytest.approx(24_000 * 35 / 365, rel=0.35)


def test_slots_are_weekdays_and_weeks_of_the_year() -> None:
    times = np.array(["2026-03-02", "2026-03-08", "2024-12-31"], dtype="datetime64[us]")
    assert WEEK.find_slots(times).tolist() == [0, 6, 1]
    assert YEAR.find_slots(times).tolist() == [8, 9, 51]
    assert np.flatnonzero(YEAR.find_neighbours()[0]).tolist() == [0, 1, 2, 50, 51]
    assert (WEEK.find_neighbours() == np.eye(7)).all()
