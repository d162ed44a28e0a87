"""The few lines at the end of a run: what came out, where to read on, and what to try next."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.errors import listed
from pipelines.interface import reword
from pipelines.local.next_steps import next_steps
from pipelines.local.result import Result, Scored

_SHOWN_CLASSES = 5
_STYLES = {"good": "bold green", "warning": "bold yellow", "error": "bold red"}
_MOST_DECISIONS = 10


def show(result: Result, index: Path, console: Console) -> None:
    """Print the summary of a finished run.

    Parameters
    ----------
    result : Result
        The run.
    index : Path
        Its index page.
    console : Console
        Where to print.
    """
    console.print()
    console.print(Text(result.headline, _STYLES[result.level]), soft_wrap=True)
    _print_table(decided(result), console)
    if result.judged is not None:
        console.print()
        _print_table(facts(result.judged, result.n_tried), console)
    if result.scored is not None:
        _print_table(scored_facts(result.scored), console)
    for line in [*result.failures, result.remedy]:
        if line:
            console.print(Text(reword(line)), soft_wrap=not console.is_terminal)
    console.print()
    _print_table([("time", times(result))], console)
    console.print()
    lines = to_copy(result, index)
    width = max(len(label) for label, _ in lines) + 2
    for label, text in lines:
        console.print(Text.assemble(label.ljust(width), (text, "bold")), soft_wrap=True)


def decided(result: Result) -> list[tuple[str, str]]:
    """Return the lines about what the run decided by itself, as label and value."""
    sweep = []
    if result.is_cut_short:
        tried = f"{result.n_tried} of {result.parameters['trials']:g} trials"
        sweep.append(("sweep", f"time ended it after {tried}: another run may come to another model"))
    lines = result.decisions.lines(_MOST_DECISIONS - len(sweep))
    return [(label, reword(text)) for label, text in [*lines, *sweep]]


def facts(judged: Mapping[str, Any], n_tried: int) -> list[tuple[str, str]]:
    """Return the lines about a judged model, as label and value."""
    # The others were ended early, as they could no longer be among the best, or failed.
    tried = f"{judged['trials']} finished trials of {n_tried}" if n_tried > (judged["trials"] or 0) else ""
    lines = [
        ("model", f"{judged['model']}, from {tried or str(judged['trials']) + ' trials'}"),
        (judged["metric"], interval(judged)),
        ("baseline", number(judged["baseline"])),
        ("simple model", simple_model(judged)),
    ]
    for gate in judged["gates"]:
        outcome = "passed" if gate["passed"] else "FAILED"
        lines.append((f"gate {gate['gate']}", f"{outcome} with {number(gate['value'])}"))
    lines += [("note", note) for note in judged.get("explanations", ())]
    return lines


def simple_model(judged: Mapping[str, Any]) -> str:
    """Return the simple model's score, and how the model stands to it."""
    standing = judged.get("against_simple", {}).get("words", "")
    return f"{number(judged['simple'])}{': ' if standing else ''}{standing}"


def scored_facts(scored: Scored) -> list[tuple[str, str]]:
    """Return the lines about predictions, as label and value."""
    most = sorted(scored.shares.items(), key=lambda of: -of[1])[:_SHOWN_CLASSES]
    lines = [("model", scored.model), ("rows", f"{scored.rows:,}")]
    if scored.ignored:
        lines.append(("ignored", f"{listed(scored.ignored)} (the model does not use them)"))
    if scored.made_null:
        columns = listed(f"{name} ({n:,})" for name, n in scored.made_null.items())
        n_null = sum(scored.made_null.values())
        lines.append(("made null", f"{n_null:,} values that could not be read: {columns}"))
    return [*lines, *((f"predicted {label}", f"{share:.1%}") for label, share in most)]


def to_copy(result: Result, index: Path) -> list[tuple[str, str]]:
    """Return what a person takes along, as label and value, which no table may cut."""
    scored = result.scored
    if scored is None:
        return [("report", str(index)), *next_steps(result)]
    bucket = [("bucket", scored.output)] if scored.output else []
    return [("predictions", str(scored.predictions)), *bucket, ("report", str(index))]


def interval(judged: Mapping[str, Any]) -> str:
    """Return the main score with its interval in words."""
    low, high = number(judged["low"]), number(judged["high"])
    rows = f"{judged['rows_test']:,} test rows"
    return f"{number(judged['score'])} (95 % interval {low} to {high}, {rows})"


def number(value: float | None) -> str:
    """Return a score as text, with four significant digits; None as a dash."""
    return "–" if value is None else f"{value:,.4g}"


def times(result: Result) -> str:
    """Return the whole time and the stages' in one line, the longest first."""
    ran = sorted((stage for stage in result.stages if stage.seconds), key=lambda stage: -stage.seconds)
    return f"{result.seconds:.1f} s: " + ", ".join(f"{stage.name} {stage.seconds:.1f}" for stage in ran)


def _print_table(lines: Sequence[tuple[str, str]], console: Console) -> None:
    if console.is_terminal:
        console.print(table(lines))
        return
    # In a log a line is not broken, so that it is found as a whole.
    width = max((len(label) for label, _ in lines), default=0) + 2
    for label, value in lines:
        console.print(Text(f"{label.ljust(width)}{value}"), soft_wrap=True)


def table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return labels and values in two columns."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column()
    for label, value in lines:
        drawn.add_row(Text(label), Text(value))
    return drawn
