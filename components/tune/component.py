"""The components' interfaces."""

from typing import List  # noqa: UP035

from kfp.dsl import HTML, Artifact, Input, Output

from components._kfp.artifacts import Folds, Problem, Recipe, Table, Trials
from components._kfp.stage import stage


@stage
def tune_plan(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    recipe: Input[Recipe],
    folds: Output[Folds],
    study: str = "",
    workers: int = 1,
    budget_minutes: float = 10.0,
    seed: int = 0,
) -> list[int]:
    """Prepare the matrices of a sweep once, with the recipe refitted in every fold.

    Args:
        train: The training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        recipe: The complete recipe.
        folds: Matrices to fit and to score on.
        study: Name of a sweep to continue, which keeps its number of folds; empty for a new one.
        workers: Number of workers of the sweep, at least 1.
        budget_minutes: Time of the sweep, by which its trials get more or fewer folds and steps.
        seed: Seed of the folds.

    Returns:
        The workers' numbers, to loop over.
    """
    from components.tune.run import plan

    return plan(
        train=train.path,
        sample=sample.path,
        problem=problem.path,
        recipe=recipe.path,
        folds=folds.path,
        study=study,
        workers=workers,
        budget_minutes=budget_minutes,
        seed=seed,
    )


@stage
def tune(
    folds: Input[Folds],
    results: Output[Trials],
    job: str,
    study: str = "",
    worker: int = 0,
    workers: int = 1,
    trials: int = 30,
    budget_minutes: float = 10.0,
    seed: int = 0,
    weighs_time: bool = False,
    warm_start: str = "",
    known_trials: list = [],  # noqa: B006
    memory: str = "",
):
    """Try models until the trials or the time of the sweep are used up.

    Args:
        folds: Matrices to fit and to score on.
        results: The sweep's trials that this worker knows.
        job: A name that no other run has: the name of a new sweep.
        study: Name of a sweep to continue; empty for a new one.
        worker: This worker's number, from 0.
        workers: Number of workers of the sweep.
        trials: Trials of the whole sweep; 0 for as many as the time allows.
        budget_minutes: Time for the sweep and for fitting its model, in minutes.
        seed: Seed of the search.
        weighs_time: Whether the search also optimises the time to predict a row.
        warm_start: Name of an earlier sweep of the same problem, whose best trials are tried early.
        known_trials: Trials to try early, each with family and parameters.
        memory: Memory of this worker, such as 4g; empty for all that its pod or machine has.
    """
    from components.tune.run import Settings, resolve_memory, run

    run(
        folds=folds.path,
        results=results.path,
        study=study or job,
        settings=Settings(
            worker=worker,
            workers=workers,
            trials=trials,
            budget_minutes=budget_minutes,
            seed=seed,
            weighs_time=weighs_time,
            warm_start=warm_start,
            known_trials=tuple(known_trials),
        ),
        memory=resolve_memory(memory) if memory else None,
    )


# kfp cannot import an artifact type of our own inside a List, so parts says Artifact and means Trials.
@stage
def tune_result(
    folds: Input[Folds],
    parts: Input[List[Artifact]],  # noqa: UP006
    results: Output[Trials],
    report: Output[HTML],
    seed: int = 0,
):
    """Join the trials of all workers, with the predictions of the best, and report the sweep.

    Args:
        folds: Matrices of the sweep.
        parts: Trials of every worker.
        results: All trials.
        report: The sweep: history, families, score against time, parameters and workers.
        seed: Seed of the sweep.
    """
    from components.tune.result import join_workers

    join_workers(
        folds=folds.path,
        parts=[part.path for part in parts],
        results=results.path,
        report=report.path,
        seed=seed,
    )
