"""The summary that ends a run: its result, the paths of its files, and commands to go on with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components._problem.metrics import describe_metric
from components._report.formats import format_beside
from pipelines.interface import reword
from pipelines.local.next_steps import suggest_next_steps
from pipelines.local.run_result import RunResult, describe_gate

_STYLES = {"good": "bold green", "warning": "bold yellow", "error": "bold red"}
_MOST_DECISIONS = 10


def show_summary(result: RunResult, index: Path, console: Console) -> None:
    """Print the summary of a finished run whose index page is ``index``."""
    console.print()
    console.print(Text(result.headline, _STYLES[result.level]))
    print_table(list_decisions(result), console)
    if result.evaluation is not None:
        console.print()
        print_table(list_facts(result.evaluation, result.n_tried), console)
    if result.use is not None:
        print_table(result.use.list_facts(), console)
    for line in [*result.failures, result.remedy]:
        if line:
            console.print(Text(reword(line)))
    console.print()
    print_table([("time", format_times(result))], console)
    console.print()
    lines = list_copyable_lines(result, index)
    width = max(len(label) for label, _ in lines) + 2
    for label, text in lines:
        console.print(Text.assemble(label.ljust(width), (text, "bold")), soft_wrap=True)


def list_decisions(result: RunResult) -> list[tuple[str, str]]:
    """Return what the run decided by itself, as label and value."""
    sweep = []
    if result.is_cut_short:
        trials = result.parameters["trials"]
        tried = f"{result.n_tried} of {trials:g} trials" if trials else f"{result.n_tried} trials"
        sweep.append(("sweep", f"the time was up after {tried}: another run may give another model"))
    if result.overrun:
        sweep.append(("time", result.overrun))
    lines = result.decisions.list_lines(_MOST_DECISIONS - len(sweep))
    return [(label, reword(text)) for label, text in [*lines, *sweep]]


def list_facts(evaluation: Mapping[str, Any], n_tried: int) -> list[tuple[str, str]]:
    """Return the facts about an evaluated model, as label and value."""
    trials = f"{evaluation['trials']} trials"
    if n_tried > (evaluation["trials"] or 0):
        # The others were pruned or failed.
        trials = f"{evaluation['trials']} finished trials of {n_tried}"
    lines = [
        ("model", f"{evaluation['model']}, from {trials}"),
        (describe_metric(evaluation["metric"]), describe_interval(evaluation)),
        ("baseline", format_figure(evaluation["baseline"], evaluation)),
        ("simple model", describe_simple_model(evaluation)),
    ]
    lines += [(f"gate {gate['gate']}", describe_gate(gate)) for gate in evaluation["gates"]]
    lines += [("note", note) for note in evaluation.get("explanations", ())]
    return lines


def describe_simple_model(evaluation: Mapping[str, Any]) -> str:
    """Return the simple model's score, and the comparison of the model with it."""
    comparison = evaluation.get("against_simple", {}).get("words", "")
    return f"{format_figure(evaluation['simple'], evaluation)}{': ' if comparison else ''}{comparison}"


def list_copyable_lines(result: RunResult, index: Path) -> list[tuple[str, str]]:
    """Return the paths and commands to copy, as label and value, which must not be wrapped."""
    paths = [] if result.use is None else result.use.list_paths()
    return [*paths, ("report", str(index)), *suggest_next_steps(result)]


def describe_interval(evaluation: Mapping[str, Any]) -> str:
    """Return the model's score with its interval."""
    score, low, high = (format_figure(evaluation[name], evaluation) for name in ("score", "low", "high"))
    return f"{score} (95 % interval {low} to {high}, {evaluation['rows_test']:,} test rows)"


def format_figure(value: float | None, evaluation: Mapping[str, Any]) -> str:
    """Return a value of the main metric with the digits that its interval supports; a dash for None."""
    return format_beside(value, *(evaluation[name] for name in ("score", "low", "high")))


def format_times(result: RunResult) -> str:
    """Return the total time and the time of each stage, the longest first."""
    ran = sorted((stage for stage in result.stages if stage.seconds), key=lambda stage: -stage.seconds)
    return f"{result.seconds:.1f} s: " + ", ".join(f"{stage.name} {stage.seconds:.1f}" for stage in ran)


def print_table(lines: Sequence[tuple[str, str]], console: Console) -> None:
    """Print labels and values in two columns, within the console's width."""
    console.print(build_table(lines))


def build_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return labels and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, value in lines:
        table.add_row(Text(label), Text(value))
    return table
