import math
import statistics
from collections.abc import Callable

import optuna
import pytest
from optuna.trial import TrialState

from components._model.families import FAMILIES, Parameters
from components.tune.search import LAG, LaggedSampler, first_proposal, propose

Proposal = tuple[str, Parameters]


def _sampler(seed: int = 0, *, is_over: Callable[[], bool] = lambda: False, **own: int) -> LaggedSampler:
    return LaggedSampler(seed, is_over, {"worker": 0, "pid": 1}, **own)


def _study(sampler: LaggedSampler) -> optuna.Study:
    return optuna.create_study(direction="maximize", sampler=sampler)


def _score(family: str, parameters: Parameters) -> float:
    """Return a score that depends on all parameters, so that another history leads elsewhere."""
    return len(family) / 20 + sum(math.sin(float(value)) for value in parameters.values()) / 10


def _search(sampler: LaggedSampler, n_trials: int, side_by_side: int = 1) -> list[Proposal]:
    """Run trials in batches whose members end in reverse order, as processes of any speed may."""
    study, proposals = _study(sampler), []
    for start in range(0, n_trials, side_by_side):
        batch: list[optuna.Trial] = []
        for _ in range(min(side_by_side, n_trials - start)):
            batch.append(study.ask())
            proposals.append(propose(batch[-1]))
        for trial, proposal in reversed(list(zip(batch, proposals[start:], strict=True))):
            study.tell(trial, _score(*proposal))
    return proposals


def test_the_search_does_not_depend_on_how_many_trials_run_side_by_side() -> None:
    alone = _search(_sampler(), 32)
    assert alone == _search(_sampler(), 32, side_by_side=3)
    assert alone == _search(_sampler(), 32, side_by_side=LAG)


def test_another_seed_searches_elsewhere_after_the_defaults() -> None:
    n_defaults = len(FAMILIES)
    one, other = _search(_sampler(1), 8), _search(_sampler(2), 8)
    assert one[:n_defaults] == other[:n_defaults]
    assert all(a != b for a, b in zip(one[n_defaults:], other[n_defaults:], strict=True))


def test_the_first_trials_are_the_families_defaults() -> None:
    defaults = [(name, family.default) for name, family in FAMILIES.items()]
    assert _search(_sampler(), len(defaults)) == defaults
    assert first_proposal(len(defaults)) == {}


def test_workers_without_a_common_study_share_the_defaults_and_repeat_no_trial() -> None:
    workers = [_search(_sampler(offset=worker, stride=3), 10) for worker in range(3)]
    defaults = [(name, family.default) for name, family in FAMILIES.items()]
    assert [workers[i % 3][i // 3] for i in range(len(defaults))] == defaults
    tried = [str(proposal) for worker in workers for proposal in worker]
    assert len(set(tried)) == len(tried)


def test_the_search_learns_from_the_trials_before() -> None:
    def score(family: str, parameters: Parameters) -> float:
        if family != "hist_gradient_boosting":
            return -2.0
        return -abs(math.log(parameters["learning_rate"] / 0.05))

    study = _study(_sampler())
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, score(*propose(trial)))
    values = [trial.value for trial in study.trials]
    assert statistics.mean(values[30:]) > statistics.mean(values[:18]) + 0.3


@pytest.mark.parametrize("family", FAMILIES)
def test_proposals_stay_in_the_ranges_of_their_family(family: str) -> None:
    study = _study(_sampler())
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, _score(*propose(trial)))
    own = [trial for trial in study.trials if trial.params["family"] == family]
    assert len(own) > 1
    for trial in own:
        assert {name.partition(".")[0] for name in trial.params} == {"family", family}
        for name, distribution in trial.distributions.items():
            if name != "family":
                assert distribution.low <= trial.params[name] <= distribution.high


def test_failed_trials_are_passed_over() -> None:
    study = _study(_sampler())
    for _ in range(24):
        trial = study.ask()
        family, parameters = propose(trial)
        if family == "linear":
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, _score(family, parameters))
    assert len(study.get_trials(states=[TrialState.COMPLETE])) > 10


def test_a_trial_has_its_owner_before_it_waits_and_waits_no_longer_than_the_budget() -> None:
    asked = []

    def is_over() -> bool:
        asked.append([trial.user_attrs for trial in study.trials])
        return True

    study = _study(_sampler(is_over=is_over))
    for _ in range(LAG + 1):
        study.ask()
    # Trial 0 never ends, and yet trial LAG was given out.
    assert study.trials[0].state == TrialState.RUNNING
    assert all(attributes[-1] == {"worker": 0, "pid": 1} for attributes in asked)
