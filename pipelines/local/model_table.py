"""The list of models for a terminal: a table of each model's versions that fits into 80 columns."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components._problem.metrics import describe_metric
from components._report.formats import format_value
from components._tracking.registry_version import EVALUATION
from components.errors import format_count
from pipelines.local.summary import format_figure

if TYPE_CHECKING:
    from components._tracking.registry_version import RegistryVersion

_SHA = 8
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def show_models(models: Mapping[str, Sequence["RegistryVersion"]], now: datetime, console: Console) -> None:
    """Print a table of the versions of each model.

    Parameters
    ----------
    models : mapping of str to sequence of RegistryVersion
        The versions by model.
    now : datetime
        The time from which ages are counted.
    console : Console
        Where to print them.
    """
    for name, versions in models.items():
        console.print(Text(f"{name}, {format_count(len(versions), 'version')}", "bold"))
        if versions:
            console.print(build_model_table(versions, now))


def build_model_table(versions: Sequence["RegistryVersion"], now: datetime) -> Table:
    """Return a table with a few lines for each version; it needs 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    # Fixed widths: a long text takes more lines, and no other column.
    columns = (("Version", 7), ("Alias", 10), ("On test rows", 18), ("Beside", 16), ("Data", 12), ("Age", 7))
    for title, width in columns:
        table.add_column(title, overflow="fold", width=width)
    for version in versions:
        table.add_row(
            Text(version.number),
            Text("\n".join(version.aliases)),
            Text(describe_score(version)),
            Text(describe_rival(version)),
            Text(describe_data(version)),
            Text(format_age((now - version.created).total_seconds())),
        )
    return table


def describe_score(version: "RegistryVersion") -> str:
    """Return the metric of a version on its test rows, with its interval; empty if it has no evaluation."""
    evaluation = json.loads(version.tags.get(EVALUATION, "{}"))
    if not evaluation:
        return ""
    score, low, high = (format_figure(evaluation[name], evaluation) for name in ("score", "low", "high"))
    lines = [f"{describe_metric(evaluation['metric'])} {score}"]
    if evaluation["low"] is not None:
        lines.append(f"{low} to {high}")
    return "\n".join(lines)


def describe_rival(version: "RegistryVersion") -> str:
    """Return how a version compares with the champion of its time, or with the one that it had to beat."""
    tags = version.tags
    if "compared_with" not in tags:
        return "no champion yet"
    words = f"version {tags['compared_with']}: {tags.get('comparison', 'not compared')}"
    if "better_by_low" not in tags:
        return words
    by, low, high = (
        format_value(float(tags[name]), 2) for name in ("better_by", "better_by_low", "better_by_high")
    )
    return f"{words}, {'' if by.startswith('-') else '+'}{by} ({low} to {high})"


def describe_data(version: "RegistryVersion") -> str:
    """Return the table of a version, with the start of its content hash."""
    tags = version.tags
    digest = tags.get("dataset_sha256", tags.get("sha256", ""))[:_SHA]
    # The end of an address names the table.
    name = tags.get("source", "").partition("?")[0].rstrip("/").rpartition("/")[2]
    return f"{name}\n{digest}".strip()


def format_age(seconds: float) -> str:
    """Return an age in its largest unit."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size):,} {unit}"
    return "now"
