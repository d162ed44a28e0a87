"""The report on a comparison: on the console, as Markdown for a pull request, and as a page."""

import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from components._problem.metric_scale import MetricScale
from components._report.markdown import escape_markdown, render_markdown_table
from components._report.page import format_value, render_page
from components.errors import format_count
from components.register.comparison import ChampionComparison
from pipelines.comparison.change_comparison import HERE, ChangeComparison
from pipelines.comparison.compared_run import ComparedRun
from pipelines.files import replace_file
from pipelines.local.summary import print_table

# By which a later comment finds the one that it replaces.
MARK = "<!-- kfp-tabular: comparison of models -->"
MARKDOWN, PAGE = "comparison.md", "comparison.html"
STYLES = {"good": "bold green", "note": "bold", "warning": "bold yellow", "error": "bold red"}
COLOURS = {"good": "good", "note": "good", "warning": "amber", "error": "bad"}


class IntervalMarks(NamedTuple):
    """Places on the scale of differences, in per cent of its width; worse is on the left.

    Attributes
    ----------
    value, low, high, zero, margin : float
        The difference, the ends of its interval, no difference, and the loss that is accepted.
    """

    value: float
    low: float
    high: float
    zero: float
    margin: float


def write_report(comparison: ChangeComparison, folder: Path) -> None:
    """Write ``comparison.md`` and ``comparison.html``."""
    replace_file(folder / MARKDOWN, render_markdown(comparison))
    replace_file(folder / PAGE, render_comparison_page(comparison))


def show_comparison(comparison: ChangeComparison, folder: Path) -> None:
    """Print the comparison, with the paths of its report."""
    console = Console(file=sys.stdout)
    verdict = comparison.verdict
    console.print()
    console.print(Text(verdict.headline, STYLES[verdict.level]), soft_wrap=True)
    console.print(Text(verdict.sentence), soft_wrap=not console.is_terminal)
    console.print()
    facts = [(name, f"{base} → {change}") for name, base, change in list_facts(comparison)]
    changed = [
        (name, f"{base} → {change}" if base else change) for name, base, change in comparison.differences
    ]
    for lines in (facts, changed, [("note", note) for note in list_notes(comparison)]):
        if lines:
            print_table(lines, console)
            console.print()
    for name in (MARKDOWN, PAGE):
        console.print(Text(str(folder / name), "bold"), soft_wrap=True)


def render_markdown(comparison: ChangeComparison) -> str:
    """Return the comparison as a comment for a pull request."""
    verdict = comparison.verdict
    headers = ("", comparison.change.title, "this change")
    parts = [
        MARK,
        f"### Model: {verdict.headline.lower()}",
        escape_markdown(verdict.sentence),
        render_markdown_table(headers, list_facts(comparison)),
    ]
    if comparison.differences:
        parts += ["What differs:", render_markdown_table(headers, comparison.differences)]
    parts += [
        "\n".join(
            f"- {escape_markdown(note)}"
            for note in [*list_notes(comparison), describe_rule(comparison.margin)]
        )
    ]
    return "\n\n".join(parts) + "\n"


def render_comparison_page(comparison: ChangeComparison) -> str:
    """Return the comparison as a page beside both runs."""
    return render_page(
        "pipelines/comparison/report.html",
        title=f"Model: {comparison.verdict.headline.lower()}",
        subtitle=f"{comparison.change.title} and {HERE}, trained here one after the other",
        verdict=comparison.verdict,
        colour=COLOURS[comparison.verdict.level],
        headers=["", comparison.change.title, "this change"],
        facts=list_facts(comparison),
        differences=comparison.differences,
        metrics=(),
        notes=[*list_notes(comparison), describe_rule(comparison.margin)],
        marks=build_marks(comparison.scores, comparison.margin),
        margin=comparison.margin,
        pages=[
            (f"The run of {run.title}", f"{run.folder.name}/index.html")
            for run in comparison.runs
            if run.folder.index.exists()
        ],
    )


def list_facts(comparison: ChangeComparison) -> list[tuple[str, str, str]]:
    """Return the figures of both models: what it is, at the base, and in the change."""
    runs, latencies = comparison.runs, comparison.latencies
    facts = list_scores(*runs, comparison.scores)
    sides = zip(*(_describe_run(run, ms) for run, ms in zip(runs, latencies, strict=True)), strict=True)
    names = ("model", "columns of the model", "gates", "processor time of the run", "processor time per row")
    return [*facts, *((name, *both) for name, both in zip(names, sides, strict=True))]


def list_notes(comparison: ChangeComparison) -> list[str]:
    """Return what was decided on the way, and which rows were compared."""
    rows, notes = comparison.rows, list(comparison.notes)
    if not rows.is_everything:
        notes.insert(
            0,
            f"The test rows differ: {format_count(rows.n, 'row')} of the base's {rows.n_base:,} and the "
            f"change's {rows.n_change:,} are the same, and only they are compared. A random choice deals all "
            "rows anew when the table changes; a test table, split_column, group or event_time keeps more of "
            "them the same.",
        )
    return notes


def describe_rule(margin: float) -> str:
    """Return how a change is judged."""
    limit = f"above the margin of {margin:g} fails" if margin else "fails, because the problem has no margin"
    return (
        "A loss is significant if the 95 % interval of the difference, from a paired bootstrap of the common "
        f"test rows, is entirely on the worse side. Only a significant loss {limit}. Processor time and time "
        "per row decide nothing."
    )


def build_marks(scores: ChampionComparison | None, margin: float) -> IntervalMarks | None:
    """Return where a difference stands on its scale; None without an interval or without a width."""
    better = None if scores is None else scores.better_by
    if better is None or better.low is None or better.high is None:
        return None
    places = (better.value, better.low, better.high, 0.0, -margin)
    low, high = min(places), max(places)
    if low == high:
        return None
    return IntervalMarks(*(4 + 92 * (place - low) / (high - low) for place in places))


def list_scores(
    base: ComparedRun, change: ComparedRun, scores: ChampionComparison | None
) -> list[tuple[str, str, str]]:
    """Return the metric of two runs: what it is, and the score of each."""
    lines = []
    if scores is not None:
        scale = MetricScale.from_metric(change.signature["metric"])
        title = f"{scale.title} ({scale.better})"
        lines.append((title, format_value(scores.champion), format_value(scores.challenger)))
    metric = change.signature.get("metric")
    if metric is not None and base.signature.get("metric") == metric:
        scale = MetricScale.from_metric(metric)
        folds = [run.lineage.get("cross_validated", {}).get("score") for run in (base, change)]
        values = [None if score is None else scale.to_metric_value(score) for score in folds]
        lines.append((f"{scale.title}, cross-validated", format_value(values[0]), format_value(values[1])))
    return lines


def _describe_run(run: ComparedRun, predict_ms: float | None) -> tuple[str, ...]:
    return (
        run.signature["title"],
        format_value(len(run.signature["columns"])),
        "passed" if not run.failures else f"failed: {'; '.join(run.failures)}",
        run.processor_time,
        "not measured" if predict_ms is None else f"{format_value(predict_ms, 2)} ms",
    )
