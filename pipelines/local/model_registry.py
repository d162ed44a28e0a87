"""The model registry that commands on this machine use: MLflow's, or the one beside the local runs."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from components.environment import Environment
from components.errors import InvalidSetting, format_list, suggest_name
from pipelines.local.run_folder import resolve_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion

# A database in a file, by its absolute path.
_SQLITE = "sqlite:////"


@contextmanager
def open_registry(runs: Path, name: str | None) -> Iterator["Registry"]:
    """Open a model's versions in the registry of the environment, or in the one beside the local runs.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    name : str or None
        The registered model; None for the only one there is.

    Raises
    ------
    InvalidSetting
        There is no registry or no such model, or more than one and no name.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    with _open_client(runs) as client:
        from components._tracking.registry import Registry

        yield Registry(client, _resolve_model_name(client, name))


@contextmanager
def open_registries(runs: Path, name: str | None = None) -> Iterator[list["Registry"]]:
    """Open the versions of a model, or of every model if no name is given; the rest is as ``open_registry``.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    name : str or None
        The registered model; None for all, of which there may be none.
    """
    with _open_client(runs) as client:
        from components._tracking.registry import Registry

        if name is None:
            names = sorted(model.name for model in client.search_registered_models())
        else:
            names = [_resolve_model_name(client, name)]
        yield [Registry(client, known) for known in names]


def list_models(runs: Path, name: str | None = None) -> dict[str, list["RegistryVersion"]]:
    """Return the versions of a model, or of every model if no name is given, by model; the newest first.

    A database in a file, as the one beside the local runs is, is read without MLflow's library, which takes
    seconds to import.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    name : str or None
        The registered model; None for all, of which there may be none.

    Raises
    ------
    InvalidSetting
        There is no registry or no such model.
    TrackingError
        MLflow did not answer, or refused.
    """
    address = _find_address(runs)
    if not address.startswith(_SQLITE):
        with open_registries(runs, name) as registries:
            return {registry.model: registry.list_versions() for registry in registries}
    from components._tracking.registry_database import read_registry

    models = read_registry(Path("/", address.removeprefix(_SQLITE)))
    if name is None:
        return models
    chosen = _choose_name(list(models), name)
    return {chosen: models[chosen]}


def has_registry(runs: Path) -> bool:
    """Return whether MLflow's registry is set in the environment, or there is one beside the local runs."""
    return Environment.read().tracking_uri is not None or (resolve_runs(runs) / "mlflow.db").exists()


@contextmanager
def _open_client(runs: Path) -> Iterator["MlflowClient"]:
    """Connect to MLflow: that of the environment, or the one beside the local runs."""
    address = _find_address(runs)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    # MLflow takes seconds to import.
    from components._tracking.mlflow_connection import connect_to_mlflow

    with connect_to_mlflow(address, "list its models") as client:
        yield client


def _find_address(runs: Path) -> str:
    """Return the address of MLflow: that of the environment, or of the database beside the local runs."""
    address = Environment.read().tracking_uri
    if address is not None:
        return address
    database = resolve_runs(runs) / "mlflow.db"
    if not database.exists():
        raise InvalidSetting(
            f"There is no registry: MLFLOW_TRACKING_URI is not set, and {database} does not exist.",
            "Set the variable, or train a model first: make run.",
        )
    return f"sqlite:///{database}"


def _resolve_model_name(client: "MlflowClient", name: str | None) -> str:
    return _choose_name(sorted(model.name for model in client.search_registered_models()), name)


def _choose_name(known: Sequence[str], name: str | None) -> str:
    """Return the name of a model, or that of the only one."""
    if not known:
        raise InvalidSetting("The registry has no models.", "Train one that passes its gates: make run.")
    if name is None and len(known) > 1:
        raise InvalidSetting(
            f"There are {len(known)} models: {format_list(known)}.", "Choose one: --model NAME."
        )
    if name is not None and name not in known:
        raise InvalidSetting(f"There is no model {name!r}.", suggest_name(name, known, "model"))
    return name or known[0]
