"""Shows the progress of a local run: its stages, and the trials of the sweep."""

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from components._problem.metrics import describe_metric
from components._report.formats import format_clock, format_value
from components.events import describe_pass
from pipelines.local.run_state import RunState, StageState
from pipelines.local.wrapped_line import wrap_line

NO_ANNOUNCEMENTS: Mapping[str, Callable[[], list[str]]] = MappingProxyType({})
_POLLING_SECONDS = 0.2
_SWEEP = "tune"
# Seconds between two lines about a pass or a sweep, where no live table shows it.
_QUIET_SECONDS = 30.0
_ENDED = ("done", "failed", "interrupted")
# Blanks below a line's mark.
_INDENT = 2
_MARKS = {
    "waiting": ("·", "dim"),
    "running": ("›", "bold cyan"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "interrupted": ("‖", "yellow"),
}


class Progress:
    """Follows a run's events and shows them: as a live table, or as one line per finished stage.

    Parameters
    ----------
    events : Path
        The file of events, which may not exist yet.
    state : RunState
        Updated with the events.
    console : Console
        Where to show it.
    is_live : bool
        Whether to show the table; not possible if other output goes to the same terminal.
    announcements : mapping of str to callable
        Tasks after whose success something is to be said, and what returns its lines.
    """

    def __init__(
        self,
        events: Path,
        state: RunState,
        console: Console,
        *,
        is_live: bool,
        announcements: Mapping[str, Callable[[], list[str]]] = NO_ANNOUNCEMENTS,
    ) -> None:
        self._tail = Tail(events)
        self._state = state
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if is_live else None
        self._lines = StageLines()
        self._announcements = announcements
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        if self._live:
            self._live.stop()
        self._print(self._lines.format_remaining_lines(self._state))

    def _follow(self) -> None:
        while True:
            # Checked before reading, so that the last read comes after the last event.
            is_last = self._is_over.wait(_POLLING_SECONDS)
            for event in self._tail.read():
                self._state.apply_event(event)
                self._announce(event)
            if self._live:
                self._live.update(build_progress_table(self._state, time.time()), refresh=True)
            else:
                self._print(self._lines.format_new_lines(self._state))
            if is_last:
                return

    def _announce(self, event: Mapping[str, Any]) -> None:
        has_ended = event["event"] == "task" and event["state"] == "finished"
        if has_ended and event["status"] == 0 and event["name"] in self._announcements:
            self._print(self._announcements[event["name"]]())

    def _print(self, lines: list[str]) -> None:
        for line in lines:
            for part in wrap_line(line, self._console.width, _INDENT):
                self._console.print(part, markup=False, highlight=False, soft_wrap=True)


class Tail:
    """Reads the lines of JSON that were added to a file, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def read(self) -> list[dict[str, Any]]:
        """Return the complete lines that are new since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            text = file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._position += len(complete)
        return [json.loads(line) for line in complete.splitlines()]


class StageLines:
    """One line per notice, and per stage that has ended, each returned once; of passes and sweeps a few.

    A stage has ended when a later one has started: between the tasks of a loop there may be a pause.
    """

    def __init__(self) -> None:
        self._shown: set[str] = set()
        self._n_notices = 0
        self._quiet_since = -math.inf

    def format_new_lines(self, state: RunState) -> list[str]:
        """Return the lines of the stages before the one that runs, and of new notices."""
        started = [stage for stage in state.stages.values() if stage.status != "waiting"]
        lines = self._format_lines(state, started[:-1])
        notices = state.notices[self._n_notices :]
        self._n_notices += len(notices)
        lines += [f"! {text}" for text in notices]
        if started and started[-1].status == "running":
            lines += self._format_running(state, started[-1])
        return lines

    def _format_running(self, state: RunState, stage: StageState) -> list[str]:
        seen = stage.current_pass or (state.trial if stage.name == _SWEEP else None)
        if seen is None or seen["time"] < self._quiet_since + _QUIET_SECONDS:
            return []
        self._quiet_since = seen["time"]
        return [f"› {stage.name:<12}{_format_details(state, stage, seen['time'])}"]

    def format_remaining_lines(self, state: RunState) -> list[str]:
        """Return the remaining lines after the run has ended."""
        return self._format_lines(state, list(state.stages.values()))

    def _format_lines(self, state: RunState, stages: list[StageState]) -> list[str]:
        ended = [s for s in stages if s.status in _ENDED and s.name not in self._shown]
        self._shown.update(stage.name for stage in ended)
        return [_format_line(state, stage) for stage in ended]


def build_progress_table(state: RunState, now: float) -> Table:
    """Return a table of a run's stages at a time, ``now``, in seconds since 1970."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=1)
    table.add_column(min_width=12)
    table.add_column(justify="right", min_width=8)
    table.add_column()
    for stage in state.stages.values():
        mark, style = _MARKS[stage.status]
        seconds = "" if stage.status == "waiting" else f"{stage.compute_seconds(now):.1f} s"
        table.add_row(
            Text(mark, style),
            Text(stage.name, style),
            Text(seconds, "dim"),
            Text(_format_details(state, stage, now)),
        )
    for text in state.notices:
        table.add_row(Text("!", "yellow"), "", "", Text(text))
    return table


def _format_line(state: RunState, stage: StageState) -> str:
    mark, _ = _MARKS[stage.status]
    ended = state.trial["time"] if state.trial else 0.0
    details = "interrupted" if stage.status == "interrupted" else _format_details(state, stage, ended)
    return f"{mark} {stage.name:<12}{stage.seconds:8.1f} s  {details}".rstrip()


def _format_details(state: RunState, stage: StageState, now: float) -> str:
    if stage.current_pass is not None:
        seen = stage.current_pass
        return describe_pass(seen["done"], seen["total"], seen["unit"], seen["left"])
    if stage.name != _SWEEP or state.trial is None:
        return ""
    trial = state.trial
    of_all = f" of {trial['trials']}" if trial["trials"] else ""
    # The budget is that of the whole run.
    elapsed = now - (now if state.started is None else state.started)
    return (
        f"{trial['finished']}{of_all} trials, {format_clock(elapsed)} of {format_clock(trial['budget'])}, "
        f"best {describe_metric(trial['metric'])} {format_value(trial['best'])}, {trial['best_family']}"
    )
