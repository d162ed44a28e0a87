"""The logs of all versions that send events: a bounded number of them, with a bounded memory."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from components._inference_log.kserve_events import InferenceEvent
from components._inference_log.segments import SegmentWriter
from components.log_sink.logged_model import LoggedModel
from components.log_sink.settings import Settings
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.version_collector import VersionCollector

_LOGS = "logs"
# Versions whose events are taken at the same time. The one that was silent for longest makes room.
MOST_VERSIONS = 20


class VersionCollectors:
    """Gives each event to the log of its version.

    Parameters
    ----------
    settings : Settings
        The spool, and the limits.
    fetch : callable
        Returns a version, by the model's name and the version's number.
    metrics : SinkMetrics
        Counts.
    """

    def __init__(
        self, settings: Settings, fetch: Callable[[str, str], LoggedModel], metrics: SinkMetrics
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._metrics = metrics
        self._collectors: dict[tuple[str, str], VersionCollector] = {}
        # Those that made room, and may still write.
        self._ending: list[VersionCollector] = []
        self._lock = threading.Lock()
        # MLflow's client keeps the address of its server in the environment of the process.
        self._fetching = threading.Lock()

    @property
    def n_bytes(self) -> int:
        """Bytes of the events that wait."""
        with self._lock:
            return self._count_bytes()

    def put(self, model: str, version: str, event: InferenceEvent) -> bool:
        """Take an event; returns whether there was room for it.

        Parameters
        ----------
        model, version : str
            The model's name and the version's number, as the address has them.
        event : InferenceEvent
            The event.
        """
        with self._lock:
            collector = self._collectors.get((model, version)) or self._add(model, version)
            most = self._settings.queue_bytes
            has_room = (
                self._count_bytes() + event.n_bytes <= most and collector.n_bytes + event.n_bytes <= most // 2
            )
            if has_room:
                collector.put(event)
        if not has_room:
            self._metrics.count_dropped("queue_full", model, "too many events wait")
        return has_room

    def list_open_files(self) -> set[Path]:
        """Return the files that may still grow."""
        with self._lock:
            return {collector.open_file for collector in self._list_all() if collector.open_file is not None}

    def close(self, seconds: float) -> None:
        """Write what waits, and end.

        Parameters
        ----------
        seconds : float
            How long that may take.
        """
        end = time.monotonic() + seconds
        with self._lock:
            collectors = self._list_all()
        for collector in collectors:
            collector.stop()
        for collector in collectors:
            collector.join(end - time.monotonic())

    def _add(self, model: str, version: str) -> VersionCollector:
        if len(self._collectors) >= MOST_VERSIONS:
            # One that is not logged anyway, or else the one that was silent for longest.
            key = min(
                self._collectors,
                key=lambda of: (not self._collectors[of].is_refused, self._collectors[of].used),
            )
            silent = self._collectors.pop(key)
            silent.stop()
            self._ending = [collector for collector in (*self._ending, silent) if collector.is_running]
        collector = VersionCollector(
            model,
            version,
            lambda: self._fetch_alone(model, version),
            lambda name: self._open_segments(f"{model}/{_LOGS}/{name}"),
            self._settings.rows_per_second,
            self._metrics,
        )
        self._collectors[model, version] = collector
        return collector

    def _fetch_alone(self, model: str, version: str) -> LoggedModel:
        with self._fetching:
            return self._fetch(model, version)

    def _open_segments(self, folder: str) -> SegmentWriter:
        return SegmentWriter(
            self._settings.spool,
            folder,
            n_workers=MOST_VERSIONS,
            most_bytes=self._settings.spool_bytes,
            longest_seconds=self._settings.upload_seconds,
        )

    def _count_bytes(self) -> int:
        return sum(collector.n_bytes for collector in self._list_all())

    def _list_all(self) -> list[VersionCollector]:
        return [*self._collectors.values(), *self._ending]
