"""Uploads complete files of the spool to where monitoring reads them."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from components._inference_log.segments import list_segments
from components._store.folder import Folder
from components.log_sink.sink_metrics import SinkMetrics

# Seconds.
_BETWEEN_LOOKS = 5.0

_log = logging.getLogger(__name__)


class Uploader:
    """Uploads the files that no log writes any more, the oldest first, and then deletes them here.

    A file that cannot be uploaded stays and is tried again. What an earlier process left in the spool is
    uploaded, too.

    Use it as a context: it uploads within, and what is left at the end.

    Parameters
    ----------
    spool : Path
        The folder of the files.
    folder : Folder
        Where they go, each under its place below the spool.
    list_open_files : callable
        Returns the files that may still grow.
    metrics : SinkMetrics
        Counts.
    """

    def __init__(
        self,
        spool: Path,
        folder: Folder,
        list_open_files: Callable[[], set[Path]],
        metrics: SinkMetrics,
    ) -> None:
        self._spool = spool
        self._folder = folder
        self._list_open_files = list_open_files
        self._metrics = metrics
        self._is_failing = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.upload()

    def count_bytes(self) -> int:
        """Return the bytes of all files in the spool."""
        n_bytes = 0
        for path in list_segments(self._spool):
            try:
                n_bytes += path.stat().st_size
            except FileNotFoundError:
                # Uploaded meanwhile.
                continue
        return n_bytes

    def upload(self) -> None:
        """Upload what is complete, until an upload fails."""
        # In this order: a file that was opened after the list is not in it.
        found = list_segments(self._spool)
        still_open = self._list_open_files()
        for path in found:
            if path in still_open:
                continue
            try:
                self._folder.store(path, *path.relative_to(self._spool).parts)
            except FileNotFoundError:
                # Deleted to stay below the limit.
                continue
            except Exception as error:
                # A defect must not end the uploads, either.
                self._metrics.count_upload(is_stored=False)
                self._report(error)
                return
            path.unlink(missing_ok=True)
            self._metrics.count_upload(is_stored=True)
            self._report(None)

    def _run(self) -> None:
        while not self._ended.wait(_BETWEEN_LOOKS):
            self.upload()

    def _report(self, error: Exception | None) -> None:
        """Say once that uploads fail, and once that they work again."""
        if error is not None and not self._is_failing:
            _log.error("Nothing can be uploaded; it stays in %s and is tried again: %s", self._spool, error)
        elif error is None and self._is_failing:
            _log.warning("Uploads work again.")
        self._is_failing = error is not None
