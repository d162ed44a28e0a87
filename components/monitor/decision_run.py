"""A report as a run of MLflow, so that all decisions about a model are listed with their reasons."""

from collections.abc import Mapping
from pathlib import Path

import mlflow
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from components._tracking.experiment import start_run
from components._tracking.mlflow_connection import connect_to_mlflow
from components.monitor.record import MonitoringReport


def log_decision(
    made: MonitoringReport, metrics: Mapping[str, float], files: tuple[Path, Path], tracking_uri: str
) -> None:
    """Log a report to the experiment ``<model>-monitoring``.

    Parameters
    ----------
    made : MonitoringReport
        The report.
    metrics : mapping of str to float
        Its figures.
    files : tuple of (Path, Path)
        Its record and its page.
    tracking_uri : str
        Tracking server or database.

    Raises
    ------
    TrackingError
        MLflow did not answer, or refused.
    """
    decision = made.decision
    record, page = files
    name = f"{decision.action} {made.made[:16].replace('T', ' ')}"
    with (
        connect_to_mlflow(tracking_uri, "take the decision") as client,
        start_run(client, tracking_uri, f"{made.model}-monitoring", name),
    ):
        mlflow.set_tags(
            {
                "model": made.model,
                "version": made.version,
                "decision": decision.action,
                # MLflow shows it as the run's description, in Markdown.
                MLFLOW_RUN_NOTE: "\n".join(f"- {reason}" for reason in decision.reasons),
            }
        )
        mlflow.log_metrics(dict(metrics))
        # kfp's files have no ending, and MLflow shows a file by its ending.
        mlflow.log_text(record.read_text(encoding="utf-8"), "record.json")
        mlflow.log_text(page.read_text(encoding="utf-8"), "page.html")
