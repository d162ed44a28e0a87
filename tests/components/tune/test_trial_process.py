import json
from pathlib import Path

import numpy as np
import pytest

from components.tune.run import Settings
from tests.components.tune.sweeps import (
    N_ROWS,
    run_sweep,
    score_toy,
    write_folds,
)


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_folds(tmp_path_factory.mktemp("folds"))


@pytest.mark.slow
def test_a_sweep_that_will_not_get_through_says_that_it_hurried(
    folds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine there may be no time for more.
    monkeypatch.setattr("components.tune.trial_process._LEAST_TRIALS", 0)
    little = Settings(trials=100_000, budget_minutes=3 / 60)
    assert run_sweep(folds, tmp_path / "little", little, evaluate=score_toy).is_hurried
    assert not run_sweep(folds, tmp_path / "enough", Settings(trials=15), evaluate=score_toy).is_hurried


def test_a_trial_that_fails_is_recorded_and_ends_no_sweep(tmp_path: Path) -> None:
    # Never negative itself; means of it are not either, but a straight line through it is.
    y = np.exp(2 * np.random.default_rng(0).normal(size=(N_ROWS, 4)).astype(np.float32)[:, 0]).astype(float)
    folds = write_folds(tmp_path, "regression", y, metric="neg_mean_poisson_deviance")
    mixed = run_sweep(folds, tmp_path / "mixed", Settings(trials=3))
    assert [trial.number for trial in mixed.trials] == [0, 1, 2]
    failed = next(trial for trial in mixed.trials if trial.family == "linear")
    assert failed.failure.startswith("ValueError: Mean Tweedie deviance error with power=1 can only be used")
    assert failed.fold_scores == ()
    assert {trial.family for trial in mixed.finished} == {"lightgbm", "extra_trees"}


def test_each_trial_is_an_event_with_the_best_score_so_far(
    folds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = tmp_path / "events"
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(events))
    swept = run_sweep(folds, tmp_path / "told", Settings(trials=4), evaluate=score_toy)
    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(event["number"], event["finished"], event["trials"]) for event in told] == [
        (number, number + 1, 4) for number in range(4)
    ]
    assert [event["score"] for event in told] == [trial.score for trial in swept.trials]
    assert told[-1]["best"] == max(trial.score for trial in swept.trials)
    assert told[0]["metric"] == "roc_auc"
