from typing import Any

import pytest

from components.errors import InvalidSetting
from components.tune.settings import Settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "workers = 0 is out of range"),
        ({"workers": 2, "worker": 2}, "worker must be from 0 to 1"),
        ({"worker": -1}, "worker = -1 is out of range"),
        ({"trials": -1}, "trials must be 0 or more"),
        ({"budget_minutes": 0.0}, "budget_minutes must be above 0"),
        ({"budget_minutes": float("nan")}, "budget_minutes = nan is out of range"),
        ({"known_trials": ["linear"]}, "known_trials must be a mapping with a family and its parameters"),
        ({"known_trials": [{"family": "linear"}]}, "known_trials = {'family': 'linear'} is out of range"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**settings)


@pytest.mark.parametrize(
    ("trials", "workers", "shares"), [(30, 1, [30]), (10, 4, [3, 3, 2, 2]), (2, 3, [1, 1, 0])]
)
def test_the_workers_shares_add_up_to_the_trials(trials: int, workers: int, shares: list[int]) -> None:
    settings = [Settings(worker=worker, workers=workers, trials=trials) for worker in range(workers)]
    assert [part.share for part in settings] == shares


@pytest.mark.parametrize("workers", [1, 3])
def test_without_a_number_of_trials_no_worker_runs_out_of_them(workers: int) -> None:
    for worker in range(workers):
        assert Settings(worker=worker, workers=workers, trials=0).share >= 1_000_000
