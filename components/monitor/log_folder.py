"""The log of a model: a folder for each version in ``<folder>/<model>/logs``."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from components._inference_log.segments import LONGEST_SECONDS, START_FORMAT, SUFFIX
from components._store.folder import Folder

_LOGS = "logs"
# Files of another version that are counted; object storage lists as many at once.
MOST_COUNTED = 1_000
_EVENTS = ".json"
_LONGEST = timedelta(seconds=LONGEST_SECONDS)


class EventFile(NamedTuple):
    """A file of events of KServe's logger.

    Attributes
    ----------
    name : str
        Its name in the folder of the version.
    stored : datetime
        When it was stored, in UTC.
    fetch : callable
        Returns the file to read: itself, or a copy below a scratch folder.
    """

    name: str
    stored: datetime
    fetch: Callable[[Path], Path]


class VersionLog(NamedTuple):
    """The log of one version.

    Attributes
    ----------
    files : list of Path
        The files that servers wrote, the oldest first.
    other_versions : dict of str to int
        Number of files of the model's other versions, up to ``MOST_COUNTED``.
    events : sequence of EventFile
        The files that KServe's logger stored, the oldest first.
    """

    files: list[Path]
    other_versions: dict[str, int]
    events: Sequence[EventFile] = ()


@contextmanager
def open_log(folder: Folder, model: str, version: tuple[str, str], days: float) -> Iterator[VersionLog]:
    """Yield the log of a model's version; files in object storage are downloaded for as long.

    Parameters
    ----------
    folder : Folder
        The folder of all models.
    model : str
        The model.
    version : tuple of (str, str)
        Its number, and the start of its file's SHA-256. A server names the folder of its log by both, as
        ``number-hash``; logs of KServe itself have the number alone.
    days : float
        Files that end this long before the newest begins are left out, and events that were stored this long
        before the newest.

    Raises
    ------
    StorageError
        Object storage cannot be reached, or refuses.
    """
    with TemporaryDirectory() as scratch:
        versions = [name.rstrip("/") for name in folder.list_names(model, _LOGS) if name.endswith("/")]
        number, digest = version
        own = [name for name in versions if name == number or name.endswith(digest)]
        files: list[Path] = []
        events: list[EventFile] = []
        for name in own:
            found = folder.list_files(model, _LOGS, name)
            segments = sorted(file.name for file in found if file.name.endswith(SUFFIX))
            files += [
                folder.fetch(Path(scratch), model, _LOGS, name, segment)
                for segment in _choose_recent(segments, days)
            ]
            events += [
                EventFile(file.name, file.modified, partial(_fetch, folder, (model, _LOGS, name, file.name)))
                for file in found
                if file.name.endswith(_EVENTS)
            ]
        others = {name: _count_files(folder, model, name) for name in versions if name not in own}
        yield VersionLog(
            files, {name: n for name, n in others.items() if n}, _choose_recent_events(events, days)
        )


def _fetch(folder: Folder, names: tuple[str, ...], scratch: Path) -> Path:
    return folder.fetch(scratch, *names)


def _count_files(folder: Folder, model: str, version: str) -> int:
    found = folder.list_files(model, _LOGS, version, most=MOST_COUNTED)
    return sum(file.name.endswith((SUFFIX, _EVENTS)) for file in found)


def _choose_recent_events(events: list[EventFile], days: float) -> list[EventFile]:
    """Return the files that were stored in the last days, the oldest first."""
    if not events:
        return []
    # An event is stored after it happens, so what is stored earlier happened earlier, too.
    earliest = max(event.stored for event in events) - timedelta(days=days)
    recent = (event for event in events if event.stored >= earliest)
    return sorted(recent, key=lambda event: (event.stored, event.name))


def _choose_recent(names: list[str], days: float) -> list[str]:
    """Return the files with rows of the last days; a file with another name may have any."""
    starts = {name: _read_start(name) for name in names}
    known = [start for start in starts.values() if start is not None]
    if not known:
        return names
    earliest = max(known) - timedelta(days=days) - _LONGEST
    return [name for name in names if (start := starts[name]) is None or start >= earliest]


def _read_start(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], START_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
