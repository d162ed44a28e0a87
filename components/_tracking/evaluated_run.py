"""Adds to the run that trained a model what was found out about it on test rows."""

import math
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, RunTag


def log_evaluation(
    client: MlflowClient, run: str, evaluation: Mapping[str, Any], tags: Mapping[str, str]
) -> None:
    """Log an evaluation to the run that trained the model.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    run : str
        The run.
    evaluation : mapping
        The record of evaluate's verdict: its metrics, those with the ends of intervals among them, become
        metrics that begin with ``test_``.
    tags : mapping of str to str
        Tags of the run.
    """
    now = int(time.time() * 1000)
    figures = {name: value for name, value in evaluation.get("metrics", {}).items() if value is not None}
    client.log_batch(
        run,
        metrics=[
            Metric(f"test_{name}", float(value), now, 0)
            for name, value in figures.items()
            if math.isfinite(value)
        ],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )


def log_documents(client: MlflowClient, run: str, card: Path, pages: Mapping[str, str]) -> None:
    """Log what people read to the run that trained the model: ``card.md`` and ``pages/STAGE.html``.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    run : str
        The run.
    card : Path
        The model card, in Markdown.
    pages : mapping of str to str
        Paths of pages, by stage.
    """
    # kfp's files have no ending, and MLflow shows a file by its ending.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(card, Path(folder) / "card.md")
        (Path(folder) / "pages").mkdir()
        for stage, page in pages.items():
            shutil.copyfile(page, Path(folder) / "pages" / f"{stage}.html")
        client.log_artifacts(run, folder)
