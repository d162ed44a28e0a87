"""Where a worker reads and writes, which trials it runs, and how much time it has."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from components.tune.settings import MANY_TRIALS, Settings


class TrialNumbers(NamedTuple):
    """The numbers of a sweep that one study holds: 0 to ``total - 1``.

    Workers without a shared study interleave their numbers, so that no worker repeats what another tries:
    number n of a study is number ``offset + n * stride`` of the sweep.
    """

    total: int
    offset: int = 0
    stride: int = 1

    def to_sweep_number(self, number: int) -> int:
        """Return the number in the sweep of a number in the study."""
        return self.offset + number * self.stride


@dataclass(frozen=True)
class WorkerSetup:
    """Where a worker reads and writes, and how long it waits for others.

    Attributes
    ----------
    folds : str
        Folder of the ``FoldSet``.
    storage : str
        File of the study, or address of its database or proxy.
    study : str
        Name of the study, the same for all workers of a sweep and for no other sweep.
    is_shared : bool
        Whether the other workers use the same study.
    scratch : Path
        Folder for the results of finished trials, a new one for every attempt of a worker.
    patience : float
        How long to wait for a storage that does not answer, in seconds.
    grace : float
        How long another worker may be without a heartbeat, in seconds.
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
        """The name of this attempt of a worker, which no other attempt has."""
        return self.scratch.name

    def get_trial_numbers(self, settings: Settings) -> TrialNumbers:
        """Return which trials of a sweep the worker's study holds."""
        if self.is_shared:
            return TrialNumbers(settings.trials or MANY_TRIALS)
        return TrialNumbers(settings.share, settings.worker, settings.workers)


@dataclass(frozen=True)
class SweepClock:
    """The time of a sweep, over all its attempts.

    Attributes
    ----------
    budget : float
        Seconds for the trials.
    started : float
        When this attempt started, by ``time.monotonic``.
    before : float
        Seconds that the sweep had run before this attempt.
    """

    budget: float
    started: float
    before: float

    @classmethod
    def start(cls, budget: float, before: float) -> "SweepClock":
        """Start the clock of an attempt."""
        return cls(budget, time.monotonic(), before)

    def get_seconds_spent(self) -> float:
        """Return the seconds that the sweep has run."""
        return self.before + time.monotonic() - self.started

    def get_seconds_left(self) -> float:
        """Return the seconds left; negative if the time is over."""
        return self.budget - self.get_seconds_spent()
