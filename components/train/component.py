"""The component's interface."""

from typing import List  # noqa: UP035

from kfp.dsl import HTML, Artifact, Input, Metrics, Output

from components._kfp.artifacts import Folds, Model, Problem, Recipe, Schema, Table
from components._kfp.stage import stage


# kfp cannot import an artifact type of our own inside a List, so trials says Artifact and means Trials.
@stage
def train(
    train: Input[Table],
    problem: Input[Problem],
    schema: Input[Schema],
    recipe: Input[Recipe],
    folds: Input[Folds],
    trials: Input[List[Artifact]],  # noqa: UP006
    model: Output[Model],
    metrics: Output[Metrics],
    report: Output[HTML],
    experiment: str = "default",
    seed: int = 0,
):
    """Fit the best trial on all training rows and pack the model.

    Args:
        train: Rows to learn from.
        problem: The resolved problem.
        schema: What each column is.
        recipe: The whole recipe.
        folds: Matrices of the sweep.
        trials: Finished trials of every worker.
        model: The model's folder.
        metrics: Cross-validated score and decision threshold.
        report: The sweep: history, families, parameters, threshold.
        experiment: MLflow experiment to log to.
        seed: Seed of the estimator.
    """
    from components.train.run import Settings, run

    metrics.metadata.update(
        run(
            train=train.path,
            problem=problem.path,
            schema=schema.path,
            recipe=recipe.path,
            folds=folds.path,
            trials=[part.path for part in trials],
            model=model.path,
            report=report.path,
            source=dict(train.metadata),
            settings=Settings(experiment=experiment, seed=seed),
        )
    )
