"""The stage: plan a sweep once, then run it in workers."""

import tempfile
from pathlib import Path

from components._model.files import load_recipe
from components._model.recipe import required_columns
from components._model.trials import TrialResult
from components._problem.spec import Problem
from components._table.storage import read_frame
from components.environment import Environment, cpu_count
from components.errors import SuiteError, listed
from components.tune.folds import fold_set
from components.tune.pool import Place, run_pool
from components.tune.settings import Settings

__all__ = ["NoTrialFinished", "Settings", "plan", "run"]


class NoTrialFinished(SuiteError):
    """A sweep ended without a model."""


def plan(*, train: str, problem: str, recipe: str, folds: str, workers: int, seed: int) -> list[int]:
    """Prepare the matrices of every fold and return the workers' numbers.

    Parameters
    ----------
    train, problem, recipe : str
        Paths to read.
    folds : str
        Path to write.
    workers : int
        Number of workers, at least 1.
    seed : int
        Seed of the folds.

    Raises
    ------
    InvalidSetting
        There is no worker.
    InvalidData
        The rows cannot be cut into folds that all have every class.
    """
    Settings(workers=workers)
    question = Problem.load(problem)
    fitted = load_recipe(recipe)
    named = [question.target, question.group, question.event_time]
    # Without a group or time equal rows are kept together, and rows are equal by all their columns.
    needs_all = question.group is None and question.event_time is None
    columns = [*required_columns(fitted), *(name for name in named if name is not None)]
    frame = read_frame(train, None if needs_all else columns)
    fold_set(frame, question, fitted, seed).save(folds)
    return list(range(workers))


def run(*, folds: str, results: str, settings: Settings) -> None:
    """Run one worker's share of the trials, in as many processes as it has processors.

    Parameters
    ----------
    folds : str
        Path to read.
    results : str
        Path to write.
    settings : Settings
        The worker's part of the sweep.

    Raises
    ------
    NoTrialFinished
        Every trial of the worker failed.
    """
    shared = Environment.read().study_journal
    with tempfile.TemporaryDirectory() as scratch:
        journal = shared or Path(scratch) / "study.journal"
        place = Place(folds, journal, is_shared=shared is not None, scratch=Path(scratch))
        sweep = run_pool(place, settings, processes=min(cpu_count(), max(settings.share, 1)), threads=1)
    if settings.share and not sweep.finished:
        raise NoTrialFinished(
            f"No trial of worker {settings.worker} finished:\n{_reasons(sweep.trials)}",
            "Mend the cause named, raise budget_minutes, or give the worker more memory.",
        )
    sweep.save(results)


def _reasons(trials: list[TrialResult]) -> str:
    return listed(dict.fromkeys(f"- {trial.failure}" for trial in trials)) or "- none was started"
