"""Where a worker finds and leaves things, which trials are its own, and how much time it has."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from components.tune.settings import Settings

# Share of the budget that is left for fitting the model, and for comparing its compiled form with it.
_RESERVE = 0.18


class TrialNumbers(NamedTuple):
    """The numbers of a sweep that one study holds: 0 to ``total - 1``.

    Workers that share no study interleave theirs, so that none repeats what another tries: number n of a
    study is number ``offset + n * stride`` of the sweep.
    """

    total: int
    offset: int = 0
    stride: int = 1

    def to_sweep_number(self, number: int) -> int:
        """Return what a number of the study is in the sweep."""
        return self.offset + number * self.stride


@dataclass(frozen=True)
class WorkerSetup:
    """Where a worker finds and leaves things, and how long it waits for others.

    Attributes
    ----------
    folds : str
        Folder of the ``FoldSet``.
    storage : str
        File of the study, or address of its database or proxy.
    study : str
        Name of the study, the same for all workers of a sweep and for no other sweep.
    is_shared : bool
        Whether the other workers are on the same study.
    scratch : Path
        Folder for what finished trials leave, new for every attempt of a worker.
    patience : float
        How long to wait for a storage that does not answer, in seconds.
    grace : float
        How long another worker may show no sign of life, in seconds.
    """

    folds: str
    storage: str
    study: str
    is_shared: bool
    scratch: Path
    patience: float = 300.0
    grace: float = 20.0

    @property
    def attempt(self) -> str:
        """What tells this attempt of a worker from an earlier one."""
        return self.scratch.name

    def get_trial_numbers(self, settings: Settings) -> TrialNumbers:
        """Return which trials of a sweep the worker's study holds."""
        if self.is_shared:
            return TrialNumbers(settings.trials)
        return TrialNumbers(settings.share, settings.worker, settings.workers)


@dataclass(frozen=True)
class SweepClock:
    """The time of a sweep, all its attempts together.

    Attributes
    ----------
    budget : float
        Seconds for the trials.
    started : float
        When this attempt began, by ``time.monotonic``.
    before : float
        Seconds that the sweep had run before.
    """

    budget: float
    started: float
    before: float

    @classmethod
    def from_budget(cls, budget_minutes: float, before: float) -> "SweepClock":
        """Start the clock of an attempt."""
        return cls(budget_minutes * 60 * (1 - _RESERVE), time.monotonic(), before)

    def get_seconds_spent(self) -> float:
        """Return the seconds that the sweep has run."""
        return self.before + time.monotonic() - self.started

    def get_seconds_left(self) -> float:
        """Return the seconds left; negative afterwards."""
        return self.budget - self.get_seconds_spent()
