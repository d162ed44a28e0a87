"""The components' interfaces."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Folds, Problem, Recipe, Table, Trials
from components._kfp.stage import stage


@stage
def tune_plan(
    train: Input[Table],
    problem: Input[Problem],
    recipe: Input[Recipe],
    folds: Output[Folds],
    workers: int = 1,
    seed: int = 0,
) -> list[int]:
    """Prepare the matrices of a sweep once, the recipe refitted inside every fold.

    Args:
        train: Rows to learn from.
        problem: The resolved problem.
        recipe: The whole recipe.
        folds: Matrices to fit and to score on.
        workers: Number of workers of the sweep, at least 1.
        seed: Seed of the folds.

    Returns:
        The workers' numbers, to loop over.
    """
    from components.tune.run import plan

    return plan(
        train=train.path,
        problem=problem.path,
        recipe=recipe.path,
        folds=folds.path,
        workers=workers,
        seed=seed,
    )


@stage
def tune(
    folds: Input[Folds],
    results: Output[Trials],
    worker: int = 0,
    workers: int = 1,
    trials: int = 30,
    budget_minutes: float = 10.0,
    seed: int = 0,
):
    """Try models until the sweep's trials or its time are spent.

    Args:
        folds: Matrices to fit and to score on.
        results: This worker's finished trials.
        worker: This worker's number, from 0.
        workers: Number of workers of the sweep.
        trials: Trials of the whole sweep, at least 1.
        budget_minutes: Time to stop starting trials, in minutes.
        seed: Seed of the search.
    """
    from components.tune.run import Settings, run

    run(
        folds=folds.path,
        results=results.path,
        settings=Settings(
            worker=worker, workers=workers, trials=trials, budget_minutes=budget_minutes, seed=seed
        ),
    )
