import time

import pytest

from components._sweep.time_plan import (
    TimePlan,
    compute_refit_seconds,
    compute_sweep_seconds,
    estimate_overrun,
)

PLAN = TimePlan(fit_seconds=1.0, refit_seconds=10.0, most_folds=5, last_seconds=11.6)


def _start(monkeypatch: pytest.MonkeyPatch, seconds_ago: float) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    monkeypatch.setenv("KFP_TABULAR_STARTED", str(1_000.0 - seconds_ago))


def test_a_run_on_this_machine_counts_the_time_since_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    _start(monkeypatch, 29.5)
    assert compute_sweep_seconds(2.0, PLAN) == pytest.approx(120 - 29.5 - 11.6 - 10)
    assert compute_refit_seconds(2.0, PLAN, 0.0) == pytest.approx(120 - 29.5 - 11.6)
    assert estimate_overrun(2.0, PLAN) == pytest.approx(0)


def test_a_late_sweep_gets_a_quarter_of_the_budget_and_the_fits_what_was_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _start(monkeypatch, 118.0)
    assert compute_sweep_seconds(2.0, PLAN) == pytest.approx(30)
    assert compute_refit_seconds(2.0, PLAN, 0.0) == pytest.approx(10)
    assert estimate_overrun(2.0, PLAN) == pytest.approx(118 + 30 + 10 + 11.6 - 120)


def test_a_run_on_a_cluster_counts_what_the_sweep_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_TABULAR_STARTED", raising=False)
    assert compute_sweep_seconds(2.0, PLAN) == pytest.approx(120 - 11.6 - 10)
    assert compute_refit_seconds(2.0, PLAN, 60.0) == pytest.approx(60 - 11.6)
