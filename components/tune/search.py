"""What a trial is to try, as a function of its number and of the trials that it may look at.

Nothing else counts, neither the order in which trials end nor the process that runs one: so a sweep takes the
same path on one process or many, and a trial that is run again tries the same.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from components._model.families import FAMILIES, Facts, Parameters, list_suitable, suggest
from components._model.trials import TrialResult
from components.tune.trial_comparison import estimate_difference_error, find_best

# Trials of a family before its search learns from them; until then it draws at random.
_RANDOM_TRIALS = 5
# Standard errors behind the best at which a family is not searched any more, once it has had so many trials.
_HOPELESS = 8.0
_LEAST_TRIALS = 2
_LEAST_WEIGHT = 0.05
# Trials of a family that its search looks at: what more of them would tell is not worth the time.
_REMEMBERED = 100


class TrialProposal(NamedTuple):
    """What a trial is to try.

    Attributes
    ----------
    family : str
        Key of ``FAMILIES``.
    parameters : dict
        The family's parameters.
    distributions : dict of str to BaseDistribution
        The range of each.
    """

    family: str
    parameters: Parameters
    distributions: dict[str, BaseDistribution]


@dataclass(frozen=True)
class TrialSearch:
    """The plan of a sweep: first what does well on most tables, then what the trials before suggest.

    The first trials are the families' portfolios, the best of each family first, then the parameters that an
    earlier sweep found best. After them a family is drawn, likelier the better its best trial is, and its
    parameters come from Optuna's multivariate TPE (Watanabe 2023, arXiv:2304.11127) over its own trials.

    Parameters
    ----------
    facts : Facts
        What decides which families are searched.
    seed : int
        Seed of the search.
    known : sequence of (str, dict)
        Family and parameters of an earlier sweep's best trials.
    weighs_time : bool
        Whether the time to predict a row counts beside the score: the search then looks for trials that no
        other beats in both.
    """

    facts: Facts
    seed: int
    known: Sequence[tuple[str, Parameters]] = ()
    weighs_time: bool = False
    _completions: dict[tuple[Any, ...], TrialProposal] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def initial_trials(self) -> list[tuple[str, Parameters]]:
        """What is tried before any search: families and parameters."""
        names = list_suitable(self.facts)
        rounds = max(len(FAMILIES[name].portfolio) for name in names)
        portfolio = [
            (name, FAMILIES[name].portfolio[i])
            for i in range(rounds)
            for name in names
            if i < len(FAMILIES[name].portfolio)
        ]
        known = [(name, parameters) for name, parameters in self.known if name in names]
        return [*portfolio[: len(names)], *known, *portfolio[len(names) :]]

    def propose(
        self, number: int, history: Sequence[TrialResult], seconds_left: float | None = None
    ) -> TrialProposal | None:
        """Return what a trial is to try; None if the time left does for nothing.

        Parameters
        ----------
        number : int
            The trial's number in the sweep.
        history : sequence of TrialResult
            The trials that it may look at, failed and pruned ones too.
        seconds_left : float or None
            Time left, if it will not do for all trials: what the families' trials took then counts too. None:
            it will, and nothing depends on the clock.
        """
        weights = self._weigh_families(history, seconds_left)
        if number < len(self.initial_trials):
            name, parameters = self.initial_trials[number]
            is_unknown = not any(trial.family == name for trial in history)
            if is_unknown or name in weights:
                return self._complete_parameters(name, parameters)
        if not weights:
            return None
        rng = np.random.default_rng(_derive_seed(self.seed, number))
        name = str(rng.choice(list(weights), p=np.array(list(weights.values()))))
        return self._search_parameters(name, number, history)

    def _weigh_families(self, history: Sequence[TrialResult], seconds_left: float | None) -> dict[str, float]:
        """Return the probability of each family that may still win."""
        best = find_best(history)
        error = estimate_difference_error(history, best) if best is not None else 1.0
        weights = {}
        for name in list_suitable(self.facts):
            own = [trial for trial in history if trial.family == name]
            scored = [trial for trial in own if not trial.failure]
            if not scored or best is None:
                # A family whose trials all fail is given up, unless that is all that there is.
                weights[name] = 1.0 if len(own) < _LEAST_TRIALS or best is None else 0.0
                continue
            behind = min(_compute_gap(trial, best) for trial in scored) / error
            if behind > _HOPELESS and len(own) >= _LEAST_TRIALS:
                continue
            weights[name] = max(_LEAST_WEIGHT, float(np.exp(-behind / 2)))
            if seconds_left is not None:
                seconds = float(np.median([trial.seconds for trial in scored]))
                weights[name] *= (seconds < seconds_left) / (seconds**0.5 + 1e-3)
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items() if weight > 0}

    def _complete_parameters(self, name: str, parameters: Parameters) -> TrialProposal:
        """Return parameters less those that these rows do not have, and the first choice of those missing."""
        # Every later proposal looks at the same trials again.
        key = (name, *sorted(parameters.items()))
        if key in self._completions:
            return self._completions[key]

        def get_value(parameter: str, distribution: BaseDistribution) -> Any:
            value = parameters.get(parameter, _get_first_value(distribution))
            is_possible = (
                value in distribution.choices
                if isinstance(distribution, CategoricalDistribution)
                else distribution._contains(value)
            )
            return value if is_possible else _get_first_value(distribution)

        return self._completions.setdefault(key, self._build_proposal(name, get_value))

    def _search_parameters(self, name: str, number: int, history: Sequence[TrialResult]) -> TrialProposal:
        best = find_best(history)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = TPESampler(
                n_startup_trials=_RANDOM_TRIALS,
                multivariate=True,
                constant_liar=False,
                seed=_derive_seed(self.seed, number),
            )
        study = optuna.create_study(
            directions=["maximize", "minimize"] if self.weighs_time else ["maximize"], sampler=sampler
        )
        own = [trial for trial in history if trial.family == name and not trial.failure]
        for trial in own[-_REMEMBERED:]:
            known = self._complete_parameters(name, trial.parameters)
            # A pruned trial's folds may have been easy ones.
            value = trial.score if best is None else best.score - _compute_gap(trial, best)
            values = [value, trial.predict_ms] if self.weighs_time else [value]
            study.add_trial(_EndedTrial.from_proposal(known, values))
        asked = study.ask()
        return self._build_proposal(name, asked._suggest)

    def _build_proposal(self, name: str, draw: Callable[[str, BaseDistribution], Any]) -> TrialProposal:
        recorder = _RangeRecorder(draw)
        parameters = suggest(name, recorder, self.facts)
        return TrialProposal(name, parameters, recorder.distributions)


class _EndedTrial(FrozenTrial):
    """A trial that nobody changes: a study may keep it without a copy of all its ranges."""

    @classmethod
    def from_proposal(cls, known: TrialProposal, values: list[float]) -> "_EndedTrial":
        now = datetime.now()
        return cls(
            number=-1,
            trial_id=-1,
            state=TrialState.COMPLETE,
            value=None,
            values=values,
            datetime_start=now,
            datetime_complete=now,
            params=known.parameters,
            distributions=known.distributions,
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "_EndedTrial":
        return copy(self)


class _RangeRecorder:
    """A trial that draws parameters from anywhere, and notes their ranges."""

    def __init__(self, draw: Callable[[str, BaseDistribution], Any]) -> None:
        self._draw = draw
        self.distributions: dict[str, BaseDistribution] = {}

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> Any:
        return self._suggest(name, FloatDistribution(low, high, log=log))

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> Any:
        return self._suggest(name, IntDistribution(low, high, log=log))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._suggest(name, CategoricalDistribution(choices))

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        self.distributions[name] = distribution
        return self._draw(name, distribution)


def _get_first_value(distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return distribution.low


def _compute_gap(trial: TrialResult, best: TrialResult) -> float:
    return float(np.mean(best.fold_scores[: len(trial.fold_scores)])) - trial.score


def _derive_seed(seed: int, number: int) -> int:
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
