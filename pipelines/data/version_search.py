"""The search for a version of a table: that of a run, of a version in the registry, or of a source."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from components._problem.spec import Problem
from components._table.table_reading import ColumnReading, TableReading
from components.errors import InvalidSetting, SuiteError, find_nearest, format_list
from components.ingest.run import run as ingest
from components.ingest.sources.catalogue import PREFIX, find_source
from pipelines.data.table_source import is_source, store_source, strip_source
from pipelines.data.table_version import TableVersion
from pipelines.local.model_registry import open_registry
from pipelines.local.run_folder import RunFolder, find_run_of_version, list_runs, resolve_runs

if TYPE_CHECKING:
    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion

_NUMBER = re.compile(r"[1-9][0-9]*")
_ALIASES = ("champion", "challenger")
# The tasks that read a table, and the artifact with it; a scoring or monitoring reads it for a model.
_TABLES = (("ingest", "dataset"), ("ingest-rows", "dataset"))


def open_both(
    old: str, new: str, folder: Path, runs: Path, model: str | None
) -> tuple[TableVersion, TableVersion]:
    """Return the tables that two words name; a source is read as the run or version beside it, if it can be.

    The parameters and the errors are those of ``open_version``.
    """
    found = list_runs(runs)
    if _is_file(old, found) and not _is_file(new, found):
        after = open_version(new, folder / "new", runs, model)
        return open_version(old, folder / "old", runs, model, after), after
    before = open_version(old, folder / "old", runs, model)
    return before, open_version(new, folder / "new", runs, model, before)


def open_version(
    given: str, folder: Path, runs: Path, model: str | None, other: TableVersion | None = None
) -> TableVersion:
    """Return the table that a word names: a source, a run on this machine, or a version of the registry.

    Parameters
    ----------
    given : str
        A path, an address, ``sample:NAME``, the name of a run, or the number or alias of a version.
    folder : Path
        Folder for the table of a source, which must exist as long as the table is read.
    runs : Path
        Folder of all local runs.
    model : str or None
        The registered model; None for the only one.
    other : TableVersion or None
        The table that it is compared with. A source is read as that one was, where it has a problem.

    Raises
    ------
    InvalidSetting
        Nothing has that name, or two things have; or the table of a version is gone.
    SuiteError
        The source cannot be read.
    """
    found = list_runs(runs)
    if _is_file(given, found):
        if other is not None and other.problem is not None:
            stored = store_source(given, folder, other.problem, other.readings)
            note = f"The cells of {stored.title} were read as those of {other.title}, where they fit."
            return replace(stored, notes=(*stored.notes, note))
        return store_source(given, folder)
    if given in found:
        if Path(given).exists():
            raise InvalidSetting(
                f"{given!r} is a run in {resolve_runs(runs)}, and a file here.",
                f"For the file write ./{given}.",
            )
        return open_run(found[given], given)
    if not _NUMBER.fullmatch(given) and given not in _ALIASES:
        _refuse_word(given, list(found), runs)
    with open_registry(runs, model) as registry:
        return open_registered(registry, registry.get_version(given), folder, runs, given)


def open_run(run: RunFolder, given: str) -> TableVersion:
    """Return the table that a run read.

    Raises
    ------
    InvalidSetting
        The run has no table, or no longer.
    """
    for task, name in _TABLES:
        table = run.find_output(task, name)
        if table is not None and any(table.glob("*.parquet")):
            return TableVersion(
                given,
                f"the run {run.name}",
                str(table),
                load_readings(run),
                run,
                load_problem(run),
                model=run.find_output("train", "model"),
            )
    raise InvalidSetting(
        f"The run {run.name!r} has no table in {run.artifacts}.",
        "It ended before ingest, or its artifacts were removed. Give the table itself: a path or an address.",
    )


def open_registered(
    registry: "Registry", version: "RegistryVersion", folder: Path, runs: Path, given: str
) -> TableVersion:
    """Return the table that a version of the registry was trained on.

    It is that of the run on this machine, if it is there and has the hash in the version's tags; else the
    version's source is read again in the same way, and its hash is compared.

    Raises
    ------
    InvalidSetting
        The table is gone: the run is not here, and the source has other content or cannot be read.
    """
    title = describe_version(version)
    sha256 = version.tags.get("dataset_sha256", "")
    run = find_table_run(runs, version.model, version.number, sha256)
    if run is not None:
        found = open_run(run, given)
        return replace(
            found, title=title, is_registered=True, origin=f"trained on the table of the run {run.name}"
        )
    return _read_again(registry, version, folder, given, title)


def describe_version(version: "RegistryVersion") -> str:
    """Return model, number and aliases of a version."""
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    return f"version {version.number} of {version.model}{aliases}"


def load_problem(run: RunFolder) -> Problem | None:
    """Return the problem of a training, or of the model that a run used; None if it is not there."""
    for task, name in (
        ("validate", "problem"),
        ("problem", "problem"),
        ("register-fetch", "model/problem.json"),
    ):
        file = run.find_output(task, name)
        if file is not None:
            return Problem.load(file)
    return None


def load_readings(run: RunFolder) -> Mapping[str, ColumnReading]:
    """Return how the columns of a run's table were read; empty if it is not known."""
    file = run.find_output("ingest", "reading")
    return {} if file is None else TableReading.load(file).columns


def _is_file(given: str, runs: Mapping[str, RunFolder]) -> bool:
    return is_source(given) or (given not in runs and Path(given).expanduser().exists())


def _refuse_word(given: str, runs: list[str], folder: Path) -> NoReturn:
    near = find_nearest(given, [*runs, *_ALIASES])
    remedy = f"Did you mean {near!r}?" if near else f"Known runs: {format_list(runs)}." if runs else ""
    raise InvalidSetting(
        f"There is no table {given!r}: no file here, no run in {resolve_runs(folder)}, and no version.",
        f"{remedy} Give a path, an address, sample:NAME, a run, or a version by number or alias.".lstrip(),
    )


def find_table_run(runs: Path, model: str, number: str, sha256: str) -> RunFolder | None:
    """Return the run that registered a version, else any that read a table with the same content.

    The run has the table still; without one it is None.
    """
    registered = find_run_of_version(runs, model, number)
    for run in [*([registered] if registered else []), *list_runs(runs).values()]:
        if sha256 and run.read_metadata("ingest", "dataset").get("sha256") == sha256:
            table = run.find_output("ingest", "dataset")
            if table is not None and any(table.glob("*.parquet")):
                return run
    return None


def _download(registry: "Registry", version: "RegistryVersion", folder: Path, title: str) -> Path:
    # MLflow is loaded already, but not where no version is named.
    from mlflow.exceptions import MlflowException

    try:
        package = registry.download(version, folder)
    except (MlflowException, OSError) as error:
        package, reason = folder, str(error).partition("\n")[0]
    else:
        reason = "the model has no problem.json"
    if not (package / "problem.json").exists():
        raise InvalidSetting(
            f"The table of {title} cannot be read again as it was: {reason}.",
            "Give the table itself: a path or an address.",
        )
    return package


def _read_again(
    registry: "Registry", version: "RegistryVersion", folder: Path, given: str, title: str
) -> TableVersion:
    sha256, source = version.tags.get("dataset_sha256", ""), version.tags.get("source", "")
    if not sha256 or not source:
        raise InvalidSetting(
            f"The table of {title} is not known: the version has no tags dataset_sha256 and source.",
            "Give the table itself: a path or an address.",
        )
    addresses = [source]
    if "source_version" in version.tags and not source.startswith(PREFIX):
        with suppress(SuiteError):
            # Its address may name the version already, or another commit of this program wrote the tag.
            addresses.insert(0, find_source(source).pin(version.tags["source_version"]))
    package = _download(registry, version, folder / "package", title)
    problem = package / "problem.json"
    reasons = []
    for number, address in enumerate(addresses):
        dataset, reading = folder / f"dataset-{number}", folder / f"reading-{number}"
        try:
            facts = ingest(
                dataset=str(dataset),
                reading=str(reading),
                problem=str(problem),
                source=address,
                seed=int(float(version.tags.get("seed", "0"))),
            )
        except SuiteError as error:
            reasons.append(error.what)
            continue
        if facts["sha256"] == sha256:
            name = strip_source(address)
            return TableVersion(
                given,
                title,
                str(dataset),
                TableReading.load(reading).columns,
                problem=Problem.load(problem),
                origin=f"read again from {name}, with the same hash as at its training",
                is_registered=True,
                model=package,
            )
        reasons.append(f"{strip_source(address)} now has other content than at its training")
    raise InvalidSetting(
        f"The table of {title} is gone: no run on this machine has it, and {'; '.join(reasons)}",
        "Give the table itself: a path, or an address of the version that it was trained on.",
    )
