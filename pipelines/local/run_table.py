"""The list of runs for a terminal: a table that fits into 80 columns."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.local.run_list import ListedRun, RunScore

_STYLES = {"good": "green", "warning": "yellow", "error": "red", "none": ""}


def show_runs(runs: Sequence[ListedRun], console: Console) -> None:
    """Print a table of runs."""
    console.print(build_run_table(runs))


def build_run_table(runs: Sequence[ListedRun]) -> Table:
    """Return a table with a few lines for each run; it needs 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="bold")
    # Fixed widths: a long name or verdict takes more lines, and no other column.
    for title, width in (("Run", 26), ("Table", 13), ("On test rows", 21), ("Result", 14)):
        table.add_column(title, overflow="fold", width=width)
    for run in runs:
        table.add_row(
            Text(f"{run.name}\n{describe_time(run)}"),
            Text(describe_subject(run)),
            Text("\n".join(_list_scores(run.score))),
            Text(_describe_result(run), _STYLES[run.level]),
        )
    return table


def describe_time(run: ListedRun) -> str:
    """Return when a run started, in local time, and how long it took."""
    started = f"{datetime.fromisoformat(run.started).astimezone():%Y-%m-%d %H:%M}"
    return started if run.seconds is None else f"{started}, {format_minutes(run.seconds)}"


def format_minutes(seconds: float) -> str:
    """Return a time in minutes."""
    return f"{seconds / 60:,.1f} min"


def describe_subject(run: ListedRun) -> str:
    """Return the table of a run and its target; what else it did if it is not a training."""
    if run.target:
        return f"{run.source}\n→ {run.target}"
    return f"{run.source}\n{run.pipeline}".strip()


def describe_gates(run: ListedRun) -> str:
    """Return how many of its gates a run's model passed; empty if it had none."""
    return f"{run.n_passed} of {run.n_gates}" if run.n_gates else ""


def _list_scores(score: RunScore | None) -> list[str]:
    if score is None:
        return []
    lines = [f"{score.metric} {score.format_figure(score.value)}", score.format_interval()]
    if score.simple is not None:
        standing = f": {score.standing}" if score.standing else ""
        lines.append(f"simple {score.format_figure(score.simple)}{standing}")
    return [line for line in lines if line]


def _describe_result(run: ListedRun) -> str:
    gates = describe_gates(run)
    return f"{run.verdict}, {gates}" if gates else run.verdict
