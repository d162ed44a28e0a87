"""Versions of a model in MLflow's registry, and which of them is the champion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components.errors import InvalidSetting, suggest_name

CHAMPION, CHALLENGER = "champion", "challenger"
# Where in a model of MLflow the suite's own folder is.
PACKAGE = "package"
# The tag that holds all figures of a version, too long to be shown among others.
EVALUATION = "evaluation"
# The tag that holds the image which serves a version: that of the versions that trained it.
SERVER = "serve_image"
# What MLflow answers where there is no such model, or no such alias of it.
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
# Tags by which the champion's history is told: when a version became it, and when it was taken back.
_PROMOTED, _ROLLED_BACK = "promoted", "rolled_back"


@dataclass(frozen=True)
class RegistryVersion:
    """A version of a model.

    Attributes
    ----------
    model : str
        The registered model.
    number : str
        The version, from "1".
    aliases : tuple of str
        What it is called at present.
    tags : dict of str to str
        What is said of it.
    run : str or None
        MLflow's run that made it.
    source : str
        Where its files are, as MLflow says it.
    created : datetime
        When it was registered.
    """

    model: str
    number: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    run: str | None
    source: str
    created: datetime

    @property
    def facts(self) -> dict[str, str]:
        """The tags that a person reads at a glance."""
        return {name: value for name, value in self.tags.items() if name != EVALUATION}


class Registry:
    """The versions of one model.

    Parameters
    ----------
    client : MlflowClient
        A client that answers.
    model : str
        The registered model, made with its first version.
    """

    def __init__(self, client: MlflowClient, model: str) -> None:
        self._client = client
        self.model = model

    def list_versions(self) -> list[RegistryVersion]:
        """Return all versions, the newest first; none where there is no such model."""
        found = self._client.search_model_versions(f"name = '{self.model}'")
        # A search does not tell of aliases.
        whole = [self._client.get_model_version(self.model, version.version) for version in found]
        return sorted(map(_convert_version, whole), key=lambda version: -int(version.number))

    def get_version(self, number: str) -> RegistryVersion:
        """Return a version by its number, or by an alias.

        Raises
        ------
        InvalidSetting
            There is none.
        """
        found = self.find_by_alias(number) or next(
            (of for of in self.list_versions() if of.number == number), None
        )
        if found is None:
            known = [name for of in self.list_versions() for name in (of.number, *of.aliases)]
            remedy = suggest_name(number, known, "version") if known else "Train one first."
            raise InvalidSetting(f"There is no version {number!r} of {self.model!r}.", remedy)
        return found

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
        """Make a version of a logged model and call it the challenger; the same one again is no other.

        Parameters
        ----------
        model_id : str
            MLflow's logged model.
        run : str or None
            The run that logged it.
        tags : mapping of str to str
            What is said of it.
        description : str
            What it is, in Markdown.
        """
        if not any(of.name == self.model for of in self._client.search_registered_models()):
            self._client.create_registered_model(self.model)
        source = f"models:/{model_id}"
        made = next((of for of in self.list_versions() if of.source == source), None)
        if made is None:
            made = _convert_version(
                self._client.create_model_version(
                    self.model, source, run, tags=dict(tags), description=description, model_id=model_id
                )
            )
        self._client.set_registered_model_alias(self.model, CHALLENGER, made.number)
        return self.get_version(made.number)

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
        """Make the champion before this one the champion again.

        Raises
        ------
        InvalidSetting
            There is no champion, or none was before it.
        """
        champion = self.find_by_alias(CHAMPION)
        if champion is None:
            raise InvalidSetting(f"{self.model!r} has no champion.", "Promote a version first.")
        before = [
            of
            for of in self.list_versions()
            if _PROMOTED in of.tags and _ROLLED_BACK not in of.tags and of.number != champion.number
        ]
        if not before:
            raise InvalidSetting(
                f"Version {champion.number} of {self.model!r} has no champion before it.",
                "Promote the version that is to take its place.",
            )
        last = max(before, key=lambda of: of.tags[_PROMOTED])
        self._client.set_registered_model_alias(self.model, CHAMPION, last.number)
        self._client.set_model_version_tag(self.model, champion.number, _ROLLED_BACK, _make_timestamp())
        return self.get_version(last.number)

    def get_download_uri(self, version: RegistryVersion) -> str:
        """Return where a version's files are, for MLflow to download."""
        return str(self._client.get_model_version_download_uri(version.model, version.number))

    def download(self, version: RegistryVersion, folder: Path) -> Path:
        """Copy a version's package into a folder and return where it is."""
        package = f"{self.get_download_uri(version)}/{PACKAGE}"
        return Path(download_artifacts(artifact_uri=package, dst_path=str(folder)))


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
