"""Download of a model version from the registry, by its number or an alias."""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.artifacts import list_artifacts

from components._problem.approvers import read_approvers
from components._problem.registration import HELD_OUT, RegisteredModel
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import CHAMPION, PACKAGE, Registry
from components._tracking.registry_version import RegistryVersion
from components.environment import Environment
from components.errors import InvalidSetting, suggest_name
from components.register.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient


def download(*, model_name: str, version: str, model: str, registration: str) -> None:
    """Copy a version's package, and write its registration.

    Parameters
    ----------
    model_name : str
        Name in the registry; empty if the registry has only one model.
    version : str
        Number of the version, or an alias.
    model, registration : str
        Folders to create.

    Raises
    ------
    InvalidSetting
        The registry, the model or the version does not exist, or the version has no package.
    TrackingError
        MLflow did not answer, or refused.
    """
    Settings(model_name=model_name)
    address = Environment.read().tracking_uri
    if address is None:
        raise InvalidSetting(
            "There is no registry to fetch a model from: MLFLOW_TRACKING_URI is not set.",
            "Set it; on a cluster, it comes from the ConfigMap kfp-tabular.",
        )
    with connect_to_mlflow(address, "give the model") as client, tempfile.TemporaryDirectory() as scratch:
        registry = Registry(client, _resolve_model_name(client, model_name))
        chosen = _resolve_version(registry, version)
        package = f"{registry.get_download_uri(chosen)}/{PACKAGE}"
        if not list_artifacts(artifact_uri=package):
            raise InvalidSetting(
                f"Version {chosen.number} of {chosen.model!r} was not registered by kfp-tabular.",
                "Choose a version that the training pipeline registered.",
            )
        shutil.copytree(registry.download(chosen, Path(scratch)), model)
        champion = registry.find_by_alias(CHAMPION)
        RegisteredModel(
            chosen.model,
            chosen.number,
            package,
            None if champion is None else champion.number,
            chosen.tags,
            read_approvers(Path(model))[1],
        ).save(registration)
        # register kept them with the version's run.
        held_out = registry.find_artifact(chosen, HELD_OUT, Path(scratch))
        if held_out is not None:
            shutil.copyfile(held_out, Path(registration) / HELD_OUT)


def _resolve_model_name(client: "MlflowClient", name: str) -> str:
    """Return the name of a model in the registry."""
    names = sorted(model.name for model in client.search_registered_models())
    if name in names or (not name and len(names) == 1):
        return name or names[0]
    if not names:
        raise InvalidSetting("The registry has no model.", "Train one that passes its gates.")
    what = f"There is no model {name!r} in the registry." if name else "The registry has more than one model."
    raise InvalidSetting(what, suggest_name(name, names, "model"))


def _resolve_version(registry: Registry, version: str) -> RegistryVersion:
    if version == CHAMPION and registry.find_by_alias(CHAMPION) is None:
        raise InvalidSetting(
            f"{registry.model!r} has no champion yet.",
            "Promote a version (python -m pipelines models promote VERSION), or name a version.",
        )
    return registry.get_version(version)
