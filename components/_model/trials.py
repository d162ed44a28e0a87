"""Finished trials of a sweep, as the workers hand them on."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from components._model.families import Parameters
from components._model.package import write_json
from components.errors import SuiteError, listed


class NoTrialFinished(SuiteError):
    """A sweep ended without a model."""


@dataclass(frozen=True)
class TrialResult:
    """One trial.

    Attributes
    ----------
    number : int
        Its number in the study.
    worker : int
        The worker that ran it.
    family : str
        Key of ``components._model.families.FAMILIES``.
    parameters : dict
        The family's parameters.
    fold_scores : tuple of float
        Score of each fold, larger is better; empty for a trial that failed.
    seconds : float
        Time that it took.
    failure : str
        Why it has no score; empty where it has.
    """

    number: int
    worker: int
    family: str
    parameters: Parameters
    fold_scores: tuple[float, ...]
    seconds: float
    failure: str = ""

    @property
    def score(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.fold_scores))


@dataclass(frozen=True)
class Sweep:
    """The trials of one worker or of all.

    Attributes
    ----------
    trials : list of TrialResult
        By number and worker.
    out_of_fold : dict of (int, int) to ndarray
        Predictions of the best trials, by worker and number, for every row of ``FoldSet.scored_rows``.
    """

    trials: list[TrialResult]
    out_of_fold: dict[tuple[int, int], np.ndarray]

    @property
    def finished(self) -> list[TrialResult]:
        """Trials with a score, the best first; of equals the one that came first."""
        scored = [trial for trial in self.trials if not trial.failure]
        return sorted(scored, key=lambda trial: (-trial.score, trial.number, trial.worker))

    @property
    def winner(self) -> TrialResult:
        """The best trial.

        Raises
        ------
        NoTrialFinished
            No trial has a score; the reasons are named.
        """
        if self.finished:
            return self.finished[0]
        reasons = dict.fromkeys(trial.failure.rstrip(".") for trial in self.trials)
        raise NoTrialFinished(
            f"No trial of the sweep finished: {listed(reasons) or 'none was started'}.",
            "Mend the cause named, raise budget_minutes, or give the workers more memory.",
        )

    def save(self, folder: str | Path) -> None:
        """Write the trials of one worker."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        write_json(place / "trials.json", [asdict(trial) for trial in self.trials])
        for (worker, number), predictions in self.out_of_fold.items():
            np.save(place / f"oof-{worker}-{number}.npy", predictions)

    @classmethod
    def load(cls, folders: list[str]) -> "Sweep":
        """Read and join the trials of all workers."""
        trials: list[TrialResult] = []
        out_of_fold = {}
        for place in map(Path, folders):
            stored = json.loads((place / "trials.json").read_text(encoding="utf-8"))
            trials += [TrialResult(**{**item, "fold_scores": tuple(item["fold_scores"])}) for item in stored]
            for file in sorted(place.glob("oof-*.npy")):
                worker, number = map(int, file.stem.split("-")[1:])
                out_of_fold[worker, number] = np.load(file)
        return cls(sorted(trials, key=lambda trial: (trial.number, trial.worker)), out_of_fold)
