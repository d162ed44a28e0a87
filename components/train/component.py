"""The component's interface."""

from kfp.dsl import HTML, Input, Metrics, Output

from components._kfp.artifacts import Folds, Model, Problem, Recipe, Schema, Table, Trials
from components._kfp.stage import stage


@stage
def train(
    train: Input[Table],
    sample: Input[Table],
    problem: Input[Problem],
    schema: Input[Schema],
    recipe: Input[Recipe],
    folds: Input[Folds],
    trials: Input[Trials],
    model: Output[Model],
    metrics: Output[Metrics],
    report: Output[HTML],
    experiment: str = "",
    max_models: int = 5,
    max_latency_ms: float = 0.0,
    budget_minutes: float = 10.0,
    seed: int = 0,
    memory: str = "",
    engine: str = "",
    job: str = "",
    run_name: str = "",
):
    """Choose the best trial, or an ensemble if that is better, fit it and write the model.

    Args:
        train: The training rows.
        sample: A sample of the training rows, if they do not fit into memory; else without rows.
        problem: The resolved problem.
        schema: What each column is.
        recipe: The complete recipe.
        folds: Matrices of the sweep.
        trials: Trials of the whole sweep.
        model: The model's folder.
        metrics: Cross-validated score and decision threshold.
        report: The model: its members and their weights, calibration and threshold.
        experiment: MLflow experiment to log to; empty for one of the target's name.
        max_models: Most trials in the model.
        max_latency_ms: Processor time in which the model should predict one row as it is served, in
            milliseconds, measured; 0 for about 0.1 ms by count.
        budget_minutes: Time for the sweep and for fitting its model, in minutes.
        seed: Seed of the estimators.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
        engine: local or dask; empty for Dask where a scheduler is given and the table is very large.
        job: The run of the pipeline, to which MLflow's run leads.
        run_name: Its name, which MLflow's run gets.
    """
    from components.train.run import Settings, resolve_memory, run

    metrics.metadata.update(
        run(
            train=train.path,
            sample=sample.path,
            problem=problem.path,
            schema=schema.path,
            recipe=recipe.path,
            folds=folds.path,
            trials=trials.path,
            model=model.path,
            report=report.path,
            # kfp gives the metadata of an artifact in any order.
            source=dict(sorted(train.metadata.items())),
            settings=Settings(
                experiment=experiment,
                max_models=max_models,
                max_latency_ms=max_latency_ms,
                budget_minutes=budget_minutes,
                seed=seed,
                job=job,
                run_name=run_name,
            ),
            memory=resolve_memory(memory),
            engine=engine,
        )
    )
