"""What the log needs to know of a model's version, from its folder in the registry."""

import hashlib
import tempfile
from pathlib import Path
from typing import NamedTuple

from mlflow.artifacts import list_artifacts

from components._inference_log.kserve_events import EventConverter
from components._inference_log.record import RecordBuilder
from components._model.signature import Signature
from components._problem.spec import Problem
from components._table.row_reader import RowReader
from components._table.schema import Schema
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import PACKAGE, Registry
from components.errors import SuiteError
from components.json_file import read_json

_DIGITS = 12


class UnknownModel(SuiteError):
    """The registry does not have the model, or not this version."""


class UnloggableModel(SuiteError):
    """A version's files do not say how its rows are read, or which columns are sensitive."""


class LoggedModel(NamedTuple):
    """What makes records of the rows of a version.

    Attributes
    ----------
    builder : RecordBuilder
        Makes the records; it knows the identifiers, and the columns that are masked.
    converter : EventConverter
        Finds the rows in events, if they are answers of this version.
    log_name : str
        Name of the version's folder: its number and the first digits of the model file's SHA-256.
    """

    builder: RecordBuilder
    converter: EventConverter
    log_name: str

    @classmethod
    def load(cls, folder: Path, version: str) -> "LoggedModel":
        """Read a model's folder.

        Parameters
        ----------
        folder : Path
            The folder that train wrote.
        version : str
            The version's number.

        Raises
        ------
        UnloggableModel
            A file is missing, or cannot be read.
        """
        try:
            signature = Signature(**read_json(folder / "signature.json"))
            schema = Schema.load(folder / "schema.json")
            problem = Problem.load(folder / "problem.json")
            with (folder / "model.skops").open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
            reader = RowReader(list(signature.columns), schema)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UnloggableModel(
                f"The files of version {version} are not complete: {type(error).__name__}: {error}.",
                "Train the model again with this version, and register it.",
            ) from error
        builder = RecordBuilder.from_problem(reader, len(signature.classes), problem)
        converter = EventConverter(builder, signature.labels, {version, digest})
        return cls(builder, converter, f"{version}-{digest}")


def fetch_model(tracking_uri: str, model: str, version: str) -> LoggedModel:
    """Return a version of the registry; its files are downloaded, read and deleted.

    Parameters
    ----------
    tracking_uri : str
        The registry.
    model, version : str
        The model's name and the version's number.

    Raises
    ------
    UnknownModel
        The registry does not have it.
    UnloggableModel
        Its files cannot be used.
    TrackingError
        MLflow did not answer, or refused.
    """
    with (
        connect_to_mlflow(tracking_uri, "give the model") as client,
        tempfile.TemporaryDirectory() as scratch,
    ):
        registry = Registry(client, model)
        found = registry.find_by_number(version)
        if found is None:
            raise UnknownModel(
                f"The registry has no version {version} of {model!r}.",
                "Check the URL of the logger, and MLFLOW_TRACKING_URI of the sink.",
            )
        if not list_artifacts(artifact_uri=f"{registry.get_download_uri(found)}/{PACKAGE}"):
            raise UnloggableModel(
                f"Version {version} of {model!r} was not registered by kfp-tabular.",
                "Deploy a version that the training pipeline registered.",
            )
        return LoggedModel.load(registry.download(found, Path(scratch)), version)
