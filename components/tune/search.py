"""A search that proposes the same trials however many processes run them."""

import hashlib
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from components._model.families import FAMILIES, Parameters, Trial

# A proposal may look at trials that are at least this many older: enough for as many processes to run side
# by side without waiting for each other.
LAG = 8
_RANDOM_TRIALS = 8
_POLL_SECONDS = 0.01
_UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)


class LaggedSampler(BaseSampler):
    """TPE whose proposal for trial n depends on the trials up to n - ``LAG`` and on nothing else.

    Trials that finish in another order, on more or fewer processes, would otherwise lead the search along
    another path; with a fixed lag the same seed gives the same trials everywhere. The first trials are the
    families' defaults. Proposals come from Optuna's multivariate TPE (Watanabe 2023, arXiv:2304.11127) over
    a study that holds just the trials it may look at.

    Parameters
    ----------
    seed : int
        Seed of the search.
    is_over : callable
        Whether the budget is spent, so that waiting for older trials must end.
    owner : dict
        User attributes by which a trial is found when its process has died: set before all else.
    offset, stride : int
        Trial n of the study is trial ``offset + n * stride`` of the sweep: workers that share no study
        interleave theirs, so that none repeats what another tries.
    """

    def __init__(
        self,
        seed: int,
        is_over: Callable[[], bool],
        owner: Mapping[str, int | str],
        *,
        offset: int = 0,
        stride: int = 1,
    ) -> None:
        self._seed = seed
        self._is_over = is_over
        self._owner = owner
        self._offset = offset
        self._stride = stride
        self._proposal: optuna.Trial | None = None
        self._fixed: Mapping[str, Any] = {}

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Wait for the trials that the proposal may look at, and draw it."""
        for name, value in self._owner.items():
            study._storage.set_trial_user_attr(trial._trial_id, name, value)
        history = self._history(study, trial.number - LAG)
        position = self._offset + trial.number * self._stride
        self._fixed = first_proposal(position)
        with warnings.catch_warnings():
            # group is marked experimental; without it parameters of different families shut each other out.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = TPESampler(
                n_startup_trials=_RANDOM_TRIALS,
                multivariate=True,
                group=True,
                constant_liar=False,
                seed=_mixed(self._seed, position),
            )
        mirror = optuna.create_study(direction="maximize", sampler=sampler)
        mirror.add_trials(history)
        self._proposal = mirror.ask()

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return no joint space: the mirror study's own sampler has one."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing, as the joint space is empty."""
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return the proposal's value of one parameter."""
        if param_name in self._fixed:
            return self._fixed[param_name]
        assert self._proposal is not None
        match param_distribution:
            case CategoricalDistribution(choices=choices):
                return self._proposal.suggest_categorical(param_name, choices)
            case IntDistribution(low=low, high=high, log=log):
                return self._proposal.suggest_int(param_name, low, high, log=log)
            case FloatDistribution(low=low, high=high, log=log):
                return self._proposal.suggest_float(param_name, low, high, log=log)
        raise TypeError(f"no family uses a {type(param_distribution).__name__}")

    def _history(self, study: optuna.Study, newest: int) -> list[FrozenTrial]:
        while True:
            trials = [t for t in study.get_trials(deepcopy=False) if t.number <= newest]
            if self._is_over() or not any(t.state in _UNFINISHED for t in trials):
                return sorted((t for t in trials if t.state == TrialState.COMPLETE), key=lambda t: t.number)
            time.sleep(_POLL_SECONDS)


class _Prefixed:
    """A trial whose parameters carry the family's name, so that families do not share them."""

    def __init__(self, trial: optuna.Trial, family: str) -> None:
        self._trial = trial
        self._family = family

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return self._trial.suggest_float(f"{self._family}.{name}", low, high, log=log)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return self._trial.suggest_int(f"{self._family}.{name}", low, high, log=log)


def propose(trial: optuna.Trial) -> tuple[str, Parameters]:
    """Return the family and the parameters that a trial is to try."""
    family = trial.suggest_categorical("family", list(FAMILIES))
    prefixed: Trial = _Prefixed(trial, family)
    return family, FAMILIES[family].suggest(prefixed)


def first_proposal(number: int) -> dict[str, Any]:
    """Return the parameters of one of the first trials, a family's default; empty for later trials."""
    if number >= len(FAMILIES):
        return {}
    family = list(FAMILIES)[number]
    defaults = {f"{family}.{name}": value for name, value in FAMILIES[family].default.items()}
    return {"family": family, **defaults}


def _mixed(seed: int, number: int) -> int:
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
