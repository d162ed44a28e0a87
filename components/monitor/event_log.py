"""The events of KServe's logger as records of a log."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from components._inference_log.kserve_events import (
    EventConverter,
    EventPairs,
    InferenceEvent,
    InvalidEvent,
    parse_stored_event,
    split_stored_events,
)
from components._inference_log.record import encode_record
from components.errors import format_count
from components.monitor.log_folder import EventFile

# Files that are fetched beside each other, because each has a few kilobytes and its own wait for the storage.
_THREADS = 8
# Files whose content is in memory at once.
_CHUNK = 64

_Part = Literal["file", "event", "request"]
_DEFECTS: dict[_Part, str] = {
    "file": "that cannot be read",
    "event": "of neither a request nor a response",
    "request": "that cannot be converted",
}


class _Omission(NamedTuple):
    n: int
    first: str


class EventLog:
    """The events of KServe's logger, converted to records of the log.

    Parameters
    ----------
    converter : EventConverter
        The model's own.
    """

    def __init__(self, converter: EventConverter) -> None:
        self._converter = converter
        self._pairs = EventPairs()
        self._omitted: dict[_Part, _Omission] = {}

    def convert(self, files: Sequence[EventFile], records: Path) -> None:
        """Write the records of files, the oldest first, as a file of the log.

        Raises
        ------
        StorageError
            Object storage cannot be reached, or refuses.
        """
        with records.open("wb") as written:
            for event in self._iterate_events(files):
                pair = self._pairs.add(event)
                if pair is None:
                    continue
                try:
                    converted = self._converter.convert(*pair)
                except InvalidEvent as error:
                    self._note_omission("request", str(error))
                    continue
                written.writelines(map(encode_record, converted))

    def describe_omissions(self) -> Iterator[str]:
        """Yield what was left out of the log, and why."""
        for part, defect in _DEFECTS.items():
            if omission := self._omitted.get(part):
                yield (
                    f"Left out of KServe's log: {format_count(omission.n, part)} {defect}. "
                    f"The first: {omission.first}."
                )
        if n := self._pairs.count_single("request"):
            yield (
                f"Left out of KServe's log: {format_count(n, 'request')} without a response. "
                "Requests that failed have none; for the others the logger needs the mode all."
            )
        if n := self._pairs.count_single("response"):
            yield (
                f"Left out of KServe's log: {format_count(n, 'response')} without a request. "
                "The logger needs the mode all."
            )
        if n := self._pairs.n_duplicates:
            yield (
                f"Left out of KServe's log: {format_count(n, 'event')} with the id of an earlier "
                "one. A client that sends the header ce-id must send a new id with each request."
            )

    def _iterate_events(self, files: Sequence[EventFile]) -> Iterator[InferenceEvent]:
        for file, content in _read_files(files):
            try:
                events = split_stored_events(content)
            except InvalidEvent as error:
                self._note_omission("file", f"{file.name}: {error}")
                continue
            for fields in events:
                try:
                    yield parse_stored_event(fields, file.stored)
                except InvalidEvent as error:
                    self._note_omission("event", f"{file.name}: {error}")

    def _note_omission(self, part: _Part, reason: str) -> None:
        known = self._omitted.get(part, _Omission(0, reason))
        self._omitted[part] = known._replace(n=known.n + 1)


def _read_files(files: Sequence[EventFile]) -> Iterator[tuple[EventFile, bytes]]:
    """Yield the files with their content; those that were deleted meanwhile are left out."""
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(files), _CHUNK):
            chunk = files[start : start + _CHUNK]
            for file, content in zip(chunk, threads.map(_read_file, chunk), strict=True):
                if content is not None:
                    yield file, content


def _read_file(file: EventFile) -> bytes | None:
    with TemporaryDirectory() as scratch:
        try:
            return file.fetch(Path(scratch)).read_bytes()
        except FileNotFoundError:
            return None
