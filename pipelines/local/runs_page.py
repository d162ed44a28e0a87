"""The page of all runs of a folder, ``index.html`` beside the folders of the runs."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from components._report.page import render_page
from pipelines.files import replace_file
from pipelines.local.run_folder import resolve_runs
from pipelines.local.run_list import ListedRun, RunList, RunScore
from pipelines.local.run_table import describe_gates, format_minutes

_COLOURS = {"good": "good", "warning": "amber", "error": "bad", "none": ""}


class RunCell(NamedTuple):
    """A cell of the table.

    Attributes
    ----------
    text : str
        What it shows.
    key : str or float
        What it is sorted by.
    address : str
        Where it leads; empty for no link.
    colour : str
        Class of its text; empty for none.
    is_number : bool
        Whether it is aligned to the right.
    details : tuple of str
        Lines below the text, in small letters.
    """

    text: str
    key: str | float
    address: str = ""
    colour: str = ""
    is_number: bool = False
    details: tuple[str, ...] = ()


def write_runs_page(runs: Path) -> Path:
    """Write the page of all runs of a folder, and return its path."""
    page = resolve_runs(runs) / "index.html"
    now = datetime.now().astimezone()
    replace_file(page, render_runs_page(RunList(runs).read(), now))
    return page


def render_runs_page(runs: list[ListedRun], now: datetime) -> str:
    """Return the HTML of the page of runs, which links to each run's own.

    Parameters
    ----------
    runs : list of ListedRun
        The newest first.
    now : datetime
        When the runs were read.
    """
    rows = [build_row(run) for run in runs]
    return render_page(
        "pipelines/local/runs_page.html",
        title=f"Runs ({len(runs):,})",
        subtitle=f"As of {now:%Y-%m-%d %H:%M}. The end of each run, and make runs, write this page anew.",
        headers=list(rows[0]) if rows else [],
        rows=[list(row.values()) for row in rows],
    )


def build_row(run: ListedRun) -> dict[str, RunCell]:
    """Return the cells of a run by their headers."""
    score = run.score
    started = datetime.fromisoformat(run.started).astimezone()
    index = next((page.path for page in run.pages), "")
    address = f"{quote(run.name)}/{index}" if index else ""
    return {
        "Run": RunCell(run.name, run.name, address, details=(run.pipeline,)),
        "Started": RunCell(f"{started:%Y-%m-%d %H:%M}", run.started),
        "Table": RunCell(run.source, run.source),
        "Target": RunCell(run.target, run.target),
        "Score": _build_score(score, None if score is None else score.value, _list_score_details(score)),
        "Simple model": _build_score(
            score,
            None if score is None else score.simple,
            (f"model is {score.standing}",) if score and score.standing else (),
        ),
        "Gates passed": RunCell(describe_gates(run), _get_key(_compute_share(run)), is_number=True),
        "Result": RunCell(run.verdict, run.verdict, colour=_COLOURS[run.level], details=run.details),
        "Time": RunCell(
            "" if run.seconds is None else format_minutes(run.seconds), _get_key(run.seconds), is_number=True
        ),
    }


def _build_score(score: RunScore | None, value: float | None, details: tuple[str, ...]) -> RunCell:
    text = "" if score is None or value is None else score.format_figure(value)
    return RunCell(text, _get_key(value), is_number=True, details=details)


def _list_score_details(score: RunScore | None) -> tuple[str, ...]:
    return () if score is None else tuple(filter(None, (score.metric, score.format_interval())))


def _get_key(value: float | None) -> str | float:
    """Return what a number is sorted by; nothing comes first."""
    return "" if value is None else value


def _compute_share(run: ListedRun) -> float | None:
    return run.n_passed / run.n_gates if run.n_gates else None
