"""Checks before a run begins: its settings, its problem, its file and the names of the columns."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import ValidationError

from components._dask.engine_names import check_engine
from components._expectations.spec import Expectations
from components._problem.reading_options import FileOptions
from components.environment import Environment
from components.errors import (
    InvalidData,
    InvalidSetting,
    InvalidSource,
    SuiteError,
    find_nearest,
    suggest_name,
)
from components.memory import resolve_memory
from components.problem.run import build_specification
from pipelines.cli.parser import list_option_names
from pipelines.interface import Command
from pipelines.local.run_folder import list_runs

# The names of a table stand at its beginning; larger files are not read whole for them.
_WHOLE = 1 << 24
_HEAD = 1 << 22
# Keys of a problem that name columns; the weightiest role comes last.
_ROLES = {
    "keep": "kept",
    "monotonic": "monotonic",
    "columns": "described",
    "sensitive": "sensitive",
    "identifiers": "identifier",
    "group": "group",
    "event_time": "event time",
    "split_column": "split",
    "weight": "weight",
}
# Stages whose settings have a range, by pipeline.
_STAGES = {
    "training": ("split", "select", "tune", "train"),
    "scoring": ("score",),
    "monitoring": ("monitor",),
}
_GZIP = b"\x1f\x8b"


class Header(NamedTuple):
    """The names of a table's columns.

    Attributes
    ----------
    names : list of str
        The names.
    notes : tuple of str
        What was decided to find them.
    """

    names: list[str]
    notes: tuple[str, ...]


def check_training(arguments: dict[str, Any], command: Command) -> None:
    """Refuse a training that would fail, and name everything that is wrong.

    Parameters
    ----------
    arguments : dict
        The pipeline's arguments.
    command : Command
        What the person typed, for the corrected command.

    Raises
    ------
    SuiteError
        A setting or the problem is wrong, the file is missing, or it lacks a column that the problem
        names. What only the whole table can tell is left to the run.
    """
    faults: list[SuiteError] = [*_check_settings("training", arguments)]
    details = arguments.get("problem", {})
    try:
        build_specification(
            target=arguments["target"],
            task=arguments.get("task", "auto"),
            metric=arguments.get("metric", "auto"),
            details=details,
        )
    except InvalidSetting as error:
        faults.append(error)
    try:
        Expectations.from_settings(arguments.get("expectations", {}))
    except InvalidSetting as error:
        faults.append(error)
    try:
        header = read_header(arguments["source"], _build_file_options(details), arguments["target"])
    except InvalidSource as error:
        faults.append(error)
    else:
        if header is not None:
            faults += _find_unmet_columns(arguments.get("expectations", {}), header)
            faults += _find_missing_columns(_list_column_roles(arguments["target"], details), header, command)
    if test := arguments.get("test"):
        faults += _check_test_table(test, arguments["target"], details)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        listing = "".join(f"\n- {fault.what}\n  {_indent(fault.remedy)}" for fault in faults)
        raise InvalidSetting(f"{len(faults)} things are wrong:{listing}", "Correct them, then run again.")


def _check_test_table(test: str, target: str, details: dict[str, Any]) -> Iterator[SuiteError]:
    """Yield what is wrong with the user's test table, by its beginning."""
    if details.get("split_column"):
        yield InvalidSetting(
            "There are two choices of test rows: --test and the problem's split_column.",
            "Leave one of them out.",
        )
    try:
        header = read_header(test, _build_file_options(details), target)
    except InvalidSource as error:
        yield InvalidSource(f"--test: {error.what}", error.remedy)
        return
    if header is not None and target not in header.names:
        missing = InvalidData.from_missing_column("target", target, header.names)
        yield InvalidData(f"--test: {missing.what}", missing.remedy)


def check_warm_start(runs: Path, name: str) -> None:
    """Refuse to begin with the trials of a run that was never made.

    Parameters
    ----------
    runs : Path
        Folder of all runs.
    name : str
        A run of this machine, or the study of one.

    Raises
    ------
    InvalidSetting
        There is none; the message names what is called much like it.
    """
    if Environment.read().study_url is not None:
        # Other machines' sweeps are kept there, too.
        return
    studies = [folder.load_record()["parameters"].get("study") for folder in list_runs(runs).values()]
    known = [study for study in studies if study]
    if name not in known:
        remedy = suggest_name(name, known, "run") if known else "Train once without it: make run."
        raise InvalidSetting(f"There is no run {name!r} for --warm-start.", remedy)


def check_scoring(arguments: dict[str, Any]) -> None:
    """Refuse a scoring whose settings are out of range or whose file is not there.

    Raises
    ------
    SuiteError
        A setting is out of range, or there is no such file; a source with an address is left to the run.
    """
    from components.ingest.sources.kind import find_kind
    from components.ingest.sources.path import find_path

    for error in _check_settings("scoring", arguments):
        raise error
    if not find_kind(arguments["source"]):
        find_path(arguments["source"])


def check_monitoring(arguments: dict[str, Any]) -> None:
    """Refuse a monitoring whose settings are out of range, or whose log or truth is not there.

    Raises
    ------
    SuiteError
        A setting is out of range, or there is no such folder or file; an address is left to the run.
    """
    from components.ingest.sources.kind import find_kind
    from components.ingest.sources.path import find_path

    for error in _check_settings("monitoring", arguments):
        raise error
    if not find_kind(arguments["folder"]) and not Path(arguments["folder"]).is_dir():
        raise InvalidSetting(
            f"There is no inference log in {arguments['folder']}.",
            "Serve the model and send it requests: make serve. It logs them there.",
        )
    truth = arguments.get("truth", "")
    if truth and not find_kind(truth):
        find_path(truth)


def _check_settings(pipeline: str, arguments: dict[str, Any]) -> list[InvalidSetting]:
    """Return what the stages would refuse of a pipeline's parameters, each once."""
    faults: dict[str, InvalidSetting] = {}
    for stage in _STAGES[pipeline]:
        kind = import_module(f"components.{stage}.settings").Settings
        names = {field.name for field in fields(kind)} & arguments.keys()
        values = {name: arguments[name] for name in names}
        try:
            kind(**{name: tuple(of) if isinstance(of, list) else of for name, of in values.items()})
        except InvalidSetting as error:
            faults[error.what] = _name_option(error, pipeline)
    # What several stages take alike is no setting of one of them.
    for name, check in (("memory", resolve_memory), ("engine", check_engine)):
        try:
            check(arguments.get(name, ""))
        except InvalidSetting as error:
            faults[error.what] = _name_option(error, pipeline)
    return list(faults.values())


def _name_option(error: InvalidSetting, pipeline: str) -> InvalidSetting:
    """Return the error of a setting in the words of the command line."""
    name, _, what = error.what.partition(" = ")
    remedy = error.remedy.removeprefix(f"{name} ")
    return InvalidSetting(f"--{list_option_names(pipeline, name)[0]}: {what}", f"It {remedy}")


def read_header(source: str, options: FileOptions, target: str) -> Header | None:
    """Return the names of a table's columns as ingest would find them; None where only ingest can.

    Parameters
    ----------
    source : str
        Path, address or sample.
    options : FileOptions
        How the file is read where a person decides it.
    target : str
        The column to predict; a row that contains its name is the header.

    Raises
    ------
    InvalidSource
        The file is missing, or it is not a table.
    """
    # pyarrow takes half a second, and help and other mistakes go without.
    from components._files.formats import open_rows
    from components.ingest.sources.database_address import SCHEMES, DatabaseAddress
    from components.ingest.sources.kind import find_kind
    from components.ingest.sources.path import find_path

    if kind := find_kind(source):
        if kind in SCHEMES:
            DatabaseAddress.parse(source)
        return None
    path = find_path(source)
    with TemporaryDirectory() as scratch:
        file, is_whole = _extract_head(path, Path(scratch))
        try:
            rows = open_rows(file, source, options, [target])
            if rows.format == "JSON lines":
                # Any later line may have one more column.
                return None
            first = next(rows.iterate_batches(), None)
        except InvalidSource:
            if is_whole:
                raise
            return None
    if first is None or (not is_whole and not "".join(first.schema.names).isascii()):
        # The encoding is found from the whole file.
        return None
    return Header(
        first.schema.names, tuple(str(notice) for notice in rows.initial_notices if "header" in notice.text)
    )


def _extract_head(path: Path, scratch: Path) -> tuple[Path, bool]:
    """Return a file that begins as a table does, uncompressed, and whether it is the whole."""
    if path.is_dir():
        return path, True
    with path.open("rb") as start:
        mark = start.read(4)
    is_packed = mark.startswith(_GZIP)
    if not is_packed and (mark == b"PAR1" or path.stat().st_size <= _WHOLE):
        return path, True
    try:
        with gzip.open(path) if is_packed else path.open("rb") as content:
            head = content.read(_HEAD)
            is_whole = not content.read(1)
    except (OSError, EOFError, zlib.error):
        # ingest says what is wrong with the whole of it.
        return path, False
    copy = scratch / "beginning"
    copy.write_bytes(head if is_whole else head[: head.rfind(b"\n") + 1])
    return copy, is_whole


def _build_file_options(details: dict[str, Any]) -> FileOptions:
    """Return how a problem reads the file; as if nothing were said where that does not hold."""
    try:
        return FileOptions(**{name: details[name] for name in FileOptions.model_fields if name in details})
    except ValidationError:
        return FileOptions()


def _list_column_roles(target: str, details: dict[str, Any]) -> dict[str, str]:
    """Return every column that a problem names with its role, also if the problem is wrong."""
    named: dict[str, str] = {}
    for key, role in _ROLES.items():
        value = details.get(key) or ()
        names = [value] if isinstance(value, str) else value if isinstance(value, list | dict) else []
        named |= {name: role for name in names if isinstance(name, str)}
    return {**named, target: "target"}


def _find_missing_columns(named: dict[str, str], header: Header, command: Command) -> Iterator[InvalidData]:
    for name, role in named.items():
        if name in header.names:
            continue
        error = InvalidData.from_missing_column(role, name, header.names)
        remedy = "\n".join([error.remedy, *(f"It was found so: {note}." for note in header.notes)])
        near = find_nearest(name, header.names)
        if role == "target" and near is not None and "target" in command.options:
            remedy += f"\nnext: {command.replace_options(target=near)}"
        yield InvalidData(error.what, remedy)


def _find_unmet_columns(settings: dict[str, Any], header: Header) -> Iterator[SuiteError]:
    """Yield the expected columns that are not in the table; nothing if the expectations are wrong."""
    try:
        missing = Expectations.from_settings(settings).list_missing_columns(header.names)
    except InvalidSetting:
        return
    for name in missing:
        yield InvalidData.from_missing_column("expected", name, header.names)


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")
