from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components._estimators import StoppingRows, predict
from components._estimators import fit as fit_in_memory
from components.memory import LIBRARY_BYTES
from components.train.large_fits import LargeInputs, PlannedFit, fit_on_all_rows, plan_fit
from components.train.model_parts import ModelPart
from tests.components._model.tables import SMALL
from tests.components.train.large import N_OTHERS, N_SAMPLED
from tests.components.train.large_inputs import build_inputs, make_part

N_ROWS = N_SAMPLED + N_OTHERS


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> LargeInputs:
    return build_inputs(tmp_path_factory.mktemp("large"))


def _plan(inputs: LargeInputs, seconds: float, steps: float = 80.0, most_steps: int = 500) -> PlannedFit:
    return plan_fit(make_part(), steps, most_steps, inputs, seconds)


def test_with_time_all_rows_are_used_and_rows_that_are_kept_out_decide_when_to_stop(
    inputs: LargeInputs,
) -> None:
    plan = _plan(inputs, seconds=np.inf)
    assert plan.most_rows == inputs.rows.n_to_learn
    assert (plan.until, plan.most_steps) == (None, 500)
    assert plan.parameters == SMALL["lightgbm"]


def test_with_less_time_it_takes_larger_steps_then_fewer_rows(inputs: LargeInputs) -> None:
    plans = [_plan(inputs, seconds, steps=400.0) for seconds in (10.0, 0.3, 0.12, 0.0)]
    rates = [plan.parameters["learning_rate"] for plan in plans]
    rows = [plan.most_rows for plan in plans]
    assert rates[0] == SMALL["lightgbm"]["learning_rate"]
    assert rates == sorted(rates)
    assert rates[-1] > rates[0]
    assert rows == sorted(rows, reverse=True)
    assert (rows[0], rows[-1]) == (inputs.rows.n_to_learn, N_SAMPLED)
    assert all(plan.most_steps >= 100 for plan in plans)


def test_without_rows_that_are_kept_out_it_makes_the_steps_of_the_trial(tmp_path: Path) -> None:
    plan = _plan(build_inputs(tmp_path, group="city"), seconds=np.inf)
    assert plan.until == 80


def test_a_fit_on_all_rows_is_one_of_the_sample_without_own_targets_and_of_the_other_rows(
    inputs: LargeInputs,
) -> None:
    plan = _plan(inputs, seconds=np.inf)
    (fitted,) = fit_on_all_rows([plan], inputs).values()
    assert (fitted.n_rows, fitted.limited_by) == (inputs.rows.n_to_learn, "")
    parts = [inputs.sample, *inputs.rows.iterate(250)]
    X, y = np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
    stopping = inputs.rows.read_stopping_rows()
    assert stopping is not None
    # The limits of the bins are those of the sample, so that only nearly the same trees grow.
    expected = fit_in_memory("lightgbm", X, y, plan.parameters, inputs.options, StoppingRows(*stopping))
    made = predict(fitted.estimator, stopping.X, "binary")
    assert np.corrcoef(made[:, 1], predict(expected.estimator, stopping.X, "binary")[:, 1])[0, 1] > 0.97


def test_a_fit_says_how_many_rows_its_memory_holds(
    inputs: LargeInputs, capsys: pytest.CaptureFixture[str]
) -> None:
    room = 90_000
    tight = inputs._replace(memory=int((LIBRARY_BYTES + 4 * inputs.sample.X.nbytes + room) / 0.9) + 1)
    (fitted,) = fit_on_all_rows([_plan(tight, seconds=np.inf)], tight).values()
    assert fitted.limited_by == "memory"
    assert N_SAMPLED < fitted.n_rows < inputs.rows.n_to_learn
    assert fitted.n_bytes <= room + 1
    assert f"{fitted.n_rows:,} of {N_ROWS:,} training rows" in capsys.readouterr().out


def test_trials_of_other_features_have_bins_of_their_own(inputs: LargeInputs) -> None:
    alternatives = ("one-hot", "target", *[""] * (inputs.sample.X.shape[1] - 2))
    two_ways = inputs._replace(options=replace(inputs.options, alternatives=alternatives))
    parts = [
        ModelPart(replace(make_part(encoding=encoding).trial, number=number), 0.5, None)
        for number, encoding in enumerate(("one-hot", "both"))
    ]
    plans = [plan_fit(part, 10.0, 20, two_ways, np.inf) for part in parts]
    fitted = fit_on_all_rows(plans, two_ways)
    assert set(fitted) == {(0, None), (1, None)}
    assert all(0 < fit.steps <= 20 for fit in fitted.values())
    widths = [getattr(fit.estimator, "n_features_in_", None) for fit in fitted.values()]
    assert widths[1] == inputs.sample.X.shape[1]
