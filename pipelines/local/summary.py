"""The few lines at the end of a run: what came out, where to read on, and what to try next."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.errors import format_list
from pipelines.interface import reword
from pipelines.local.next_steps import suggest_next_steps
from pipelines.local.run_result import RunResult, ScoringRunResult

_SHOWN_CLASSES = 5
_STYLES = {"good": "bold green", "warning": "bold yellow", "error": "bold red"}
_MOST_DECISIONS = 10


def show_summary(result: RunResult, index: Path, console: Console) -> None:
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
    _print_table(list_decisions(result), console)
    if result.judged is not None:
        console.print()
        _print_table(list_facts(result.judged, result.n_tried), console)
    if result.scored is not None:
        _print_table(list_scoring_facts(result.scored), console)
    for line in [*result.failures, result.remedy]:
        if line:
            console.print(Text(reword(line)), soft_wrap=not console.is_terminal)
    console.print()
    _print_table([("time", format_times(result))], console)
    console.print()
    lines = list_copyable_lines(result, index)
    width = max(len(label) for label, _ in lines) + 2
    for label, text in lines:
        console.print(Text.assemble(label.ljust(width), (text, "bold")), soft_wrap=True)


def list_decisions(result: RunResult) -> list[tuple[str, str]]:
    """Return the lines about what the run decided by itself, as label and value."""
    sweep = []
    if result.is_cut_short:
        tried = f"{result.n_tried} of {result.parameters['trials']:g} trials"
        sweep.append(("sweep", f"time ended it after {tried}: another run may come to another model"))
    lines = result.decisions.list_lines(_MOST_DECISIONS - len(sweep))
    return [(label, reword(text)) for label, text in [*lines, *sweep]]


def list_facts(judged: Mapping[str, Any], n_tried: int) -> list[tuple[str, str]]:
    """Return the lines about a judged model, as label and value."""
    # The others were ended early, as they could no longer be among the best, or failed.
    tried = f"{judged['trials']} finished trials of {n_tried}" if n_tried > (judged["trials"] or 0) else ""
    lines = [
        ("model", f"{judged['model']}, from {tried or str(judged['trials']) + ' trials'}"),
        (judged["metric"], describe_interval(judged)),
        ("baseline", format_score(judged["baseline"])),
        ("simple model", describe_simple_model(judged)),
    ]
    for gate in judged["gates"]:
        outcome = "passed" if gate["passed"] else "FAILED"
        lines.append((f"gate {gate['gate']}", f"{outcome} with {format_score(gate['value'])}"))
    lines += [("note", note) for note in judged.get("explanations", ())]
    return lines


def describe_simple_model(judged: Mapping[str, Any]) -> str:
    """Return the simple model's score, and how the model stands to it."""
    standing = judged.get("against_simple", {}).get("words", "")
    return f"{format_score(judged['simple'])}{': ' if standing else ''}{standing}"


def list_scoring_facts(scored: ScoringRunResult) -> list[tuple[str, str]]:
    """Return the lines about predictions, as label and value."""
    most = sorted(scored.shares.items(), key=lambda of: -of[1])[:_SHOWN_CLASSES]
    lines = [("model", scored.model), ("rows", f"{scored.rows:,}")]
    if scored.ignored:
        lines.append(("ignored", f"{format_list(scored.ignored)} (the model does not use them)"))
    if scored.made_null:
        columns = format_list(f"{name} ({n:,})" for name, n in scored.made_null.items())
        n_null = sum(scored.made_null.values())
        lines.append(("made null", f"{n_null:,} values that could not be read: {columns}"))
    return [*lines, *((f"predicted {label}", f"{share:.1%}") for label, share in most)]


def list_copyable_lines(result: RunResult, index: Path) -> list[tuple[str, str]]:
    """Return what a person takes along, as label and value, which no table may cut."""
    scored = result.scored
    if scored is None:
        return [("report", str(index)), *suggest_next_steps(result)]
    bucket = [("bucket", scored.output)] if scored.output else []
    return [("predictions", str(scored.predictions)), *bucket, ("report", str(index))]


def describe_interval(judged: Mapping[str, Any]) -> str:
    """Return the main score with its interval in words."""
    low, high = format_score(judged["low"]), format_score(judged["high"])
    rows = f"{judged['rows_test']:,} test rows"
    return f"{format_score(judged['score'])} (95 % interval {low} to {high}, {rows})"


def format_score(value: float | None) -> str:
    """Return a score as text, with four significant digits; None as a dash."""
    return "–" if value is None else f"{value:,.4g}"


def format_times(result: RunResult) -> str:
    """Return the whole time and the stages' in one line, the longest first."""
    ran = sorted((stage for stage in result.stages if stage.seconds), key=lambda stage: -stage.seconds)
    return f"{result.seconds:.1f} s: " + ", ".join(f"{stage.name} {stage.seconds:.1f}" for stage in ran)


def _print_table(lines: Sequence[tuple[str, str]], console: Console) -> None:
    if console.is_terminal:
        console.print(build_table(lines))
        return
    # In a log a line is not broken, so that it is found as a whole.
    width = max((len(label) for label, _ in lines), default=0) + 2
    for label, value in lines:
        console.print(Text(f"{label.ljust(width)}{value}"), soft_wrap=True)


def build_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return labels and values in two columns."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column()
    for label, value in lines:
        drawn.add_row(Text(label), Text(value))
    return drawn
