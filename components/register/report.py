"""What was registered, in words."""

from components._report.markdown import escaped, markdown_table
from components._tracking.registry import Version
from components.register.comparison import Comparison


def registration_text(
    version: Version, champion: Version | None, comparison: Comparison | None, reason: str
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
        f"# {escaped(version.model)}, version {version.number}",
        "It is the challenger. It becomes the champion by "
        f"`python -m pipelines models promote {version.number} --model {escaped(version.model)}`.",
        "## Beside the champion",
        reason if comparison is None or champion is None else _in_words(champion, comparison),
        "## Facts",
        markdown_table(("What", "Value"), version.facts.items()),
    ]
    return "\n\n".join(parts) + "\n"


def unregistered_text(model: str) -> str:
    """Return the report where there is no registry."""
    return (
        f"# {escaped(model)} is not registered\n\nThere is no registry here: MLFLOW_TRACKING_URI says "
        "nothing. Set it for train and for register, and the next model gets a version.\n"
    )


def _in_words(champion: Version, comparison: Comparison) -> str:
    better = comparison.better_by
    sentence = (
        f"{escaped(comparison.metric)} on the same test rows: {_figure(comparison.challenger)}, of the "
        f"champion (version {champion.number}) {_figure(comparison.champion)}."
    )
    if better is None or better.low is None or better.high is None:
        return f"{sentence} The rows are too few to say which is better."
    return (
        f"{sentence} The challenger is {comparison.verdict}: better by {_figure(better.value)}, with a 95 % "
        f"interval from {_figure(better.low)} to {_figure(better.high)} (paired bootstrap). Rows that the "
        "champion learnt from speak for it, if some are among them."
    )


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"
