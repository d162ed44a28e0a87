import time

import pytest

from components._sweep.time_plan import compute_seconds_left


def test_a_run_on_this_machine_counts_the_time_since_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    monkeypatch.setenv("KFP_TABULAR_STARTED", "970.5")
    assert compute_seconds_left(2.0) == pytest.approx(90.5)
    # What is spent leaves a quarter of the budget at least, for a model.
    assert compute_seconds_left(0.25) == pytest.approx(3.75)


def test_a_run_on_a_cluster_counts_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_TABULAR_STARTED", raising=False)
    assert compute_seconds_left(2.0) == 120.0
