from pathlib import Path

import pytest

from components.tune.settings import Settings
from components.tune.worker_setup import SweepClock, TrialNumbers, WorkerSetup


def make_setup(*, is_shared: bool) -> WorkerSetup:
    return WorkerSetup("folds", "journal", "study", is_shared, Path("scratch") / "attempt-3")


def test_workers_without_a_common_study_try_each_trial_once() -> None:
    numbers = []
    for worker in range(3):
        own = make_setup(is_shared=False).get_trial_numbers(Settings(trials=10, workers=3, worker=worker))
        numbers += [own.to_sweep_number(number) for number in range(own.total)]
    assert sorted(numbers) == list(range(10))


def test_workers_of_one_study_share_all_its_trials() -> None:
    found = make_setup(is_shared=True).get_trial_numbers(Settings(trials=10, workers=3, worker=1))
    assert found == TrialNumbers(10)
    assert [found.to_sweep_number(number) for number in (0, 9)] == [0, 9]


def test_an_attempt_has_the_name_of_its_folder() -> None:
    assert make_setup(is_shared=True).attempt == "attempt-3"


def test_workers_without_a_number_of_trials_do_not_try_the_same() -> None:
    alone = [
        make_setup(is_shared=False).get_trial_numbers(Settings(trials=0, workers=2, worker=worker))
        for worker in range(2)
    ]
    assert [numbers.to_sweep_number(7) for numbers in alone] == [14, 15]
    shared = make_setup(is_shared=True).get_trial_numbers(Settings(trials=0, workers=2, worker=1))
    assert (shared.to_sweep_number(7), shared.total) == (7, alone[0].total)


def test_the_clock_counts_all_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = SweepClock.start(497.0, before=30)
    now[0] = 150
    assert clock.get_seconds_spent() == 80
    assert clock.get_seconds_left() == pytest.approx(417)
    now[0] = 1000
    assert clock.get_seconds_left() < 0
