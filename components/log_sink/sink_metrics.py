"""The sink's metrics for Prometheus, and one line of its log for each cause of a loss."""

import logging
from collections.abc import Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

from components._inference_log.writer import WrittenRows

# Why an event was not logged.
Reason = Literal[
    "invalid",
    "too_large",
    "queue_full",
    "check",
    "unknown_model",
    "unusable_model",
    "incomplete",
    "no_prediction",
    "unconvertible",
    "stopped",
]

_PREFIX = "tabular_log_sink"
# Names of models come with the events, so they must not fill the memory.
_MOST_REPORTED = 1_000

_log = logging.getLogger(__name__)


class SinkMetrics:
    """Counts since the sink started.

    Attributes
    ----------
    registry : CollectorRegistry
        The metrics.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(f"{_PREFIX}_events", "Events that arrived.", registry=self.registry)
        self._dropped = Counter(
            f"{_PREFIX}_dropped_events",
            "Events that were not logged, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._rows = Counter(
            f"{_PREFIX}_rows",
            "Predicted rows, by outcome.",
            ["model", "version", "outcome"],
            registry=self.registry,
        )
        self._deleted = Counter(
            f"{_PREFIX}_deleted_bytes",
            "Bytes that were deleted before they were uploaded, to stay below the spool's limit.",
            registry=self.registry,
        )
        self._uploads = Counter(
            f"{_PREFIX}_uploads", "Files to upload, by outcome.", ["outcome"], registry=self.registry
        )
        for outcome in ("stored", "failed"):
            self._uploads.labels(outcome)
        self._reported: set[tuple[str, str]] = set()

    def watch(self, count_queue: Callable[[], float], count_spool: Callable[[], float]) -> None:
        """Show the bytes of events in memory, and of files in the spool."""
        for name, text, count in (
            ("queue", "Bytes of events in memory.", count_queue),
            ("spool", "Bytes of files that are not uploaded yet.", count_spool),
        ):
            Gauge(f"{_PREFIX}_{name}_bytes", text, registry=self.registry).set_function(count)

    def count_event(self) -> None:
        """Count an event that arrived."""
        self._events.inc()

    def count_dropped(self, reason: Reason, model: str = "", detail: str = "", n_events: int = 1) -> None:
        """Count events that are not logged, and say so once for each reason and model.

        Parameters
        ----------
        reason : str
            Why.
        model : str
            The model, as the event's address names it.
        detail : str
            What is wrong with the event; empty if the log need not have it.
        n_events : int
            How many.
        """
        self._dropped.labels(reason).inc(n_events)
        if detail and (reason, model) not in self._reported and len(self._reported) < _MOST_REPORTED:
            self._reported.add((reason, model))
            _log.warning(
                "An event of %s is not logged (%s): %s. The metrics count all of them.",
                repr(model) if model else "an unknown model",
                reason,
                detail,
            )

    def count_rows(self, model: str, version: str, written: WrittenRows) -> None:
        """Count what became of predicted rows."""
        for outcome in ("kept", "sampled_out", "lost"):
            self._rows.labels(model, version, outcome).inc(getattr(written, outcome))
        self._deleted.inc(written.deleted_bytes)

    def count_upload(self, *, is_stored: bool) -> None:
        """Count an attempt to upload a file."""
        self._uploads.labels("stored" if is_stored else "failed").inc()
