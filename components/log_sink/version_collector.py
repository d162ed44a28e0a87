"""The log of one version of a model: its events wait, become pairs, and a sample of their rows is written."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from components._inference_log.kserve_events import InferenceEvent, InvalidEvent
from components._inference_log.segments import SegmentWriter
from components._inference_log.writer import LogWriter
from components._tracking.tracking_server import TrackingError
from components.errors import SuiteError
from components.log_sink.logged_model import LoggedModel, UnknownModel
from components.log_sink.recent_pairs import RecentPairs
from components.log_sink.sink_metrics import Reason, SinkMetrics

# Seconds. KServe sends the request at once, and the response once it is there.
LONGEST_WAIT = 120.0
_BETWEEN_LOOKS = 1.0
# After this a model is looked for again: it may have been registered, or the registry be back.
_BETWEEN_FETCHES = 30.0

_log = logging.getLogger(__name__)


class VersionCollector:
    """Takes the events of a version, without ever waiting, and writes their rows in a thread of its own.

    The model is fetched first; until then the events wait. If there is no such model, they are dropped, and
    so are those of the next half minute.

    Parameters
    ----------
    model, version : str
        The model's name and the version's number.
    fetch : callable
        Returns the version; it may take as long as it likes.
    open_segments : callable
        Returns the files of a log, by its name.
    rows_per_second : float
        Most rows per second on average.
    metrics : SinkMetrics
        Counts.
    between_fetches : float
        Seconds until a model that could not be fetched is fetched again.

    Attributes
    ----------
    used : float
        When the last event came, in seconds of ``time.monotonic``.
    """

    def __init__(
        self,
        model: str,
        version: str,
        fetch: Callable[[], LoggedModel],
        open_segments: Callable[[str], SegmentWriter],
        rows_per_second: float,
        metrics: SinkMetrics,
        between_fetches: float = _BETWEEN_FETCHES,
    ) -> None:
        self.used = time.monotonic()
        self._names = (model, version)
        self._fetch = fetch
        self._open_segments = open_segments
        self._rows_per_second = rows_per_second
        self._metrics = metrics
        self._between_fetches = between_fetches
        self._events: deque[InferenceEvent] = deque()
        self._queued_bytes = 0
        self._pairs = RecentPairs(LONGEST_WAIT)
        self._refusal: tuple[Reason, str] | None = None
        self._segments: SegmentWriter | None = None
        self._is_stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"log-{model}-{version}", daemon=True)
        self._thread.start()

    @property
    def n_bytes(self) -> int:
        """Bytes of the events that wait."""
        return self._queued_bytes + self._pairs.n_bytes

    @property
    def is_refused(self) -> bool:
        """Whether the model cannot be logged."""
        return self._refusal is not None

    @property
    def open_file(self) -> Path | None:
        """The file that may grow; None if there is none."""
        return None if self._segments is None else self._segments.path

    @property
    def is_running(self) -> bool:
        """Whether its thread has not ended."""
        return self._thread.is_alive()

    def put(self, event: InferenceEvent) -> None:
        """Take an event."""
        self.used = time.monotonic()
        with self._changed:
            if self._refusal is None:
                self._events.append(event)
                self._queued_bytes += event.n_bytes
                self._changed.notify()
                return
            reason, detail = self._refusal
        self._drop(reason, detail)

    def stop(self) -> None:
        """Let the thread write what waits, and end. It does not wait for that."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait for the end of the thread, and count what it could not write until then."""
        self._thread.join(max(0.0, seconds))
        self._drop_all("stopped", "its log ended before the model could be fetched")

    def _run(self) -> None:
        self._collect()
        self._drop_all("stopped", "its log ended before the model could be fetched")

    def _collect(self) -> None:
        model = self._wait_for_model()
        if model is None:
            return
        self._segments = self._open_segments(model.log_name)
        count = partial(self._metrics.count_rows, *self._names)
        with LogWriter(model.builder, self._segments, self._rows_per_second, count) as writer:
            while not self._has_ended():
                pair = self._take_pair()
                if pair is None:
                    continue
                if not pair[0].body:
                    # Such as the model's metadata, or a probe: no fault that would be worth a line.
                    self._drop("no_prediction", n_events=len(pair))
                    continue
                try:
                    writer.add(model.converter.find_rows(*pair))
                except Exception as error:
                    # A defect must not end the log, either.
                    detail = str(error) if isinstance(error, InvalidEvent) else repr(error)
                    self._drop("unconvertible", detail, len(pair))

    def _wait_for_model(self) -> LoggedModel | None:
        """Return the model once it can be fetched; None if the log ends before."""
        while not self._is_stopping or self._events:
            try:
                model = self._fetch()
            except TrackingError as error:
                # The registry may be back soon, so the events wait.
                _log.warning("%s, version %s, cannot be fetched yet: %s", *self._names, error.what)
            except Exception as error:
                self._refuse(error)
            else:
                with self._changed:
                    self._refusal = None
                return model
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopping, self._between_fetches)
                if self._is_stopping:
                    return None
        return None

    def _refuse(self, error: Exception) -> None:
        """Drop the events of a model that cannot be logged, and those that follow."""
        reason: Reason = "unknown_model" if isinstance(error, UnknownModel) else "unusable_model"
        detail = error.what if isinstance(error, SuiteError) else repr(error)
        with self._changed:
            self._refusal = reason, detail
        self._drop_all(reason, detail)

    def _has_ended(self) -> bool:
        return self._is_stopping and not self._events

    def _take_pair(self) -> tuple[InferenceEvent, InferenceEvent] | None:
        """Return a request and its response if the next event completes them."""
        pairs, pair = self._pairs, None
        n_dropped = pairs.n_dropped
        event = self._take_event()
        if event is None:
            pairs.drop_old()
        else:
            pair = pairs.add(event)
        if pairs.n_dropped > n_dropped:
            self._drop("incomplete", n_events=pairs.n_dropped - n_dropped)
        return pair

    def _take_event(self) -> InferenceEvent | None:
        """Return the next event; None if none comes for a second, or if the log is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._is_stopping, _BETWEEN_LOOKS)
            with suppress(IndexError):
                event = self._events.popleft()
                self._queued_bytes -= event.n_bytes
                return event
        return None

    def _drop_all(self, reason: Reason, detail: str) -> None:
        """Drop the events that wait."""
        with self._changed:
            n_events, self._queued_bytes = len(self._events), 0
            self._events.clear()
        if n_events:
            self._drop(reason, detail, n_events)

    def _drop(self, reason: Reason, detail: str = "", n_events: int = 1) -> None:
        self._metrics.count_dropped(reason, self._names[0], detail, n_events)
