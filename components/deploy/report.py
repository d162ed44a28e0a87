"""What was rolled out, in words."""

from components._report.markdown import escaped, markdown_table
from components.deploy.objects import Release
from components.deploy.proving import Course


def rollout_text(service: str, served: Release | None, wanted: Release, course: Course) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    service : str
        The service.
    served : Release or None
        What was served before.
    wanted : Release
        What was to be served.
    course : Course
        What happened.
    """
    failed = course.failure
    if failed is None:
        before = "nothing" if served is None else f"version {escaped(served.version)}"
        title, said = f"version {escaped(wanted.version)} is served", f"Before it was {before}."
    else:
        title = "rolled back"
        why = f"{escaped(failed.what)} {escaped(failed.remedy)}"
        said = f"Version {escaped(wanted.version)} is not served. {why}"
    parts = [f"# {escaped(service)}: {title}", said]
    if course.undone:
        parts.append(f"It could not be taken back wholly: {escaped(course.undone)}")
    if course.largest_difference is not None:
        parts.append(
            f"Held-out rows were predicted as by the pipeline: the largest difference is "
            f"{course.largest_difference:.1e}."
        )
    if course.steps:
        parts.append("## Steps")
        parts.append(
            markdown_table(
                ("Of the requests", "Sent to try it", "Others'", "Failed", "95 % within"),
                [
                    (
                        f"{percent} %",
                        str(seen.n_requests),
                        str(seen.n_others),
                        f"{seen.error_rate:.1%}",
                        f"{seen.p95_ms:.1f} ms",
                    )
                    for percent, seen in course.steps
                ],
            )
        )
    if course.steps and not course.is_split:
        parts.append("No requests were shared between an old model and a new one.")
    return "\n\n".join(parts) + "\n"
