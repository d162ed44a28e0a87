"""The report on a rollout, in words."""

from collections.abc import Sequence

from components._report.markdown import escape_markdown, render_markdown_table
from components.deploy.canary import RolloutResult
from components.deploy.objects import Release
from components.deploy.settings import Settings


def describe_interruption(before: Settings | None, settings: Settings) -> str:
    """Return whether KServe interrupted the service for its logger, as a sentence; empty if it did not.

    Parameters
    ----------
    before, settings : Settings
        The settings of the service before and now; None for no service.
    """
    is_direct = settings.mode == "Standard" and not settings.gateway
    if before is None or not is_direct or bool(before.log_sink) == bool(settings.log_sink):
        return ""
    return (
        f"The log was turned {'on' if settings.log_sink else 'off'}. KServe changes the service's port for "
        "that before the new servers are ready: requests may have failed meanwhile."
    )


def render_rollout(
    service: str, served: Release | None, release: Release, result: RolloutResult, notes: Sequence[str]
) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    service : str
        The service.
    served : Release or None
        The release before.
    release : Release
        The release that was rolled out.
    result : RolloutResult
        The result.
    notes : sequence of str
        What else a person should know, as sentences.
    """
    failure, version = result.failure, escape_markdown(release.version)
    if failure is None:
        before = "nothing" if served is None else f"version {escape_markdown(served.version)}"
        title, text = f"version {version} is served", f"Before, {before} was served."
    else:
        reason = f"{escape_markdown(failure.what)} {escape_markdown(failure.remedy)}"
        title, text = "rolled back", f"Version {version} is not served. {reason}"
    parts = [f"# {escape_markdown(service)}: {title}", text]
    parts += map(escape_markdown, notes)
    if result.undo_error:
        parts.append(f"The rollback was not complete: {escape_markdown(result.undo_error)}")
    if result.largest_difference is not None:
        parts.append(
            "The served predictions of the held-out rows are those of the pipeline: the largest difference "
            f"is {result.largest_difference:.1e}."
        )
    if result.steps:
        parts.append("## Steps")
        parts.append(
            render_markdown_table(
                ("Share of requests", "Sent by deploy", "Sent by others", "Failed", "95 % within"),
                [
                    (
                        f"{percent} %",
                        str(measured.n_requests),
                        str(measured.n_others),
                        f"{measured.error_rate:.1%}",
                        f"{measured.p95_ms:.1f} ms",
                    )
                    for percent, measured in result.steps
                ],
            )
        )
    if result.steps and not result.is_split:
        parts.append("Requests were not split between the old model and the new one.")
    return "\n\n".join(parts) + "\n"
