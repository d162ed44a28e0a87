"""The stage's settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import InvalidSetting

# More than any budget allows.
MANY_TRIALS = 1_000_000


@dataclass(frozen=True)
class Settings:
    """One worker's part of a sweep.

    Attributes
    ----------
    worker, workers : int
        This worker's number, from 0, and how many there are.
    trials : int
        Trials of the whole sweep; 0 for as many as the time allows.
    budget_minutes : float
        Time for the sweep and for fitting its model, in minutes, above 0.
    seed : int
        Seed of the search.
    weighs_time : bool
        Whether the search also optimises the time to predict a row.
    warm_start : str
        Study of an earlier sweep of the same problem, whose best trials are tried early; empty for none.
    known_trials : sequence of dict
        Trials that are tried early, each with ``family`` and ``parameters``.
    """

    worker: int = 0
    workers: int = 1
    trials: int = 30
    budget_minutes: float = 10.0
    seed: int = 0
    weighs_time: bool = False
    warm_start: str = ""
    known_trials: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InvalidSetting.from_out_of_range("workers", self.workers, "1 or more")
        if not 0 <= self.worker < self.workers:
            raise InvalidSetting.from_out_of_range("worker", self.worker, f"from 0 to {self.workers - 1}")
        if self.trials < 0:
            raise InvalidSetting.from_out_of_range("trials", self.trials, "0 or more")
        if not 0 < self.budget_minutes < float("inf"):
            raise InvalidSetting.from_out_of_range("budget_minutes", self.budget_minutes, "above 0")
        for trial in self.known_trials:
            if not (isinstance(trial, Mapping) and isinstance(trial.get("parameters"), Mapping)):
                expected = "a mapping with a family and its parameters"
                raise InvalidSetting.from_out_of_range("known_trials", trial, expected)

    @property
    def share(self) -> int:
        """Trials of this worker if it searches alone; the shares of all workers add up to ``trials``."""
        if not self.trials:
            return MANY_TRIALS
        return self.trials // self.workers + (self.worker < self.trials % self.workers)
