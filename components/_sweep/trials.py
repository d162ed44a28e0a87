"""The trials of a sweep: what each worker writes, and all together."""

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from components._estimators import Parameters
from components.errors import SuiteError, format_count, format_list
from components.json_file import write_json

_BEST, _BEST_OF_FAMILY = 12, 2


class NoTrialFinished(SuiteError):
    """No trial of a sweep has a score."""


@dataclass(frozen=True)
class TrialResult:
    """One trial.

    Attributes
    ----------
    number : int
        Its number in the sweep, from 0.
    worker : int
        The worker that ran it.
    family : str
        Key of ``components._estimators.FAMILIES``; empty for a trial that ended before it had one.
    parameters : dict
        The family's parameters.
    fold_scores : tuple of float
        Score of each fold that was scored, larger is better; empty for a trial that failed.
    steps : tuple of int
        Steps of the fit in each of these folds; 0 for an estimator without steps.
    is_pruned : bool
        Whether it was ended before the last fold, because it could no longer be among the best.
    failure : str
        Why it has no score; empty if it has one.
    stops : tuple of int
        Which checks of its time, counted from 1, said that it was over: at them a fit kept what it had, or
        no other fold began. By them the trial can be repeated.
    started, seconds : float
        Start of its last attempt, in seconds since 1970, and its duration.
    predict_ms : float
        Processor time to predict one row, without the recipe, in milliseconds.
    process : int
        Number of the process that ran it.
    is_hurried : bool
        Whether its parameters depended on the time left.
    is_open : bool
        Whether it is run again when the sweep resumes: the budget ended it before its first fold, which is
        then its failure, or after some folds.
    """

    number: int
    worker: int
    family: str
    parameters: Parameters
    fold_scores: tuple[float, ...] = ()
    steps: tuple[int, ...] = ()
    stops: tuple[int, ...] = ()
    is_pruned: bool = False
    failure: str = ""
    started: float = 0.0
    seconds: float = 0.0
    predict_ms: float = 0.0
    process: int = 0
    is_hurried: bool = False
    is_open: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether it has a score in every fold."""
        return not self.failure and not self.is_pruned and not self.is_open

    @property
    def is_part(self) -> bool:
        """Whether the budget ended it after some folds."""
        return self.is_open and not self.failure

    @cached_property
    def score(self) -> float:
        """Mean over the folds that were scored."""
        return float(np.mean(self.fold_scores))


@dataclass(frozen=True)
class Sweep:
    """The trials of one worker or of all.

    Attributes
    ----------
    trials : list of TrialResult
        By number, each number once.
    out_of_fold : dict of int to ndarray
        Predictions of the best trials, by number, for every row of ``FoldSet.scored_rows``.
    notes : list of str
        What kept a worker from running its trials, or trials from having all folds.
    asked : int
        Number of trials that the whole sweep should run; 0 for as many as the time allows.
    is_out_of_time : bool
        Whether a worker stopped because the time was spent.
    """

    trials: list[TrialResult]
    out_of_fold: dict[int, np.ndarray]
    notes: list[str] = field(default_factory=list)
    asked: int = 0
    is_out_of_time: bool = False

    @property
    def n_ended(self) -> int:
        """Number of trials that finished, were pruned, or failed for good."""
        return sum(not trial.is_open for trial in self.trials)

    @property
    def is_ended_by_time(self) -> bool:
        """Whether the time was spent before all trials had ended."""
        return self.is_out_of_time and self.n_ended < self.asked

    @property
    def is_hurried(self) -> bool:
        """Whether the parameters of some trials depended on the time left."""
        return any(trial.is_hurried for trial in self.trials)

    @property
    def depends_on_time(self) -> bool:
        """Whether another machine, or one with other work, would have had other trials."""
        return not self.asked or self.is_ended_by_time or self.is_hurried

    @property
    def finished(self) -> list[TrialResult]:
        """Trials with a score in every fold, the best first; of equal ones the earliest first."""
        scored = [trial for trial in self.trials if trial.is_finished]
        return sorted(scored, key=lambda trial: (-trial.score, trial.number))

    @property
    def candidates(self) -> list[TrialResult]:
        """The trials that the model's members are chosen from, the best first.

        They are the best finished trials, and the best of each family, because families err on different
        rows; and those that the budget ended after some folds.
        """
        by_family: dict[str, list[int]] = {}
        for trial in self.finished:
            by_family.setdefault(trial.family, []).append(trial.number)
        numbers = {trial.number for trial in self.finished[:_BEST]}
        numbers |= {number for own in by_family.values() for number in own[:_BEST_OF_FAMILY]}
        parts = [trial for trial in self.trials if trial.is_part]
        return [*(trial for trial in self.finished if trial.number in numbers), *parts]

    def finish_parts(self) -> "Sweep":
        """Return the sweep with the trials of the most folds as finished, if none has all folds."""
        most = max((len(trial.fold_scores) for trial in self.trials if trial.is_part), default=0)
        if self.finished or not most:
            return self
        trials = [
            replace(trial, is_open=False) if trial.is_part and len(trial.fold_scores) == most else trial
            for trial in self.trials
        ]
        note = f"Time ran out before a trial had all folds; those with {format_count(most, 'fold')} count."
        return replace(self, trials=trials, notes=[*self.notes, note])

    @property
    def winner(self) -> TrialResult:
        """The best trial.

        Raises
        ------
        NoTrialFinished
            No trial has a score; the message gives the reasons.
        """
        if self.finished:
            return self.finished[0]
        failures = [trial.failure for trial in self.trials if trial.failure]
        failures += [
            f"the budget was spent after {format_count(len(trial.fold_scores), 'fold')} of a trial"
            for trial in self.trials
            if trial.is_part
        ]
        reasons = dict.fromkeys(text.rstrip(".") for text in [*failures, *self.notes])
        raise NoTrialFinished(
            f"No trial of the sweep finished: {format_list(reasons) or 'none was started'}.",
            "Fix the cause, raise budget_minutes, or give the workers more memory.",
        )

    def save(self, folder: str | Path) -> None:
        """Write the trials."""
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        for number, predicted in self.out_of_fold.items():
            np.save(path / f"out-of-fold-{number}.npy", predicted)
        stored = {
            "trials": [asdict(trial) for trial in self.trials],
            "notes": self.notes,
            "asked": self.asked,
            "is_out_of_time": self.is_out_of_time,
        }
        write_json(path / "trials.json", stored)

    @classmethod
    def load(cls, folders: list[str]) -> "Sweep":
        """Read trials that ``save`` wrote, and merge those of several workers.

        Workers that share a study each write all trials that they know, so a trial may occur several times.
        A trial that ended replaces one that another worker saw open.
        """
        trials: dict[int, TrialResult] = {}
        out_of_fold = {}
        notes: list[str] = []
        asked, is_out_of_time = 0, False
        for path in map(Path, folders):
            stored = json.loads((path / "trials.json").read_text(encoding="utf-8"))
            notes += stored["notes"]
            asked = max(asked, stored["asked"])
            is_out_of_time = is_out_of_time or stored["is_out_of_time"]
            for trial in map(parse_trial, stored["trials"]):
                known = trials.get(trial.number)
                if known is None or known.failure or known.is_open:
                    trials[trial.number] = trial
            for file in path.glob("out-of-fold-*.npy"):
                out_of_fold[int(file.stem.rpartition("-")[2])] = np.load(file)
        in_order = [trials[number] for number in sorted(trials)]
        return cls(in_order, dict(sorted(out_of_fold.items())), notes, asked, is_out_of_time)


def parse_trial(stored: dict[str, Any]) -> TrialResult:
    """Return the trial that ``dataclasses.asdict`` wrote to JSON."""
    # Studies of earlier versions have no stops.
    tuples = {name: tuple(stored.get(name, ())) for name in ("fold_scores", "steps", "stops")}
    return TrialResult(**{**stored, **tuples})
