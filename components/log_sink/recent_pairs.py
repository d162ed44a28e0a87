"""Requests and responses that arrive as a stream: each waits for the other one, but not for ever."""

import time
from collections.abc import Callable

from components._inference_log.kserve_events import InferenceEvent


class RecentPairs:
    """Joins requests with their responses, which may arrive in any order.

    Parameters
    ----------
    longest_seconds : float
        How long an event waits for the other one. A request that failed has no response.
    clock : callable
        Returns seconds that never go back.

    Attributes
    ----------
    n_bytes : int
        Bytes of the events that wait.
    n_dropped : int
        Events that waited in vain, or came twice.
    """

    def __init__(self, longest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.n_bytes = 0
        self.n_dropped = 0
        self._longest_seconds = longest_seconds
        self._clock = clock
        # The oldest first.
        self._waiting: dict[str, tuple[float, InferenceEvent]] = {}

    def __len__(self) -> int:
        """Return the number of events that wait."""
        return len(self._waiting)

    def add(self, event: InferenceEvent) -> tuple[InferenceEvent, InferenceEvent] | None:
        """Return the request and the response, once there are both."""
        self.drop_old()
        other = self._remove(event.id) if event.id in self._waiting else None
        if other is not None and other.kind != event.kind:
            return (event, other) if event.kind == "request" else (other, event)
        self.n_dropped += other is not None
        self._waiting[event.id] = (self._clock(), event)
        self.n_bytes += event.n_bytes
        return None

    def drop_old(self) -> None:
        """Drop the events that have waited for too long."""
        earliest = self._clock() - self._longest_seconds
        while self._waiting:
            name, (arrived, _) = next(iter(self._waiting.items()))
            if arrived >= earliest:
                return
            self._remove(name)
            self.n_dropped += 1

    def _remove(self, name: str) -> InferenceEvent:
        _, event = self._waiting.pop(name)
        self.n_bytes -= event.n_bytes
        return event
