"""The versions of a model in MLflow's registry, and which of them is the champion."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components._problem.registration import STATEMENT
from components._tracking.registry_version import RegistryVersion
from components.errors import InvalidSetting, suggest_name
from components.json_file import read_json

CHAMPION, CHALLENGER = "champion", "challenger"
# The model folder's path in a model of MLflow.
PACKAGE = "package"
# The tag that says how many must approve the version, and who may.
APPROVALS = "approvals"
# The tag with the image that serves a version; it has the library versions of the training.
SERVER = "serve_image"
# How MLflow writes the address of a logged model.
_MODELS = "models:/"
# MLflow's error codes for a model or an alias that does not exist.
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
# Tags with the history of the champion: when a version was promoted, and when it was rolled back.
_PROMOTED, _ROLLED_BACK = "promoted", "rolled_back"


class Registry:
    """The versions of one model.

    Parameters
    ----------
    client : MlflowClient
        A connected client.
    model : str
        The registered model; it is created with its first version.
    """

    def __init__(self, client: MlflowClient, model: str) -> None:
        self._client = client
        self.model = model

    def list_versions(self) -> list[RegistryVersion]:
        """Return all versions, the newest first; none if there is no such model."""
        found = self._client.search_model_versions(f"name = '{self.model}'")
        if not found:
            return []
        # A search does not return the aliases.
        aliases = self._client.get_registered_model(self.model).aliases
        versions = [
            replace(
                version,
                aliases=tuple(
                    sorted(alias for alias, number in aliases.items() if str(number) == version.number)
                ),
            )
            for version in map(_convert_version, found)
        ]
        return sorted(versions, key=lambda version: -int(version.number))

    def get_version(self, number: str) -> RegistryVersion:
        """Return a version by its number, or by an alias.

        Raises
        ------
        InvalidSetting
            There is none.
        """
        version = self.find_by_alias(number)
        if version is not None:
            return version
        versions = self.list_versions()
        for version in versions:
            if version.number == number:
                return version
        names = [name for version in versions for name in (version.number, *version.aliases)]
        remedy = suggest_name(number, names, "version") if names else "Train one first."
        raise InvalidSetting(f"There is no version {number!r} of {self.model!r}.", remedy)

    def find_by_number(self, number: str) -> RegistryVersion | None:
        """Return the version with a number; None if there is none, or no such model."""
        try:
            return _convert_version(self._client.get_model_version(self.model, number))
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise

    def find_by_alias(self, alias: str) -> RegistryVersion | None:
        """Return the version with an alias; None if there is none."""
        try:
            return _convert_version(self._client.get_model_version_by_alias(self.model, alias))
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise

    def register(
        self, model_id: str, run: str | None, tags: Mapping[str, str], description: str
    ) -> RegistryVersion:
        """Register a logged model as a version, once, and make it the challenger.

        Parameters
        ----------
        model_id : str
            MLflow's logged model.
        run : str or None
            The run that logged it.
        tags : mapping of str to str
            Its tags.
        description : str
            Description in Markdown.
        """
        if not any(known.name == self.model for known in self._client.search_registered_models()):
            self._client.create_registered_model(self.model)
        source = f"{_MODELS}{model_id}"
        version = next((version for version in self.list_versions() if version.source == source), None)
        if version is None:
            version = _convert_version(
                self._client.create_model_version(
                    self.model, source, run, tags=dict(tags), description=description, model_id=model_id
                )
            )
        self._client.set_registered_model_alias(self.model, CHALLENGER, version.number)
        return self.get_version(version.number)

    def promote(self, number: str) -> RegistryVersion:
        """Make a version the champion."""
        chosen = self.get_version(number)
        self._client.set_registered_model_alias(self.model, CHAMPION, chosen.number)
        self._client.set_model_version_tag(self.model, chosen.number, _PROMOTED, _make_timestamp())
        if _ROLLED_BACK in chosen.tags:
            self._client.delete_model_version_tag(self.model, chosen.number, _ROLLED_BACK)
        if CHALLENGER in chosen.aliases:
            self._client.delete_registered_model_alias(self.model, CHALLENGER)
        return self.get_version(chosen.number)

    def roll_back(self) -> RegistryVersion:
        """Make the previous champion the champion again.

        Raises
        ------
        InvalidSetting
            There is no champion, or no earlier one.
        """
        champion = self.find_by_alias(CHAMPION)
        if champion is None:
            raise InvalidSetting(f"{self.model!r} has no champion.", "Promote a version first.")
        earlier = [
            version
            for version in self.list_versions()
            if _PROMOTED in version.tags
            and _ROLLED_BACK not in version.tags
            and version.number != champion.number
        ]
        if not earlier:
            raise InvalidSetting(
                f"Before version {champion.number}, {self.model!r} had no champion.",
                "Promote the version that should replace it.",
            )
        previous = max(earlier, key=lambda version: version.tags[_PROMOTED])
        self._client.set_registered_model_alias(self.model, CHAMPION, previous.number)
        self._client.set_model_version_tag(self.model, champion.number, _ROLLED_BACK, _make_timestamp())
        return self.get_version(previous.number)

    def get_download_uri(self, version: RegistryVersion) -> str:
        """Return the address from which MLflow downloads a version's files."""
        return str(self._client.get_model_version_download_uri(version.model, version.number))

    def download(self, version: RegistryVersion, folder: Path) -> Path:
        """Download a version's model folder into a folder, and return its path."""
        package = f"{self.get_download_uri(version)}/{PACKAGE}"
        return Path(download_artifacts(artifact_uri=package, dst_path=str(folder)))

    def find_statement(self, version: RegistryVersion) -> dict[str, Any] | None:
        """Return how a version was made, as register wrote it into its folder; None if it has none."""
        package = f"{self.get_download_uri(version)}/{PACKAGE}"
        if STATEMENT not in {Path(file.path).name for file in list_artifacts(artifact_uri=package) or ()}:
            return None
        with tempfile.TemporaryDirectory() as folder:
            file = download_artifacts(artifact_uri=f"{package}/{STATEMENT}", dst_path=folder)
            statement: dict[str, Any] = read_json(Path(file))
        return statement

    def find_artifact(self, version: RegistryVersion, name: str, folder: Path) -> Path | None:
        """Download a file of the run that logged a version into a folder; None if it has no such file."""
        if version.run is None or name not in {
            file.path for file in self._client.list_artifacts(version.run)
        }:
            return None
        return Path(self._client.download_artifacts(version.run, name, str(folder)))

    def download_folder(self, version: RegistryVersion, path: str, folder: Path) -> Path | None:
        """Download another folder of a version's model into a folder; None if the model has none there."""
        uri = f"{self.get_download_uri(version)}/{path}"
        if not list_artifacts(artifact_uri=uri):
            return None
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder)))

    def upload_folder(self, version: RegistryVersion, folder: Path, path: str) -> None:
        """Upload the files of a folder into another one of a version's model."""
        self._client.log_model_artifacts(version.source.removeprefix(_MODELS), str(folder), path)

    def set_tag(self, version: RegistryVersion, name: str, value: str) -> None:
        """Give a version a tag."""
        self._client.set_model_version_tag(version.model, version.number, name, value)


def _convert_version(version: ModelVersion) -> RegistryVersion:
    return RegistryVersion(
        version.name,
        str(version.version),
        tuple(version.aliases),
        dict(version.tags),
        version.run_id or None,
        str(version.source),
        datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
    )


def _make_timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
