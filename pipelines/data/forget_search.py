"""The search for every table and every model version that contains a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from components._tracking.tracking_server import TrackingError
from components.errors import InvalidSetting, SuiteError, suggest_name
from pipelines.data.row_search import Key, count_rows_with, list_columns
from pipelines.data.table_list import list_tables, load_table_readings
from pipelines.data.table_source import strip_source
from pipelines.data.version_search import describe_version, find_table_run, open_registered
from pipelines.interface import Command
from pipelines.local.model_registry import has_registry, open_registries
from pipelines.local.run_folder import RunFolder, find_run_of_version, list_runs, resolve_runs

if TYPE_CHECKING:
    from components._table.table_reading import ColumnReading
    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion

_WHOLE, _OWN_TEST, _TRAIN, _TEST = "ingest/dataset", "ingest/own_test", "split/train", "split/test"


@dataclass(frozen=True)
class FoundRun:
    """A run with rows of the key.

    Attributes
    ----------
    name : str
        The run.
    path : Path
        Its folder.
    rows : dict of str to int
        Number of such rows, by table: ``split/train``.
    sources : tuple of str
        Where the run read the tables that have them.
    command : Command or None
        The command that trains again; None for a run that used a model.
    """

    name: str
    path: Path
    rows: Mapping[str, int]
    sources: tuple[str, ...]
    command: Command | None

    @property
    def use(self) -> str:
        """What the run's model has of the rows, as a sentence."""
        if _TRAIN in self.rows:
            return "It learned from the row" + (
                ", and its score is of it, too." if _TEST in self.rows else "."
            )
        if _TEST in self.rows:
            return "It did not learn from the row, but its score is of it."
        return "Its table has the row, but not the training rows and test rows that are still here."


@dataclass(frozen=True)
class FoundVersion:
    """A version of the registry that was trained on a table with rows of the key.

    Attributes
    ----------
    title : str
        Model, number and aliases.
    run : str or None
        The run on this machine that made it; None if it is not here.
    source : str
        Where its table was read.
    files : str
        Where its files are.
    """

    title: str
    run: str | None
    source: str
    files: str


@dataclass
class RowSearch:
    """What a search for rows found.

    Attributes
    ----------
    columns : tuple of str
        The columns of the key. Its values are nowhere here.
    runs, versions : list
        Those that contain such rows.
    copies : list of Path
        Folders of tasks that fetched a found version: a model has some training and test rows, without key.
    n_tables : int
        Tables that were searched.
    without_key : list of str
        Tables that do not have the key's columns.
    unsearched : list of str
        What could not be searched, and why.
    """

    columns: tuple[str, ...]
    runs: list[FoundRun] = field(default_factory=list)
    versions: list[FoundVersion] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)
    n_tables: int = 0
    without_key: list[str] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything was searched and nothing was found."""
        return not (self.runs or self.versions or self.unsearched)


def search_rows(runs: Path, key: Key) -> RowSearch:
    """Search the tables of all local runs, and those of all versions in the registry.

    The table of a version whose run is not on this machine is read again from its source, if that still has
    the same content.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    key : mapping of str to str
        Columns and values as texts; a row must have all of them.

    Raises
    ------
    InvalidSetting
        There is no table to search, or no table has the columns.
    """
    folders = list_runs(runs)
    if not folders and not has_registry(runs):
        raise InvalidSetting(
            f"There is nothing to search: no run in {resolve_runs(runs)}, and no registry.",
            "Give the folder of the runs: --runs DIR.",
        )
    searcher = _RowSearcher(runs, key)
    for run in folders.values():
        searcher.search_run(run)
    searcher.search_registry()
    searcher.check_columns()
    return searcher.found


class _RowSearcher:
    """Searches tables one after the other, and collects what it finds.

    Parameters
    ----------
    runs : Path
        Folder of all local runs.
    key : mapping of str to str
        The key.
    """

    def __init__(self, runs: Path, key: Key) -> None:
        self.found = RowSearch(tuple(key))
        self._runs = runs
        self._key = key
        self._columns: set[str] = set()

    def search_run(self, run: RunFolder) -> None:
        """Search the tables of a run."""
        try:
            record, readings = run.load_record(), load_table_readings(run)
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.found.unsearched.append(f"the run {run.name}: its files cannot be read ({error})")
            return
        counts = {
            table.name: self._search_table(f"{table.name} of the run {run.name}", table.path, readings)
            for table in list_tables(run)
        }
        is_training = record.get("pipeline") == "training"
        if is_training and run.find_output("ingest", "dataset") is None:
            self.found.unsearched.append(f"the run {run.name}: its table is gone")
        rows = {name: n for name, n in counts.items() if n}
        if rows:
            command = Command(("run", "training"), record.get("options", {})) if is_training else None
            sources = tuple(_list_sources(record.get("parameters", {}), rows))
            self.found.runs.append(FoundRun(run.name, run.path, rows, sources, command))

    def search_registry(self) -> None:
        """Search the tables of all versions; call it once the runs were searched."""
        if not has_registry(self._runs):
            return
        try:
            with open_registries(self._runs) as registries:
                for registry in registries:
                    for version in registry.list_versions():
                        self._search_version(registry, version)
        except TrackingError as error:
            self.found.unsearched.append(f"the registry: {error.what}")

    def check_columns(self) -> None:
        """Refuse a key with a column that no table has, if all tables were searched."""
        unknown = [name for name in self._key if name not in self._columns]
        if unknown and self._columns and not self.found.unsearched:
            raise InvalidSetting(
                f"No table has a column {unknown[0]!r}.",
                suggest_name(unknown[0], sorted(self._columns), "column"),
            )

    def _search_table(self, title: str, path: Path, readings: "Mapping[str, ColumnReading]") -> int:
        """Return how many rows of a table have the key, and note whether it was searched."""
        try:
            self._columns.update(list_columns(path))
            n = count_rows_with(path, self._key, readings)
        except SuiteError as error:
            self.found.unsearched.append(f"{title}: {error.what}")
            return 0
        except (OSError, pa.ArrowException) as error:
            self.found.unsearched.append(f"{title}: it cannot be read ({error})")
            return 0
        if n is None:
            self.found.without_key.append(title)
            return 0
        self.found.n_tables += 1
        return n

    def _search_version(self, registry: "Registry", version: "RegistryVersion") -> None:
        sha256 = version.tags.get("dataset_sha256", "")
        own = find_run_of_version(self._runs, version.model, version.number)
        if own is not None and own.read_metadata("ingest", "dataset").get("sha256") != sha256:
            # The registry was made anew since, and numbers from 1 again.
            own = None
        other = find_table_run(self._runs, version.model, version.number, sha256)
        # The runs were searched already.
        names = [run.name for run in self.found.runs]
        is_found = any(run is not None and run.name in names for run in (own, other))
        if not is_found and other is None:
            is_found = self._read_again(registry, version)
        if is_found:
            source = strip_source(version.tags.get("source", ""))
            files = registry.get_download_uri(version)
            run = None if own is None else own.name
            self.found.versions.append(FoundVersion(describe_version(version), run, source, files))
            self.found.copies += _find_copies(self._runs, version)

    def _read_again(self, registry: "Registry", version: "RegistryVersion") -> bool:
        """Return whether the table of a version that no run on this machine has contains the row."""
        title = f"the table of {describe_version(version)}"
        with TemporaryDirectory(prefix="data-forget-") as folder:
            try:
                table = open_registered(registry, version, Path(folder), self._runs, version.number)
            except SuiteError as error:
                self.found.unsearched.append(f"{title}: {error.what}")
                return False
            return bool(self._search_table(title, Path(table.table), table.readings))


def _list_sources(parameters: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
    is_own_test = _OWN_TEST in rows
    for name, is_found in (("source", not is_own_test or _WHOLE in rows), ("test", is_own_test)):
        if is_found and parameters.get(name):
            yield strip_source(str(parameters[name]))


def _find_copies(runs: Path, version: "RegistryVersion") -> Iterator[Path]:
    for run in list_runs(runs).values():
        fetched = run.read_registration("register-fetch")
        model = run.find_output("register-fetch", "model")
        if model is None or fetched is None:
            continue
        if (fetched.model, fetched.version) == (version.model, version.number):
            yield model.parent


def list_sources(found: RowSearch) -> list[str]:
    """Return the sources from which the found tables were read, each once; a generated sample is none."""
    sources = [source for run in found.runs for source in run.sources]
    sources += [version.source for version in found.versions]
    return sorted({source for source in sources if source and not source.startswith("sample:")})
