"""What was rolled out, in words."""

from components._report.markdown import escape_markdown, render_markdown_table
from components.deploy.canary import RolloutResult
from components.deploy.objects import Release


def render_rollout(service: str, served: Release | None, wanted: Release, result: RolloutResult) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    service : str
        The service.
    served : Release or None
        What was served before.
    wanted : Release
        What was to be served.
    result : Course
        What happened.
    """
    failed = result.failure
    if failed is None:
        before = "nothing" if served is None else f"version {escape_markdown(served.version)}"
        title, said = f"version {escape_markdown(wanted.version)} is served", f"Before it was {before}."
    else:
        title = "rolled back"
        why = f"{escape_markdown(failed.what)} {escape_markdown(failed.remedy)}"
        said = f"Version {escape_markdown(wanted.version)} is not served. {why}"
    parts = [f"# {escape_markdown(service)}: {title}", said]
    if result.undo_error:
        parts.append(f"It could not be taken back wholly: {escape_markdown(result.undo_error)}")
    if result.largest_difference is not None:
        parts.append(
            f"Held-out rows were predicted as by the pipeline: the largest difference is "
            f"{result.largest_difference:.1e}."
        )
    if result.steps:
        parts.append("## Steps")
        parts.append(
            render_markdown_table(
                ("Of the requests", "Sent to try it", "Others'", "Failed", "95 % within"),
                [
                    (
                        f"{percent} %",
                        str(seen.n_requests),
                        str(seen.n_others),
                        f"{seen.error_rate:.1%}",
                        f"{seen.p95_ms:.1f} ms",
                    )
                    for percent, seen in result.steps
                ],
            )
        )
    if result.steps and not result.is_split:
        parts.append("No requests were shared between an old model and a new one.")
    return "\n\n".join(parts) + "\n"
