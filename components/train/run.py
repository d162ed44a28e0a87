"""The stage: choose the model from the sweep, fit it, write it and log it."""

from collections.abc import Mapping
from pathlib import Path

from components._dask.choice import choose_engine
from components._sweep.trials import Sweep
from components._tracking.run_links import build_kubeflow_tags
from components._tracking.tracking_server import check_server
from components.environment import Environment
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.train.inputs import TrainingInputs
from components.train.model_builder import train_model
from components.train.model_folder import write_model_folder
from components.train.report import render_model_page
from components.train.settings import Settings
from components.train.training_metrics import compute_metrics

__all__ = ["Settings", "resolve_memory", "run"]


def run(
    *,
    train: str,
    problem: str,
    schema: str,
    recipe: str,
    folds: str,
    trials: str,
    model: str,
    report: str,
    source: Mapping[str, object],
    settings: Settings,
    sample: str | None = None,
    memory: int = DEFAULT_MEMORY,
    engine: str = "",
) -> dict[str, float]:
    """Choose the best trials, fit them and write the model.

    Parameters
    ----------
    train, problem, schema, recipe, folds, trials : str
        Paths to read.
    model, report : str
        Paths to write.
    source : mapping
        Hashes and source of the training rows.
    settings : Settings
        How the model is fitted and where it is logged.
    sample : str or None
        Path of a sample of the training rows; None, or one without rows, if they fit into memory.
    memory : int
        Bytes of memory to use.
    engine : str
        What fits on all rows of a table that does not fit into memory: ``local`` or ``dask``; empty for the
        one that ``choose_engine`` returns.

    Returns
    -------
    dict of str to float
        The cross-validated score, the number of trials, whether time ended the sweep, what a limit on the
        time to predict a row cost, and the threshold of a binary problem.

    Raises
    ------
    InvalidSetting
        There is no such engine.
    TrackingError
        MLflow did not accept the run.
    WorkersFailed
        Dask's workers cannot do the work.
    """
    environment = Environment.read()
    check_server(environment.tracking_uri)
    inputs = TrainingInputs.load(
        train=train, problem=problem, schema=schema, recipe=recipe, folds=folds, sample=sample
    )
    sweep = Sweep.load([trials])
    choice = choose_engine(engine, train, memory, environment.dask_scheduler)
    origin = {**source, "commit": environment.commit}
    trained = train_model(inputs, sweep, settings, origin, memory, choice)
    folder = Path(model)
    write_model_folder(folder, trained.built, inputs, settings.seed)
    Path(report).write_text(render_model_page(trained), encoding="utf-8")
    metrics = compute_metrics(trained, sweep)
    if environment.tracking_uri is not None:
        # MLflow takes seconds to import, and only this needs it.
        from components.train.mlflow_run import log_mlflow_run

        log_mlflow_run(
            trained.built.package,
            folder,
            inputs.frame,
            tracking_uri=environment.tracking_uri,
            experiment=settings.experiment or trained.built.package.signature.target,
            metrics=metrics,
            trials=sweep.trials,
            n_rows=inputs.n_rows,
            run_name=environment.run_name or settings.run_name or None,
            asked={"budget_minutes": settings.budget_minutes, "max_models": settings.max_models},
            links=build_kubeflow_tags(environment, settings.job),
            page=Path(report).read_text(encoding="utf-8"),
        )
    return metrics
