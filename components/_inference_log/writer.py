"""Writes a sample of the predicted rows, in a thread beside the server."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from components._inference_log.record import PredictedRow, Prediction, RecordBuilder, encode_record
from components._inference_log.reservoir import Reservoir
from components._inference_log.segments import SegmentWriter

# Seconds. What a killed server loses.
_BETWEEN_WRITES = 0.5
# A write takes one row at least.
FEWEST_ROWS_PER_SECOND = round(1 / _BETWEEN_WRITES)
# Seconds whose unused rows a burst may use, and the share of them that a write takes. So the weights of a
# burst rise slowly: if it used all at once, a few rows would stand for most of it.
_LONGEST_PAUSE = 300.0
_SHARE = 0.15

_log = logging.getLogger(__name__)


class WrittenRows(NamedTuple):
    """What became of the rows since the last time.

    Attributes
    ----------
    kept : int
        Written.
    sampled_out : int
        Left out because of the limit of rows per second; the weights of the others count for them.
    lost : int
        Could not be written.
    deleted_bytes : int
        Bytes of old files that were deleted.
    """

    kept: int
    sampled_out: int
    lost: int
    deleted_bytes: int


class LogWriter:
    """Takes the rows of requests, and writes a uniform sample of them twice a second.

    A request waits for no disk: it adds its rows to a sample in memory. What was written survives the end of
    the process, however it ends.

    Use it as a context: it writes within, and what is left at the end.

    Parameters
    ----------
    builder : RecordBuilder
        Makes the records.
    segments : SegmentWriter
        Writes the lines.
    rows_per_second : float
        Most rows per second on average; a burst may use what five minutes did not.
    count : callable
        Gets what became of the rows after each write.
    """

    def __init__(
        self,
        builder: RecordBuilder,
        segments: SegmentWriter,
        rows_per_second: float,
        count: Callable[[WrittenRows], None],
    ) -> None:
        self._builder = builder
        self._segments = segments
        self._rows_per_second = rows_per_second
        self._count = count
        # Only a uniform draw is wanted, not an unpredictable one.
        self._draw = random.Random()  # noqa: S311
        self._lock = threading.Lock()
        self._allowance = _LONGEST_PAUSE * rows_per_second
        self._reservoir = self._start_sample()
        self._written = time.monotonic()
        self._is_silent = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inference-log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.write()
        self._segments.close()

    def offer(
        self,
        rows: Sequence[Mapping[str, Any]],
        predictions: Sequence[Prediction],
        find_id: Callable[[], str],
    ) -> None:
        """Take the rows of an answered request.

        Parameters
        ----------
        rows : sequence of mapping
            The cells of each row, as they were sent.
        predictions : sequence of Prediction
            Their predictions.
        find_id : callable
            Returns the request's id. It is called if a row is kept.
        """
        with self._lock:
            reservoir = self._reservoir
            chosen = reservoir.choose(len(rows))
            if chosen:
                now, name = time.time(), find_id()
                for i in chosen:
                    reservoir.keep(PredictedRow(now, name, i, rows[i], predictions[i]))

    def add(self, rows: Sequence[PredictedRow]) -> None:
        """Take rows that were predicted elsewhere."""
        with self._lock:
            reservoir = self._reservoir
            for i in reservoir.choose(len(rows)):
                reservoir.keep(rows[i])

    def write(self) -> None:
        """Write the sample, and start the next one."""
        with self._lock:
            reservoir = self._reservoir
            now = time.monotonic()
            earned = (now - self._written) * self._rows_per_second
            self._written = now
            allowance = self._allowance - len(reservoir.items) + earned
            self._allowance = min(allowance, _LONGEST_PAUSE * self._rows_per_second)
            self._reservoir = self._start_sample()
        rows = sorted(reservoir.items, key=_get_place)
        deleted_before = self._segments.deleted_bytes
        n_written = 0
        try:
            weight = reservoir.n_seen / max(1, len(rows))
            lines = [encode_record(self._builder.build(row, weight)) for row in rows]
            n_written = self._segments.append(lines)
            reason: object = self._segments.error or "a row is longer than a file may be"
        except Exception as error:
            # A defect must not end the log, and less so the server.
            reason = repr(error)
        if n_written < len(rows):
            self._report_loss(reason)
        deleted = self._segments.deleted_bytes - deleted_before
        self._count(WrittenRows(n_written, reservoir.n_seen - len(rows), len(rows) - n_written, deleted))

    def _start_sample(self) -> Reservoir[PredictedRow]:
        return Reservoir(max(1, int(_SHARE * self._allowance)), self._draw)

    def _run(self) -> None:
        while not self._ended.wait(_BETWEEN_WRITES):
            self.write()

    def _report_loss(self, reason: object) -> None:
        """Say once why rows are lost; the metrics count all."""
        if not self._is_silent:
            _log.error("The inference log loses rows: %s. The server goes on without them.", reason)
            self._is_silent = True


def _get_place(row: PredictedRow) -> tuple[float, str, int]:
    return row.time, row.id, row.number
