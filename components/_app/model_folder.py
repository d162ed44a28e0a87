"""A model's folder as the app reads it: each file is checked, and a damaged one is named."""

import hashlib
import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from components._model.signature import Signature
from components._problem.registration import CARD
from components._problem.spec import Problem
from components._table.schema import Column, Schema
from components.errors import SuiteError

Json = dict[str, Any]
Content = TypeVar("Content")

_REMEDY = "Copy the whole model folder again, or train the model again."


class DamagedModelFolder(SuiteError):
    """A file of a model's folder is missing or damaged."""

    @classmethod
    def from_file(cls, file: Path, fault: str) -> "DamagedModelFolder":
        """Return the error for one file, by the end of a sentence."""
        return cls(f"The model's file {file} {fault}.", _REMEDY)

    @classmethod
    def from_strangers(cls, one: Path, other: Path, reason: str) -> "DamagedModelFolder":
        """Return the error for files that are of different models."""
        return cls(f"{one} and {other} do not belong together: {reason}.", _REMEDY)


class _Facts(msgspec.Struct):
    """What the profile knows of a column: bins of numbers, or the shares of categories."""

    starts: list[float] | None = None
    shares: list[float] | None = None
    categories: dict[str, float] | None = None


class _Profile(msgspec.Struct):
    n_rows: float
    columns: dict[str, _Facts]


class _Part(msgspec.Struct):
    title: str
    weight: float


class _Score(msgspec.Struct):
    score: float | None = None


class _Serving(msgspec.Struct):
    form: str | None = None
    refused_because: str | None = None


class _Lineage(msgspec.Struct):
    models: list[_Part] = []
    versions: dict[str, str] = {}
    cross_validated: _Score = msgspec.field(default_factory=_Score)
    serving: _Serving = msgspec.field(default_factory=_Serving)


class ModelFolder(NamedTuple):
    """What a model's folder says about the model.

    Attributes
    ----------
    path : Path
        The folder.
    signature : Signature
        The model's inputs and outputs.
    schema : Schema
        The schema of the training rows.
    profile : dict
        The distributions of the columns in training.
    problem : Problem or None
        The problem; None in the folder of an old model.
    lineage : dict
        Where the model comes from; empty in the folder of an old model.
    digest : str
        The first 12 digits of the model file's SHA-256.
    card : str or None
        The model card, as Markdown; None unless register kept it there.
    """

    path: Path
    signature: Signature
    schema: Schema
    profile: Json
    problem: Problem | None
    lineage: Json
    digest: str
    card: str | None

    @classmethod
    def load(cls, path: Path) -> "ModelFolder":
        """Read what train wrote.

        Raises
        ------
        DamagedModelFolder
            A file is missing, damaged, or does not fit to the others; the message names it.
        """
        signature = read_checked(path / "signature.json", _decode_signature)
        names = list(signature.columns)
        schema = read_checked(path / "schema.json", lambda content: _decode_schema(content, names))
        return cls(
            path,
            signature,
            schema,
            read_checked(path / "profile.json", lambda content: _decode_profile(content, signature)),
            _read_optional(path / "problem.json", Problem.model_validate_json, None),
            _read_optional(path / "lineage.json", _decode_lineage, {}),
            read_checked(path / "model.skops", _hash_archive),
            _read_optional(path / CARD, bytes.decode, None),
        )


def read_checked(file: Path, decode: Callable[[bytes], Content]) -> Content:
    """Return what a function makes of a file's content.

    Raises
    ------
    DamagedModelFolder
        The file cannot be read, it is empty, or the function raises ValueError.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DamagedModelFolder.from_file(file, "is missing") from None
    except OSError as error:
        raise DamagedModelFolder.from_file(file, f"cannot be read: {error.strerror}") from None
    if not content:
        raise DamagedModelFolder.from_file(file, "is empty")
    try:
        return decode(content)
    except ValueError as error:
        raise DamagedModelFolder.from_file(file, f"is damaged: {error}") from error


def decode_json(content: bytes, type_: type[Content]) -> Content:
    """Return the values of strict JSON if they have a type.

    Raises
    ------
    ValueError
        It is no JSON, or it has another form.
    """
    return msgspec.json.decode(content, type=type_)


def _read_optional(file: Path, decode: Callable[[bytes], Content], default: Content) -> Content:
    return read_checked(file, decode) if file.exists() else default


def _decode_signature(content: bytes) -> Signature:
    signature = decode_json(content, Signature)
    n_classes = len(signature.classes)
    is_possible = {"binary": n_classes == 2, "multiclass": n_classes > 1, "regression": n_classes == 0}
    if not is_possible[signature.task]:
        raise ValueError(f"a {signature.task} model cannot have {n_classes} classes")
    if not signature.columns:
        raise ValueError("it has no columns")
    return signature


def _decode_schema(content: bytes, names: list[str]) -> Schema:
    schema = decode_json(content, Schema)
    for name in names:
        if name not in schema:
            raise ValueError(f"it does not have the column {name!r} of signature.json")
        _check_column(schema[name])
    return schema


def _check_column(column: Column) -> None:
    # Making the reader refuses unknown formats of dates.
    if column.reader.reading.kind != column.kind:
        raise ValueError(f"the reading of the column {column.name!r} is of another kind")
    bounds = (column.minimum, column.maximum)
    if bounds == (None, None):
        return
    for bound in bounds:
        if column.kind == "datetime" and isinstance(bound, str):
            datetime.fromisoformat(bound)
        elif column.kind not in ("integer", "float") or not isinstance(bound, float | int):
            raise ValueError(f"the range of the column {column.name!r} cannot be {bound!r}")


def _decode_profile(content: bytes, signature: Signature) -> Json:
    profile = decode_json(content, _Profile)
    for name, kind in signature.columns.items():
        facts = profile.columns.get(name)
        if facts is None:
            raise ValueError(f"it does not have the column {name!r} of signature.json")
        if kind == "string" and facts.categories is not None:
            continue
        if facts.starts is None or facts.shares is None or len(facts.starts) != len(facts.shares):
            raise ValueError(f"the bins of the column {name!r} are not complete")
    return decode_json(content, Json)


def _decode_lineage(content: bytes) -> Json:
    decode_json(content, _Lineage)
    return decode_json(content, Json)


def _hash_archive(content: bytes) -> str:
    # The list of an archive's members is at its end, which a truncated one does not have.
    if not zipfile.is_zipfile(BytesIO(content)):
        raise ValueError("it is not a whole skops archive")
    return hashlib.sha256(content).hexdigest()[:12]
