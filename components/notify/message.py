"""The messages about a run that ended."""

from components.errors import shorten_text

_LONGEST = 2_000


def describe_failure(resource: str, message: str | None) -> str:
    """Return a short text about a failed run, for a chat."""
    cause = f": {shorten_text(message.strip(), _LONGEST)}" if message else "."
    return f"The run {_get_run_name(resource)} failed{cause}"


def render_report(state: str, resource: str, message: str | None, note: str | None) -> str:
    """Return the report as Markdown; ``note`` says whether the webhook was notified."""
    lines = [f"# Run {_get_run_name(resource)}: {state.lower()}"]
    if message:
        # A longer fence than any in the message, so that Markdown shows the message as it is.
        lines += ["````", shorten_text(message.strip(), _LONGEST).replace("````", "'''"), "````"]
    if state == "FAILED":
        lines.append(
            "The log of the failed task ends with the cause. If a gate task failed, the report of the stage "
            "before it says which check or gate was the reason."
        )
    if note:
        lines.append(note)
    return "\n\n".join(lines) + "\n"


def _get_run_name(resource: str) -> str:
    # Vertex AI gives a path that ends with the name.
    return resource.rpartition("/")[2]
