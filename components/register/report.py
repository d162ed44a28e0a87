"""What was registered, in words."""

from components._report.markdown import escape_markdown, render_markdown_table
from components._tracking.registry import RegistryVersion
from components.register.comparison import ChampionComparison


def render_registration(
    version: RegistryVersion,
    champion: RegistryVersion | None,
    comparison: ChampionComparison | None,
    reason: str,
) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    version : Version
        What was registered.
    champion : Version or None
        The champion.
    comparison : Comparison or None
        How they compare.
    reason : str
        Why they cannot be compared; empty where they can.
    """
    parts = [
        f"# {escape_markdown(version.model)}, version {version.number}",
        "It is the challenger. It becomes the champion by "
        f"`python -m pipelines models promote {version.number} --model {escape_markdown(version.model)}`.",
        "## Beside the champion",
        reason if comparison is None or champion is None else _describe_comparison(champion, comparison),
        "## Facts",
        render_markdown_table(("What", "Value"), version.facts.items()),
    ]
    return "\n\n".join(parts) + "\n"


def render_unregistered_model(model: str) -> str:
    """Return the report where there is no registry."""
    return (
        f"# {escape_markdown(model)} is not registered\n\nThere is no registry here: "
        f"MLFLOW_TRACKING_URI says "
        "nothing. Set it for train and for register, and the next model gets a version.\n"
    )


def _describe_comparison(champion: RegistryVersion, comparison: ChampionComparison) -> str:
    better = comparison.better_by
    sentence = (
        f"{escape_markdown(comparison.metric)} on the same test rows: "
        f"{_format_metric(comparison.challenger)}, of the "
        f"champion (version {champion.number}) {_format_metric(comparison.champion)}."
    )
    if better is None or better.low is None or better.high is None:
        return f"{sentence} The rows are too few to say which is better."
    return (
        f"{sentence} The challenger is {comparison.verdict}: better by {_format_metric(better.value)}, "
        f"with a 95 % "
        f"interval from {_format_metric(better.low)} to {_format_metric(better.high)} (paired "
        f"bootstrap). Rows that the "
        "champion learnt from speak for it, if some are among them."
    )


def _format_metric(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
