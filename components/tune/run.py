"""The stage: plan a sweep once, then run it in workers."""

import sys
import tempfile
from pathlib import Path

from components._model.files import load_recipe
from components._model.recipe import list_required_columns
from components._problem.spec import Problem
from components._table.storage import read_frame
from components.environment import Environment, count_cpus
from components.tune.folds import build_fold_set
from components.tune.pool import run_pool
from components.tune.settings import Settings
from components.tune.storage import check_storage
from components.tune.study import LAG
from components.tune.worker_setup import WorkerSetup

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
        There is no worker, or the database that the workers are to share cannot be used.
    InvalidData
        The rows cannot be cut into folds.
    """
    Settings(workers=workers)
    # Here, before the loop: one that fails in it could not say it as well.
    check_storage(Environment.read().study_url)
    question = Problem.load(problem)
    fitted = load_recipe(recipe)
    named = [question.target, question.group, question.event_time]
    # Without a group or time copies of a row are kept together, and all columns tell what is a copy.
    needs_all = question.group is None and question.event_time is None
    columns = [*list_required_columns(fitted), *(name for name in named if name is not None)]
    frame = read_frame(train, None if needs_all else columns)
    build_fold_set(frame, question, fitted, seed).save(folds)
    return list(range(workers))


def run(*, folds: str, results: str, study: str, settings: Settings) -> None:
    """Run one worker's part of a sweep, in as many processes as it has processors.

    A worker whose trials all fail succeeds, as another worker may have the model, and so does one that loses
    the sweep's storage: ``Sweep.winner`` says so when no worker has a model.

    Parameters
    ----------
    folds : str
        Path to read.
    results : str
        Path to write.
    study : str
        Name of the study, one for all workers of a sweep.
    settings : Settings
        The worker's part of the sweep.

    Raises
    ------
    InvalidSetting
        The study is of another sweep.
    """
    environment = Environment.read()
    shared = environment.study_url or environment.study_journal
    with tempfile.TemporaryDirectory() as scratch:
        storage = str(shared or Path(scratch) / "study.journal")
        setup = WorkerSetup(folds, storage, study, is_shared=shared is not None, scratch=Path(scratch))
        sys.stdout.write(f"{_describe_study(setup, environment)}\n")
        run_pool(setup, settings, processes=min(count_cpus(), LAG)).save(results)


def _describe_study(setup: WorkerSetup, environment: Environment) -> str:
    """Return how to look at the study."""
    if not setup.is_shared:
        return "This worker searches alone: neither KFP_TABULAR_STUDY_URL nor _JOURNAL says where a study is."
    where = setup.storage if environment.study_url is None else '"$KFP_TABULAR_STUDY_URL"'
    return f"Look at the study {setup.study} with: optuna-dashboard {where}"
