"""The report on two runs side by side: on the console, and as a page in the folder of the runs."""

import sys
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from components._report.page import format_duration, format_value, render_page
from pipelines.comparison.change_verdict import format_estimate
from pipelines.comparison.compared_run import ComparedRun
from pipelines.comparison.report import COLOURS, STYLES, build_marks, list_scores
from pipelines.comparison.run_comparison import MetricDifference, RunComparison
from pipelines.files import replace_file
from pipelines.local.run_folder import COMPARISONS, resolve_runs
from pipelines.local.summary import format_figure, print_table


def write_run_report(comparison: RunComparison, runs: Path) -> Path:
    """Write the page of a comparison, and return its path."""
    first, second = comparison.runs
    page = resolve_runs(runs) / COMPARISONS / f"{first.title}--{second.title}.html"
    page.parent.mkdir(exist_ok=True)
    replace_file(page, render_run_comparison(comparison))
    return page


def show_run_comparison(comparison: RunComparison, page: Path) -> None:
    """Print the comparison, with the path of its page."""
    console = Console(file=sys.stdout)
    verdict = comparison.verdict
    console.print(Text(describe_subject(comparison)))
    console.print(Text(verdict.headline, STYLES[verdict.level]))
    console.print(Text(verdict.sentence))
    console.print()
    facts = [(name, f"{first} → {second}") for name, first, second in list_facts(comparison)]
    metrics = [
        (name, f"{first} → {second}, {difference}")
        for name, first, second, difference in list_metrics(comparison)
    ]
    changed = [(name, f"{first} → {second}") for name, first, second in comparison.differences]
    for lines in (facts, metrics, changed, [("note", note) for note in list_notes(comparison)]):
        if lines:
            print_table(lines, console)
            console.print()
    console.print(Text.assemble("page  ", (str(page), "bold")), soft_wrap=True)


def render_run_comparison(comparison: RunComparison) -> str:
    """Return the comparison as a page, which links to both runs."""
    first, second = comparison.runs
    return render_page(
        "pipelines/comparison/report.html",
        title=f"{second.title} beside {first.title}",
        subtitle=describe_subject(comparison),
        verdict=comparison.verdict,
        colour=COLOURS[comparison.verdict.level],
        headers=["", first.title, second.title],
        facts=list_facts(comparison),
        metrics=list_metrics(comparison),
        differences=comparison.differences,
        notes=list_notes(comparison),
        marks=build_marks(comparison.scores, 0.0),
        margin=0.0,
        pages=[
            (f"The run {run.title}", f"../{quote(run.title)}/index.html")
            for run in comparison.runs
            if run.folder.index.exists()
        ],
    )


def describe_subject(comparison: RunComparison) -> str:
    """Return which of the two runs is judged."""
    first, second = comparison.runs
    return f"{second.title} compared with {first.title}: better and worse are those of {second.title}."


def list_facts(comparison: RunComparison) -> list[tuple[str, str, str]]:
    """Return the figures of both runs: what it is, and that of each."""
    sides = zip(*map(_describe_run, comparison.runs), strict=True)
    names = ("score on its own test rows", "model", "columns of the model", "gates", "time of the run")
    scores = list_scores(*comparison.runs, comparison.scores)
    return [*scores, *((name, *both) for name, both in zip(names, sides, strict=True))]


def list_metrics(comparison: RunComparison) -> list[tuple[str, str, str, str]]:
    """Return the other metrics on the common test rows: name, both values, and the difference."""
    return [
        (metric.title, format_value(metric.first), format_value(metric.second), _describe_difference(metric))
        for metric in comparison.metrics
    ]


def list_notes(comparison: RunComparison) -> list[str]:
    """Return which rows were compared, and how a difference is judged."""
    rows = comparison.rows
    if comparison.scores is None:
        return []
    which = f"All {rows.n:,} test rows are the same in both runs."
    if not rows.is_everything:
        which = (
            f"Of the {rows.n_base:,} test rows of {comparison.runs[0].title} and the {rows.n_change:,} of "
            f"{comparison.runs[1].title}, {rows.n:,} are the same. Only they are compared."
        )
    return [
        which,
        "A difference is significant if its 95 % interval, from a paired bootstrap of these rows, does not "
        "contain 0.",
        *comparison.scores.notes,
    ]


def _describe_run(run: ComparedRun) -> tuple[str, ...]:
    evaluation = run.evaluation
    score = "–"
    if evaluation:
        score, low, high = (format_figure(evaluation[name], evaluation) for name in ("score", "low", "high"))
        score = f"{score} ({low} to {high})"
    return (
        score,
        run.signature.get("title", "–"),
        format_value(len(run.signature.get("columns", {}))),
        "passed" if not run.failures else f"failed: {'; '.join(run.failures)}",
        format_duration(run.seconds),
    )


def _describe_difference(metric: MetricDifference) -> str:
    better = metric.better_by
    if better is None or better.low is None or better.high is None:
        return "unknown"
    if better.low > 0:
        return f"better by {format_estimate(better)}"
    if better.high < 0:
        return f"worse by {format_estimate(better.negate())}"
    return f"no significant difference ({format_value(better.low, 2)} to {format_value(better.high, 2)})"
