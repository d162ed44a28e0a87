"""The report on a registration, in words."""

from components._problem.metrics import describe_metric
from components._report.formats import format_value
from components._report.markdown import escape_markdown, render_markdown_table
from components._tracking.registry import APPROVALS, CHAMPION
from components._tracking.registry_version import RegistryVersion
from components.register.comparison import ChampionComparison


def render_registration(
    version: RegistryVersion,
    rival: RegistryVersion | None,
    comparison: ChampionComparison | None,
    reason: str,
    mirrored: str = "",
    link: str = "",
) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    version : RegistryVersion
        The registered version.
    rival : RegistryVersion or None
        The version that it was compared with: the champion, or the one that it must beat.
    comparison : ChampionComparison or None
        The comparison of both.
    reason : str
        Why they cannot be compared; empty if they can.
    mirrored : str
        Whether another registry got the version, as a sentence; empty if there is no other.
    link : str
        Address of the run that trained it in MLflow; empty if it has none.
    """
    sentences = [escape_markdown(mirrored)] if mirrored else []
    if link:
        sentences.append(f"[Its run in MLflow]({link}) has the parameters, the trials and all pages.")
    parts = [
        f"# {escape_markdown(version.model)}, version {version.number}",
        "This version is the challenger. To make it the champion: "
        f"`python -m pipelines models promote {version.number} --model {escape_markdown(version.model)}`.",
        *_describe_approvals(version),
        *sentences,
        f"## Comparison with {_name_rival(rival)}",
        reason if comparison is None or rival is None else describe_comparison(rival, comparison),
        "## Facts",
        render_markdown_table(("What", "Value"), version.facts.items()),
    ]
    return "\n\n".join(parts) + "\n"


def render_unregistered_model(model: str) -> str:
    """Return the report if there is no registry."""
    return (
        f"# {escape_markdown(model)} is not registered\n\n"
        "There is no registry: MLFLOW_TRACKING_URI is not set. Set it for train and for register, and the "
        "next model gets a version.\n"
    )


def _describe_approvals(version: RegistryVersion) -> list[str]:
    if APPROVALS not in version.tags:
        return []
    return [
        f"Before deploy serves it, {escape_markdown(version.tags[APPROVALS])} must approve: "
        f"`python -m pipelines models approve {version.number} --model {escape_markdown(version.model)} "
        "--key FILE`."
    ]


def _name_rival(rival: RegistryVersion | None) -> str:
    return "the champion" if rival is None or CHAMPION in rival.aliases else f"version {rival.number}"


def describe_comparison(rival: RegistryVersion, comparison: ChampionComparison) -> str:
    """Return which of two models is better on the test rows, in words."""
    better = comparison.better_by
    sentence = (
        f"{escape_markdown(describe_metric(comparison.metric))} on the same test rows: challenger "
        f"{_format_metric(comparison.challenger)}, "
        f"{'champion' if CHAMPION in rival.aliases else 'present model'} (version {rival.number}) "
        f"{_format_metric(comparison.champion)}."
    )
    if better is None or better.low is None or better.high is None:
        return " ".join([sentence, "There are too few rows to say which is better.", *comparison.notes])
    words = (
        f"{sentence} The challenger is {comparison.verdict}: better by {_format_metric(better.value)}, 95 % "
        f"interval {_format_metric(better.low)} to {_format_metric(better.high)} (paired bootstrap). If "
        f"version {rival.number} was trained on some of these rows, the comparison favours it."
    )
    return " ".join([words, *comparison.notes])


def _format_metric(value: float | None) -> str:
    return "undefined" if value is None else format_value(value)
