"""The record of a model in MLflow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from components._model.package import Package
from components._sweep.trials import TrialResult
from components.json_file import write_json

_EXAMPLE_ROWS = 3
_TAGS = ("dataset_sha256", "sha256", "source", "commit")


def log_model(
    package: Package,
    folder: Path,
    frame: pd.DataFrame,
    *,
    tracking_uri: str,
    experiment: str,
    metrics: Mapping[str, float],
    trials: Sequence[TrialResult],
) -> None:
    """Log a model to MLflow, and write ``mlflow.json`` into its folder.

    Parameters
    ----------
    package : Package
        The model, with its lineage.
    folder : Path
        Its folder.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, the first of which are the example of its input.
    tracking_uri, experiment : str
        Tracking server or database, and the experiment to log to.
    metrics : mapping
        The stage's metrics.
    trials : sequence of TrialResult
        The sweep's trials.

    Raises
    ------
    TrackingError
        MLflow did not accept the run.
    """
    # MLflow takes seconds to import, and only this needs it.
    from components.train.mlflow_run import log_mlflow_run

    lineage = package.lineage
    tracked = log_mlflow_run(
        package,
        folder,
        frame.head(_EXAMPLE_ROWS),
        tracking_uri=tracking_uri,
        experiment=experiment,
        parameters={
            "family": package.signature.family,
            "seed": lineage["seed"],
            **build_logged_parameters(lineage["models"]),
        },
        metrics=metrics,
        trials=trials,
        tags={name: str(lineage[name]) for name in _TAGS if lineage.get(name) is not None},
    )
    write_json(folder / "mlflow.json", tracked._asdict())


def build_logged_parameters(models: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters of a single trial, or a line for each trial of an ensemble."""
    if len(models) == 1:
        return dict(models[0]["parameters"])
    return {
        f"model_{i}": f"{model['title']}, trial {model['trial']}, weight {model['weight']:.2f}"
        for i, model in enumerate(models, 1)
    }
