"""The events that stages write for whoever watches a run."""

import json
import sys
import time
from typing import Literal

from components.environment import Environment


def emit(event: str, **fields: object) -> None:
    """Append an event as a line of JSON to ``Environment.events``; do nothing if nobody watches.

    A line is written in one call, so that the processes of a sweep can share the file.
    """
    events = Environment.read().events
    if events is None:
        return
    line = json.dumps({"event": event, "time": time.time(), **fields}) + "\n"
    with events.open("a", encoding="utf-8") as file:
        file.write(line)


Unit = Literal["bytes", "rows"]
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "bytes"))
# Seconds between two events of a pass, and between two lines of a log.
_PAUSE, _LOG_PAUSE = 1.0, 30.0


class PassMeter:
    """Tells whoever watches a run how far a long pass over a table is, and in which time it will end.

    Without a watcher, as on a cluster, the log gets a line, much more seldom.

    Parameters
    ----------
    stage : str
        The stage that makes the pass.
    total : int
        Bytes or rows of the whole pass.
    unit : str
        ``bytes`` or ``rows``.
    """

    def __init__(self, stage: str, total: int, unit: Unit) -> None:
        self._stage = stage
        self._total = total
        self._unit = unit
        self._started = time.monotonic()
        self._is_watched = Environment.read().events is not None
        self._pause = _PAUSE if self._is_watched else _LOG_PAUSE
        self._next = self._started + self._pause

    def update(self, done: int) -> None:
        """Tell that so many bytes or rows are done, unless something was told just before."""
        now = time.monotonic()
        if now < self._next or not 0 < done < self._total:
            return
        self._next = now + self._pause
        left = (now - self._started) * (self._total - done) / done
        if self._is_watched:
            emit("pass", stage=self._stage, done=done, total=self._total, unit=self._unit, left=left)
        else:
            sys.stdout.write(f"{describe_pass(done, self._total, self._unit, left)}\n")
            sys.stdout.flush()


def describe_pass(done: int, total: int, unit: Unit, left: float) -> str:
    """Return how far a pass is, and the seconds that are left: ``3.1 of 9.8 GB, 0:40 left``."""
    minutes, seconds = divmod(round(left), 60)
    if unit == "rows":
        amount = f"{done:,} of {total:,} rows"
    else:
        scale, name = _choose_unit(total)
        amount = f"{done / scale:.3g} of {total / scale:.3g} {name}"
    return f"{amount}, {minutes}:{seconds:02d} left"


def format_bytes(n_bytes: int) -> str:
    """Return an amount of bytes with three digits: ``9.81 GB``."""
    scale, name = _choose_unit(n_bytes)
    return f"{n_bytes / scale:.3g} {name}"


def _choose_unit(n_bytes: int) -> tuple[int, str]:
    return next(((scale, name) for scale, name in _UNITS if n_bytes >= scale), _UNITS[-1])
