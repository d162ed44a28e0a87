"""Links between a run of Kubeflow Pipelines and its run in MLflow."""

from urllib.parse import quote, urlsplit

from components._tracking.tracking_server import strip_credentials
from components.environment import Environment

# MLflow shows it as the run's description, in Markdown; the values of other tags are no links.
_NOTE = "mlflow.note.content"


def build_kubeflow_tags(environment: Environment, job: str) -> dict[str, str]:
    """Return tags of a run in MLflow that say which run of Kubeflow Pipelines made it.

    They have the names that KFP's own plugin for MLflow gives them
    (``backend/src/apiserver/plugins/mlflow/util.go``).

    Parameters
    ----------
    environment : Environment
        With the dashboard's address. Outside of a cluster there are no tags.
    job : str
        The run of Kubeflow Pipelines.
    """
    if environment.pod is None:
        return {}
    tags = {"kfp.pipeline_run_id": job}
    if environment.dashboard is not None:
        address = f"{environment.dashboard.rstrip('/')}/#/runs/details/{quote(job)}"
        tags |= {"kfp.pipeline_run_url": address, _NOTE: f"[Its run in Kubeflow Pipelines]({address})"}
    return tags


def build_run_address(environment: Environment, experiment: str, run: str) -> str:
    """Return the address of a run on MLflow's pages; empty for a database, which has none.

    Parameters
    ----------
    environment : Environment
        With the address of these pages as people reach them, or as this process does.
    experiment, run : str
        MLflow's identifiers.
    """
    server = environment.tracking_ui or strip_credentials(environment.tracking_uri or "")
    if urlsplit(server).scheme not in ("http", "https"):
        return ""
    workspace = environment.tracking_workspace
    where = f"?workspace={quote(workspace)}" if workspace else ""
    return f"{server.rstrip('/')}/#/experiments/{quote(experiment)}/runs/{quote(run)}{where}"
