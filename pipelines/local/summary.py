"""The few lines at the end of a run: what came out, where to read on, and what to try next."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.local.result import Result, Scored

_SHOWN_CLASSES = 5
# The parameters that make has a variable for.
_VARIABLES = {
    "source": "SOURCE",
    "target": "TARGET",
    "task": "TASK",
    "metric": "METRIC",
    "trials": "TRIALS",
    "workers": "WORKERS",
    "budget_minutes": "MINUTES",
    "max_models": "MAX_MODELS",
    "max_latency_ms": "MAX_LATENCY_MS",
    "weighs_time": "WEIGHS_TIME",
    "warm_start": "WARM_START",
    "seed": "SEED",
}


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
    style = "bold green" if result.status == "succeeded" else "bold red"
    console.print()
    console.print(Text(result.headline, style))
    if result.judged is not None:
        console.print(table(facts(result.judged)))
    if result.scored is not None:
        console.print(table(scored_facts(result.scored)))
    for line in [*result.failures, result.remedy]:
        if line:
            console.print(Text(line))
    console.print(Group(Text(), table([("time", times(result))])))
    console.print()
    lines = to_copy(result, index)
    width = max(len(label) for label, _ in lines) + 2
    for label, text in lines:
        console.print(Text.assemble(label.ljust(width), (text, "bold")), soft_wrap=True)


def facts(judged: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the lines about a judged model, as label and value."""
    lines = [
        ("model", f"{judged['model']}, from {judged['trials']} trials"),
        (judged["metric"], interval(judged)),
        ("baseline", number(judged["baseline"])),
        ("simple model", number(judged["simple"])),
    ]
    for gate in judged["gates"]:
        outcome = "passed" if gate["passed"] else "FAILED"
        lines.append((f"gate {gate['gate']}", f"{outcome} with {number(gate['value'])}"))
    return lines


def scored_facts(scored: Scored) -> list[tuple[str, str]]:
    """Return the lines about predictions, as label and value."""
    most = sorted(scored.shares.items(), key=lambda of: -of[1])[:_SHOWN_CLASSES]
    return [("model", scored.model), *((f"predicted {label}", f"{share:.1%}") for label, share in most)]


def to_copy(result: Result, index: Path) -> list[tuple[str, str]]:
    """Return what a person takes along, as label and value, which no table may cut."""
    scored = result.scored
    if scored is None:
        return [("report", str(index)), ("next", next_command(result))]
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


def next_command(result: Result) -> str:
    """Return the command that takes a person one step further."""
    if str(result.parameters["source"]).startswith("sample:"):
        return "make run SOURCE=table.csv TARGET=column"
    if result.judged is None:
        return "mend that, then run again"
    parameters = {**result.given, "trials": 2 * int(result.parameters["trials"])}
    words = [
        f"{name}={shlex.quote(str(parameters[key]))}" for key, name in _VARIABLES.items() if key in parameters
    ]
    return " ".join(["make run", *words])


def table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return labels and values in two columns."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column()
    for label, value in lines:
        drawn.add_row(Text(label), Text(value))
    return drawn
