import numpy as np
import pandas as pd
import pytest

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.schema import Kind
from components.eda.target import Target
from components.eda.time_changes import TimeInfo, find_time_changes

N = 2_000
KINDS: dict[str, Kind] = {
    "day": "datetime",
    "later": "datetime",
    "trend": "float",
    "break": "float",
    "gap": "float",
    "plan": "string",
    "is_new": "boolean",
    "noise": "integer",
}
COLUMNS = list(KINDS)
PROBLEM = Problem(
    target="y",
    task="binary",
    metric="roc_auc",
    classes=("no", "yes"),
    positive_label="yes",
    event_time="day",
)
WITHOUT_TIME = PROBLEM.model_copy(update={"event_time": None})
TARGET = Target("y", N, ("no", "yes"), (N // 2, N // 2))
PROPOSED = Proposal("event_time", ("day",), "It has dates.", "event_time: day")
BREAK = pd.Timestamp(2026, 4, 11)


def _make_table(seed: int = 0) -> pd.DataFrame:
    """Return columns of every kind that do not depend on the day, in random order of it."""
    random = np.random.default_rng(seed)
    day = pd.Timestamp(2026, 1, 1) + pd.to_timedelta(random.integers(0, 200, N), unit="D")
    return pd.DataFrame(
        {
            "day": day,
            "later": day + pd.to_timedelta(3, unit="D"),
            "trend": random.lognormal(size=N),
            "break": random.normal(10, 1, N),
            "gap": pd.Series(random.normal(size=N)).mask(pd.Series(random.random(N) < 0.03)),
            "plan": random.choice(["basic", "plus", "rare"], N, p=[0.7, 0.28, 0.02]),
            "is_new": random.choice([True, False], N),
            "noise": random.poisson(2, N),
        }
    )


def _make_targets(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + 1_000).permutation(np.arange(N) % 2)


def _find(
    frame: pd.DataFrame, problem: Problem = PROBLEM, proposals: tuple[Proposal, ...] = (), seed: int = 0
) -> TimeInfo | None:
    y = _make_targets(seed)[: len(frame)]
    return find_time_changes(frame, COLUMNS, KINDS, y, TARGET, problem, proposals, seed=seed)


@pytest.fixture(scope="module")
def found() -> TimeInfo:
    table = _make_table()
    place = (table["day"] - table["day"].min()) / pd.Timedelta(days=200)
    is_late = table["day"] >= BREAK
    random = np.random.default_rng(1)
    table["trend"] *= 1 + place
    table["break"] += 2.0 * is_late
    table["gap"] = table["gap"].mask(is_late & (random.random(N) < 0.3))
    table["plan"] = table["plan"].mask(is_late & (random.random(N) < 0.2), "new")
    found = _find(table)
    assert found is not None
    return found


def test_trends_and_breaks_are_found_the_largest_first(found: TimeInfo) -> None:
    names = [change.name for change in found.changes]
    assert names[0] == "Mean of break"
    assert set(names) == {"Mean of break", "Share of null in gap", "Share of plan = new", "Mean of trend"}
    assert found.n_changed == 4
    assert [change.size for change in found.changes] == sorted(
        (change.size for change in found.changes), reverse=True
    )
    assert min(change.size for change in found.changes) > found.bound > 2.0


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Mean of break", 10.0, 12.0),
        ("Share of null in gap", 0.03, 0.32),
        ("Share of plan = new", 0.0, 0.2),
    ],
)
def test_a_break_has_its_date_and_its_values_on_both_sides(
    found: TimeInfo, name: str, before: float, after: float
) -> None:
    change = next(change for change in found.changes if change.name == name)
    assert change.start is not None
    # A period has five days.
    assert abs(change.start - BREAK.timestamp()) <= 6 * 86_400
    assert change.before == pytest.approx(before, abs=0.15 if not change.is_share else 0.03)
    assert change.after == pytest.approx(after, abs=0.15 if not change.is_share else 0.05)
    assert len(change.times) == len(change.values) == found.n_periods
    assert change.times == sorted(change.times)


def test_a_trend_has_no_date(found: TimeInfo) -> None:
    change = next(change for change in found.changes if change.name == "Mean of trend")
    assert change.start is None
    assert change.after / change.before == pytest.approx(1.9 / 1.1, rel=0.25)


def test_rows_and_targets_are_counted_over_time(found: TimeInfo) -> None:
    assert found.column == "day"
    assert (found.is_date, found.is_proposed) == (True, False)
    assert (found.n_rows, found.n_columns, found.n_periods) == (N, len(COLUMNS) - 1, 40)
    assert found.targets.groups.counts.sum() == N


@pytest.mark.parametrize(
    ("problem", "frame"),
    [
        (WITHOUT_TIME, _make_table()),
        (PROBLEM, _make_table()[:199]),
        (PROBLEM, _make_table().assign(day=pd.Timestamp(2026, 1, 1))),
        (PROBLEM, _make_table().assign(day=pd.Series(pd.NaT, range(N)))),
    ],
    ids=["no time", "few rows", "one time", "no times"],
)
def test_without_times_nothing_is_compared(problem: Problem, frame: pd.DataFrame) -> None:
    assert _find(frame) is not None or problem is PROBLEM
    assert _find(frame, problem) is None


def test_a_proposed_column_gives_the_times_where_the_problem_names_none() -> None:
    table = _make_table()
    table.loc[:9, "day"] = pd.NaT
    found = _find(table, WITHOUT_TIME, (PROPOSED,))
    assert found is not None
    assert found.is_proposed
    assert found.n_rows == N - 10
    assert found.changes == []


def test_a_target_that_changes_is_found() -> None:
    table = _make_table()
    y = (table["day"] >= BREAK).to_numpy().astype(np.int64)
    found = find_time_changes(table, [], KINDS, y, TARGET, PROBLEM, (), seed=0)
    assert found is not None
    (change,) = found.changes
    assert (change.name, change.before) == ("Share of y = yes", 0.0)
    # The date is that of the period in which the break is.
    assert change.after == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
def test_of_tables_without_changes_at_most_about_one_of_twenty_shows_one() -> None:
    found = [_find(_make_table(seed), seed=seed) for seed in range(100, 160)]
    # Of 60 tables 3 are expected; more than 7 have a chance of 1 %.
    assert sum(info is not None and info.n_changed > 0 for info in found) <= 7
