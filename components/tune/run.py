"""The stage: plan a sweep once, then run it in workers."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from components._model.files import load_recipe
from components._problem.spec import Problem
from components._recipe.recipe import list_required_columns
from components._sweep.folds import FoldSet
from components._sweep.time_plan import estimate_overrun
from components._table.learning_rows import choose_rows_to_learn_from, describe_sample
from components._table.storage import count_rows, read_frame
from components.environment import Environment
from components.errors import format_count
from components.events import emit
from components.machine import count_cpus, limit_processes
from components.memory import resolve_memory
from components.tune.folds import build_fold_set
from components.tune.pool import run_pool
from components.tune.repetition import repeat_sweep
from components.tune.settings import Settings
from components.tune.storage import check_storage
from components.tune.study import LAG, find_n_folds
from components.tune.worker_setup import WorkerSetup

__all__ = ["Settings", "plan", "resolve_memory", "run"]

# A shorter delay need not be announced.
_NOTABLE_SECONDS = 3.0
# Memory of a process that runs trials: its own, and for copies of the largest matrix to fit on. The processes
# share the imported libraries.
_BYTES_OF_PROCESS, _COPIES_OF_MATRIX, _BYTES_SHARED = 200e6, 4, 300e6


def plan(
    *,
    train: str,
    problem: str,
    recipe: str,
    folds: str,
    study: str,
    workers: int,
    budget_minutes: float,
    seed: int,
    sample: str | None = None,
) -> list[int]:
    """Prepare the matrices of every fold, and return the workers' numbers.

    Parameters
    ----------
    train, problem, recipe : str
        Paths to read.
    folds : str
        Path to write.
    study : str
        Name of a sweep to continue, which keeps its number of folds; empty for a new one.
    workers : int
        Number of workers, at least 1.
    budget_minutes : float
        Time of the run, in minutes, above 0.
    seed : int
        Seed of the folds.
    sample : str or None
        Path of a sample of the training rows; None, or one without rows, if they fit into memory.

    Raises
    ------
    InvalidSetting
        There is no worker, or the shared database cannot be used.
    InvalidData
        The rows cannot be split into folds.
    """
    Settings(workers=workers, budget_minutes=budget_minutes)
    environment = Environment.read()
    # Checked before the loop over the workers, where the error would be harder to see.
    check_storage(environment.study_url)
    shared = environment.study_url or environment.study_journal
    n_folds = find_n_folds(str(shared), study) if shared and study else None
    question = Problem.load(problem)
    fitted = load_recipe(recipe)
    named = [question.target, question.group, question.event_time, question.weight]
    # Without a group or time, copies of a row stay together, and finding copies takes all columns.
    needs_all = question.group is None and question.event_time is None
    columns = [*list_required_columns(fitted), *(name for name in named if name is not None)]
    frame = read_frame(choose_rows_to_learn_from(train, sample), None if needs_all else columns)
    said = describe_sample(train, sample)
    all_rows = count_rows(train) if said else None
    data = build_fold_set(frame, question, fitted, seed, budget_minutes * 60, n_folds, all_rows)
    if said:
        data = replace(data, notes=(f"The sweep searched on {said}.", *data.notes))
    data.save(folds)
    overrun = estimate_overrun(budget_minutes, data.plan)
    if overrun > _NOTABLE_SECONDS:
        seconds = budget_minutes * 60
        emit(
            "notice",
            text=f"The run will take about {seconds + overrun:.0f} s and not {seconds:.0f} s: so large a "
            "table needs more time before and after the sweep. Raise MINUTES (budget_minutes) for a better "
            "model.",
        )
    return list(range(workers))


def run(*, folds: str, results: str, study: str, settings: Settings, memory: int | None = None) -> None:
    """Run one worker's part of a sweep, or of a recorded one again, with one process per processor.

    A worker succeeds even if all its trials fail or if it loses the sweep's storage, because another worker
    may have a model. ``join_workers`` raises the error if none has.

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
    memory : int or None
        Bytes of memory that the worker may use; None for all that there is.

    Raises
    ------
    InvalidSetting
        The study belongs to another sweep.
    """
    environment = Environment.read()
    shared = environment.study_url or environment.study_journal
    with tempfile.TemporaryDirectory() as scratch:
        storage = str(shared or Path(scratch) / "study.journal")
        setup = WorkerSetup(folds, storage, study, is_shared=shared is not None, scratch=Path(scratch))
        wanted = min(count_cpus(), LAG)
        data = FoldSet.load(folds)
        matrix = max(fold.X_fit.nbytes for fold in data.folds)
        bytes_each = _BYTES_OF_PROCESS + _COPIES_OF_MATRIX * matrix
        processes = limit_processes(wanted, bytes_each, _BYTES_SHARED, memory)
        if environment.repeated_sweep is not None:
            sys.stdout.write(f"The trials of {environment.repeated_sweep} run again; nothing is searched.\n")
            repeat_sweep(environment.repeated_sweep, data, settings, processes).save(results)
            return
        sys.stdout.write(f"{_describe_study(setup, environment)}\n")
        sweep = run_pool(setup, settings, processes, memory=memory)
        if processes < wanted:
            sweep.notes.append(
                f"Worker {settings.worker} ran {format_count(processes, 'trial')} at a time, not {wanted}, "
                "because its memory has no room for more."
            )
        sweep.save(results)


def _describe_study(setup: WorkerSetup, environment: Environment) -> str:
    """Return how to look at the study."""
    if not setup.is_shared:
        return "This worker searches alone: KFP_TABULAR_STUDY_URL and KFP_TABULAR_STUDY_JOURNAL are not set."
    location = setup.storage if environment.study_url is None else '"$KFP_TABULAR_STUDY_URL"'
    return f"Look at the study {setup.study} with: optuna-dashboard {location}"
