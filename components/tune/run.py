"""The stage: plan a sweep once, then run it in workers."""

import tempfile
from pathlib import Path

from components._model.files import load_recipe
from components._model.recipe import required_columns
from components._problem.spec import Problem
from components._table.storage import read_frame
from components.environment import Environment, cpu_count
from components.tune.folds import fold_set
from components.tune.pool import Place, run_pool
from components.tune.search import LAG
from components.tune.settings import Settings

__all__ = ["Settings", "plan", "run"]


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
        The rows cannot be cut into folds.
    """
    Settings(workers=workers)
    question = Problem.load(problem)
    fitted = load_recipe(recipe)
    named = [question.target, question.group, question.event_time]
    # Without a group or time copies of a row are kept together, and all columns tell what is a copy.
    needs_all = question.group is None and question.event_time is None
    columns = [*required_columns(fitted), *(name for name in named if name is not None)]
    frame = read_frame(train, None if needs_all else columns)
    fold_set(frame, question, fitted, seed).save(folds)
    return list(range(workers))


def run(*, folds: str, results: str, settings: Settings) -> None:
    """Run one worker's share of the trials, in as many processes as it has processors.

    A worker whose trials all fail succeeds, as another worker may have the model: ``Sweep.winner`` refuses
    when none has.

    Parameters
    ----------
    folds : str
        Path to read.
    results : str
        Path to write.
    settings : Settings
        The worker's part of the sweep.
    """
    environment = Environment.read()
    shared = environment.study_url or environment.study_journal
    with tempfile.TemporaryDirectory() as scratch:
        study = str(shared or Path(scratch) / "study.journal")
        place = Place(folds, study, is_shared=shared is not None, scratch=Path(scratch))
        run_pool(place, settings, processes=min(cpu_count(), settings.share, LAG)).save(results)
