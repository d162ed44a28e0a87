"""The events that stages write for whoever watches a run."""

import json
import time

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
