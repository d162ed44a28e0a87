from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import components._estimators.family as family_module
import components.train.limits as limits_module
import components.train.model_parts as parts_module
from components._model.package import Package
from components.train.member_choice import Member
from components.train.model_builder import TrainedModel, train_model
from components.train.settings import Settings
from tests.components.train.conftest import Training

pytestmark = pytest.mark.slow


@pytest.fixture
def ensemble(training: Training) -> Training:
    """The sweep with predictions that err on different rows: both trials are members, boosting first."""
    rng = np.random.default_rng(0)
    y = training.inputs.scored_target
    predicted = {}
    for number, spread in ((0, 1.0), (1, 1.3)):
        second = 1 / (1 + np.exp(1.0 - 2.0 * y - spread * rng.normal(size=len(y))))
        predicted[number] = np.column_stack([1 - second, second]).astype(np.float32)
    trials = [
        replace(trial, fold_scores=(0.9 - 0.1 * trial.number,) * len(trial.fold_scores))
        for trial in training.sweep.trials
    ]
    return training._replace(sweep=replace(training.sweep, trials=trials, out_of_fold=predicted))


def _train(training: Training, **settings: Any) -> TrainedModel:
    return train_model(training.inputs, training.sweep, Settings(seed=3, **settings), {})


def _count_fits(trained: TrainedModel) -> dict[int, int]:
    numbers = [part.trial.number for part in trained.built.parts]
    return {number: numbers.count(number) for number in numbers}


def test_a_model_that_is_too_large_first_loses_fits(
    ensemble: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _train(ensemble)
    assert _count_fits(whole)[0] == 5
    assert whole.notices == []
    monkeypatch.setattr(limits_module, "MOST_BYTES", int(0.7 * whole.built.n_bytes))
    thinned = _train(ensemble)
    assert thinned.built.choice.members == whole.built.choice.members
    assert 1 <= _count_fits(thinned)[0] < 5
    assert thinned.built.n_bytes <= limits_module.MOST_BYTES
    (notice,) = thinned.notices
    assert f"has {len(thinned.built.parts)} fits instead of {len(whole.built.parts)}" in notice.text
    assert thinned.built.package.lineage["warnings"][0]["text"] == notice.text


def test_a_model_that_is_still_too_large_loses_members(
    ensemble: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    linear = next(trial for trial in ensemble.sweep.finished if trial.family == "linear")
    whole = _train(ensemble)
    choice = whole.built.choice._replace(members=[Member(linear, 1.0)])
    # Fewer bytes than one fit of boosting, more than a linear model.
    monkeypatch.setattr(limits_module, "MOST_BYTES", whole.built.n_bytes // 12)
    light = _train(ensemble)
    assert light.built.choice.members == choice.members
    assert light.built.n_bytes <= limits_module.MOST_BYTES
    assert "is without trial 0 (LightGBM)" in light.notices[0].text


def test_a_model_that_cannot_be_smaller_is_kept_and_said(
    ensemble: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "MOST_BYTES", 10)
    trained = _train(ensemble)
    assert len(trained.built.parts) == 1
    assert "no lighter model was found" in trained.notices[0].text


def test_a_model_that_is_too_slow_loses_fits_before_members(
    ensemble: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure_milliseconds(package: Package, *_: object) -> float:
        return 0.1 + 0.2 * len(package.pipeline[-1].estimator.members)

    monkeypatch.setattr(limits_module, "measure_served_ms", measure_milliseconds)
    monkeypatch.setattr(limits_module, "measure_recipe_ms", lambda *_: 0.1)
    whole = _train(ensemble)
    limited = _train(ensemble, max_latency_ms=0.55)
    assert limited.built.choice.members == whole.built.choice.members
    assert len(limited.built.parts) == 2 < len(whole.built.parts)
    assert limited.latency is not None
    assert (limited.latency.is_binding, limited.latency.is_met) == (True, True)


def test_a_model_that_counts_as_too_slow_loses_fits_and_the_limit_of_a_user_replaces_the_count(
    ensemble: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _train(ensemble)
    costs = parts_module.limit_row_time(ensemble.sweep.trials, ensemble.inputs.folds).costs
    # Enough for two fits of boosting and the linear model.
    monkeypatch.setattr(family_module, "_MOST_ROW_MS", 2.5 * costs[0] + costs[1])
    limited = _train(ensemble)
    assert limited.built.choice.members == whole.built.choice.members
    assert _count_fits(limited) == {0: 2, 1: 1}
    assert limited.notices == []
    monkeypatch.setattr(family_module, "_MOST_ROW_MS", max(costs.values()))
    alone = _train(ensemble)
    assert [member.trial.number for member in alone.built.choice.members] == [0]
    assert "is without trial 1 (Linear model), which would take too long" in alone.notices[0].text
    assert _count_fits(_train(ensemble, max_latency_ms=1e6)) == _count_fits(whole)


def test_trials_whose_fits_would_not_end_in_time_are_left_out(ensemble: Training) -> None:
    slow = [replace(trial, seconds=1_000.0 if trial.number == 1 else 0.5) for trial in ensemble.sweep.trials]
    short = train_model(
        ensemble.inputs,
        replace(ensemble.sweep, trials=slow, is_out_of_time=True, asked=99),
        Settings(seed=3, budget_minutes=1.0),
        {},
    )
    assert [member.trial.number for member in short.built.choice.members] == [0]
    assert "The model is without trial 1 " in short.notices[1].text
    assert "MINUTES" in short.notices[1].remedy
