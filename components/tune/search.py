"""What a trial tries, as a function of its number and of the earlier trials that it may look at.

The order in which trials end and the process that runs a trial do not matter. So a sweep tries the same on
one process or many, and a trial that runs again tries the same.
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

from components._estimators import FAMILIES, Facts, Parameters, list_suitable, suggest
from components._sweep.time_plan import NO_LIMIT
from components._sweep.trials import TrialResult
from components.tune.trial_comparison import estimate_difference_error, find_best

# So many trials of a family are drawn at random before its search uses their scores.
_RANDOM_TRIALS = 3
# A family is dropped if it is so many standard errors behind the best after so many trials.
_HOPELESS = 8.0
_LEAST_TRIALS = 2
_LEAST_WEIGHT = 0.02
# If time is short, a family whose trials take a quarter of the time is twice as likely, but not more.
_CHEAPEST = 0.25
# A family is tried if its shortest fit takes at most so many times its share of the time.
_ROUGHLY = 1.5
# The search of a family looks at its last trials only: more would take time and add little.
_REMEMBERED = 100


class TrialProposal(NamedTuple):
    """What a trial tries.

    Attributes
    ----------
    family : str
        Key of ``FAMILIES``.
    parameters : dict
        The family's parameters.
    is_hurried : bool
        Whether they would be others with more time left.
    """

    family: str
    parameters: Parameters
    is_hurried: bool = False


class RangedParameters(NamedTuple):
    """Parameters of a family, and the range of each."""

    parameters: Parameters
    ranges: dict[str, BaseDistribution]


@dataclass(frozen=True)
class TrialSearch:
    """The plan of a sweep: first what does well on most tables, then what earlier trials suggest.

    The first trial of each family is the best of its portfolio. Then come the parameters that an earlier
    sweep found best, then the rest of the portfolios. After that a family is drawn, with a higher probability
    if its best trial is better, and its parameters come from Optuna's multivariate TPE (Watanabe 2023,
    arXiv:2304.11127) over its own trials.

    Parameters
    ----------
    facts : Facts
        What decides which families are searched.
    fit_seconds : float
        Processor seconds that a fit in one fold may take; of the first trial half of it, so that there soon
        is a model.
    n_folds : int
        Folds of a trial.
    seed : int
        Seed of the search.
    known : sequence of (str, dict)
        Family and parameters of an earlier sweep's best trials.
    weighs_time : bool
        Whether the search also optimises the time to predict a row. It then looks for Pareto-optimal trials:
        no other trial is better in both score and time.
    """

    facts: Facts
    seed: int
    fit_seconds: float = NO_LIMIT.fit_seconds
    n_folds: int = 1
    known: Sequence[tuple[str, Parameters]] = ()
    weighs_time: bool = False
    _completions: dict[tuple[Any, ...], RangedParameters] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def initial_trials(self) -> list[tuple[str, Parameters]]:
        """Families and parameters of the trials before the search."""
        names = self._list_affordable(self.fit_seconds)
        rounds = max((len(FAMILIES[name].portfolio) for name in names), default=0)
        portfolio = [
            (name, FAMILIES[name].portfolio[i])
            for i in range(rounds)
            for name in names
            if i < len(FAMILIES[name].portfolio)
        ]
        known = [(name, parameters) for name, parameters in self.known if name in names]
        return [*portfolio[: len(names)], *known, *portfolio[len(names) :]]

    def propose(
        self,
        number: int,
        history: Sequence[TrialResult],
        seconds_left: float = float("inf"),
        *,
        is_short: bool = False,
    ) -> TrialProposal | None:
        """Return what a trial tries; None if the time left is too short for any family.

        The first trial is proposed even so.

        Parameters
        ----------
        number : int
            The trial's number in the sweep.
        history : sequence of TrialResult
            The trials that it may look at, failed and pruned ones too.
        seconds_left : float
            Processor seconds left for the trial. They shorten it if they are too few.
        is_short : bool
            Whether the time is too short for all trials: families that train fast are then preferred.
        """
        planned = self.fit_seconds / (1 if number else 2)
        proposal = self._propose_within(planned, number, history, is_short)
        if seconds_left >= planned * self.n_folds:
            return proposal
        hurried = self._propose_within(seconds_left / self.n_folds, number, history, is_short)
        return hurried if hurried is None or hurried == proposal else hurried._replace(is_hurried=True)

    def estimate_seconds(self, family: str, parameters: Parameters) -> float:
        """Return the processor seconds that a trial should take."""
        return self.n_folds * FAMILIES[family].estimate_seconds(parameters, self.facts)

    def _propose_within(
        self, seconds: float, number: int, history: Sequence[TrialResult], is_short: bool
    ) -> TrialProposal | None:
        """Return a trial whose fit in a fold takes at most so many processor seconds, if it can."""
        proposal = self._choose(seconds, number, history, is_short) if number else self._choose_first()
        if proposal is None:
            return None
        shorten = FAMILIES[proposal.family].shorten
        return proposal._replace(parameters=shorten(proposal.parameters, self.facts, seconds))

    def _choose_first(self) -> TrialProposal:
        # A model that takes too long is better than none.
        name = next(iter(self._list_affordable(self.fit_seconds)), None) or min(
            list_suitable(self.facts), key=lambda name: self._estimate_shortest(name, self.fit_seconds)
        )
        return TrialProposal(name, self._complete(name, FAMILIES[name].portfolio[0]).parameters)

    def _choose(
        self, seconds: float, number: int, history: Sequence[TrialResult], is_short: bool
    ) -> TrialProposal | None:
        weights = self._weigh_families(history, self._list_affordable(seconds), is_short)
        if number < len(self.initial_trials):
            name, parameters = self.initial_trials[number]
            is_unknown = not any(trial.family == name for trial in history)
            if name in weights or (is_unknown and self._is_affordable(name, seconds)):
                return TrialProposal(name, self._complete(name, parameters).parameters)
        if not weights:
            return None
        rng = np.random.default_rng(_derive_seed(self.seed, number))
        name = str(rng.choice(list(weights), p=np.array(list(weights.values()))))
        return self._search_parameters(name, number, history)

    def _list_affordable(self, seconds: float) -> list[str]:
        """Return the families of which a fit is possible in so many processor seconds."""
        return [name for name in list_suitable(self.facts) if self._is_affordable(name, seconds)]

    def _is_affordable(self, name: str, seconds: float) -> bool:
        return self._estimate_shortest(name, seconds) <= _ROUGHLY * seconds

    def _estimate_shortest(self, name: str, seconds: float) -> float:
        family = FAMILIES[name]
        shortest = family.shorten(family.portfolio[0], self.facts, seconds)
        return family.estimate_seconds(shortest, self.facts)

    def _weigh_families(
        self, history: Sequence[TrialResult], names: list[str], is_short: bool
    ) -> dict[str, float]:
        """Return the probability of each of these families that may still be best."""
        best = find_best(history)
        error = estimate_difference_error(history, best) if best is not None else 1.0
        finished = [trial for trial in history if trial.is_finished]
        weights = {}
        for name in names:
            own = [trial for trial in history if trial.family == name]
            scored = [trial for trial in own if not trial.failure]
            if not scored or best is None:
                # A family whose trials all fail is dropped, unless no family has a score.
                weights[name] = 1.0 if len(own) < _LEAST_TRIALS or best is None else 0.0
                continue
            behind = min(_compute_gap(trial, best) for trial in scored) / error
            if behind > _HOPELESS and len(own) >= _LEAST_TRIALS:
                continue
            # The more trials a family has had, the less one more of them gains.
            weights[name] = max(_LEAST_WEIGHT, float(np.exp(-behind / 2))) / len(own) ** 0.5
            if is_short:
                share = self._estimate_median_seconds(scored) / self._estimate_median_seconds(finished)
                weights[name] /= max(share, _CHEAPEST) ** 0.5
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items() if weight > 0}

    def _estimate_median_seconds(self, trials: Sequence[TrialResult]) -> float:
        return float(np.median([self.estimate_seconds(trial.family, trial.parameters) for trial in trials]))

    def _complete(self, name: str, parameters: Parameters) -> RangedParameters:
        # Cached, because every later proposal looks at the same trials again.
        key = (name, *sorted(parameters.items()))
        if key not in self._completions:
            self._completions[key] = complete_parameters(name, parameters, self.facts)
        return self._completions[key]

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
            known = self._complete(name, trial.parameters)
            # A pruned trial is compared on its own folds, which may have been easy ones.
            value = trial.score if best is None else best.score - _compute_gap(trial, best)
            values = [value, trial.predict_ms] if self.weighs_time else [value]
            study.add_trial(_EndedTrial.from_parameters(known, values))
        return TrialProposal(name, suggest(name, study.ask(), self.facts))


def complete_parameters(family: str, parameters: Parameters, facts: Facts) -> RangedParameters:
    """Return parameters with their ranges, without those that such rows do not have.

    A parameter that is missing, or out of its range, gets the first value of its range.
    """
    trial = _KnownTrial(parameters)
    return RangedParameters(suggest(family, trial, facts), trial.ranges)


class _EndedTrial(FrozenTrial):
    """A trial that does not change, so that a study need not copy all its ranges."""

    @classmethod
    def from_parameters(cls, known: RangedParameters, values: list[float]) -> "_EndedTrial":
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
            distributions=known.ranges,
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "_EndedTrial":
        return copy(self)


class _KnownTrial:
    """A trial that repeats known parameters, and records their ranges."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.ranges: dict[str, BaseDistribution] = {}

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> Any:
        range_ = FloatDistribution(low, high, log=log)
        return self._repeat(name, range_, lambda value: low <= value <= high, range_.low)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> Any:
        range_ = IntDistribution(low, high, log=log)
        return self._repeat(name, range_, range(low, high + 1).__contains__, low)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self._repeat(name, CategoricalDistribution(choices), choices.__contains__, choices[0])

    def _repeat(
        self, name: str, range_: BaseDistribution, is_possible: Callable[[Any], bool], first: Any
    ) -> Any:
        self.ranges[name] = range_
        value = self._parameters.get(name, first)
        return value if is_possible(value) else first


def _compute_gap(trial: TrialResult, best: TrialResult) -> float:
    return float(np.mean(best.fold_scores[: len(trial.fold_scores)])) - trial.score


def _derive_seed(seed: int, number: int) -> int:
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
