import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._estimators import FAMILIES, Facts, list_suitable
from components._problem.metrics import DEFAULT_SCORER
from components._problem.task import TASKS, TaskKind
from components._sweep.time_plan import compute_sweep_seconds
from components.tune.search import TrialSearch
from components.tune.time_planner import SweepDivision, estimate_preparation, plan_time

_EDGE = 1 + 1e-9


@st.composite
def _draw_facts(draw: st.DrawFn) -> Facts:
    kind = draw(st.sampled_from(TASKS))
    return Facts(
        kind,
        DEFAULT_SCORER[kind],
        n_rows=int(10 ** draw(st.floats(1.5, 6))),
        n_features=int(10 ** draw(st.floats(0, 3.5))),
        n_outputs=draw(st.integers(3, 50)) if kind == "multiclass" else 1,
        is_monotonic=kind != "multiclass" and draw(st.booleans()),
    )


BUDGETS = st.floats(5, 3_600)
MOST = st.integers(1, 15)


@given(_draw_facts(), MOST, BUDGETS)
@settings(deadline=None)
def test_ten_trials_and_four_fits_of_all_rows_are_affordable(
    facts: Facts, most_folds: int, budget: float
) -> None:
    n_folds, plan = plan_time(facts, most_folds, budget)
    assert plan.most_folds == most_folds
    seconds = max(budget - 11, budget / 4)
    assert 1 <= n_folds <= most_folds
    assert 0 < (10 * n_folds + 4 * 1.25) * plan.fit_seconds <= 2 * seconds * _EDGE
    assert 0 < plan.refit_seconds <= 0.35 * seconds * _EDGE
    # What follows the fits has two fifths at most, and the trials a quarter at least.
    assert 0 < plan.last_seconds <= 0.4 * budget
    assert compute_sweep_seconds(budget / 60, plan) >= budget / 4


@given(_draw_facts(), MOST, BUDGETS, st.floats(1, 100))
@settings(deadline=None)
def test_more_time_never_gives_fewer_folds_or_shorter_trials(
    facts: Facts, most_folds: int, budget: float, factor: float
) -> None:
    less, more = plan_time(facts, most_folds, budget), plan_time(facts, most_folds, factor * budget)
    assert less.n_folds <= more.n_folds
    assert less.n_folds * less.plan.fit_seconds <= more.n_folds * more.plan.fit_seconds * _EDGE


@given(_draw_facts(), MOST, BUDGETS)
@settings(deadline=None)
def test_more_than_one_fold_leaves_boosting_sound(facts: Facts, most_folds: int, budget: float) -> None:
    n_folds, plan = plan_time(facts, most_folds, budget)
    family = FAMILIES[list_suitable(facts)[0]]
    usual = family.estimate_seconds(family.portfolio[0], facts)
    if n_folds > 1:
        assert plan.fit_seconds * _EDGE >= 0.4 * usual


@given(_draw_facts(), MOST, BUDGETS)
@settings(deadline=None)
def test_whatever_the_table_and_the_time_there_is_a_first_trial(
    facts: Facts, most_folds: int, budget: float
) -> None:
    n_folds, plan = plan_time(facts, most_folds, budget)
    search = TrialSearch(facts, 0, plan.fit_seconds, n_folds)
    proposal = search.propose(0, [], budget)
    assert proposal is not None
    cheapest = min(
        family.estimate_seconds(family.shorten(family.portfolio[0], facts, plan.fit_seconds), facts)
        for family in (FAMILIES[name] for name in list_suitable(facts))
    )
    seconds = FAMILIES[proposal.family].estimate_seconds(proposal.parameters, facts)
    assert seconds <= max(1.5 * plan.fit_seconds, cheapest) * _EDGE


@given(_draw_facts(), MOST, st.integers(1, 15), BUDGETS)
@settings(deadline=None)
def test_a_number_of_folds_that_is_given_is_kept(
    facts: Facts, most_folds: int, n_folds: int, budget: float
) -> None:
    n_folds = min(n_folds, most_folds)
    assert plan_time(facts, n_folds, budget, least_folds=n_folds).n_folds == n_folds


def test_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts("binary", "roc_auc", 20_000, 30)

    def plan(n_processors: int) -> SweepDivision:
        monkeypatch.setattr(os, "cpu_count", lambda: n_processors)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(n_processors)))
        return plan_time(facts, 5, 60.0)

    assert plan(1) == plan(2) == plan(64)


@pytest.mark.parametrize(
    ("n_rows", "budget", "least", "most"),
    [(2_000, 60.0, 5, 5), (50_000, 600.0, 5, 5), (160_000, 60.0, 2, 4), (1_000_000, 60.0, 1, 1)],
)
def test_larger_tables_get_fewer_folds(n_rows: int, budget: float, least: int, most: int) -> None:
    division = plan_time(Facts("binary", "roc_auc", n_rows, 20), 5, budget)
    assert least <= division.n_folds <= most
    assert np.isfinite(division.plan).all()


def test_what_follows_the_fits_takes_longer_with_more_rows_and_classes() -> None:
    def plan(n_rows: int, n_classes: int) -> float:
        kind: TaskKind = "multiclass" if n_classes > 1 else "regression"
        facts = Facts(kind, DEFAULT_SCORER[kind], n_rows, 20, n_classes)
        return plan_time(facts, 5, 60.0).plan.last_seconds

    assert plan(1_000, 1) == pytest.approx(5 + 1.8, abs=0.1)
    assert plan(1_000_000, 1) == pytest.approx(5 + 1.8 + 10, abs=0.1)
    assert plan(15_000, 50) == pytest.approx(5 + 1.8 + 4.9, abs=0.1)


def test_of_thousands_of_columns_there_are_fewer_folds() -> None:
    facts = Facts("binary", "roc_auc", 500, 400, 1)
    usual = plan_time(facts, 15, 300.0, n_columns=20)
    wide = plan_time(facts, 15, 300.0, n_columns=5_000)
    assert 1 <= wide.n_folds < usual.n_folds
    work = 2 * (300 - 54 - 15)
    assert wide.n_folds * estimate_preparation(500, 5_000) <= work / 4
    assert (10 * wide.n_folds + 5) * wide.plan.fit_seconds >= work / 4
    # In a minute there is time for one.
    assert plan_time(facts, 15, 60.0, n_columns=5_000).n_folds == 1


@given(st.integers(30, 10**6), st.integers(1, 10**4))
def test_preparing_more_rows_or_columns_takes_longer(n_rows: int, n_columns: int) -> None:
    seconds = estimate_preparation(n_rows, n_columns)
    assert 0 < seconds < estimate_preparation(2 * n_rows, n_columns)
    assert seconds < estimate_preparation(n_rows, n_columns + 1)


def test_fits_on_all_rows_of_a_large_table_have_time_set_aside() -> None:
    facts = Facts("binary", "roc_auc", 400_000, 30)
    sampled, whole = (plan_time(facts, 3, 1_200.0, all_rows=n).plan for n in (None, 10_000_000))
    assert whole.refit_seconds > 2 * sampled.refit_seconds
    assert whole.refit_seconds < 0.4 * 1_200
    assert whole.fit_seconds == sampled.fit_seconds
