"""What is said about a run that ended: the same in the report and to the webhook."""

from dataclasses import dataclass

from components.errors import shorten_text
from components.notify.kubeflow_run import KubeflowRun
from components.workflow import Task

_LONGEST = 2_000
_FORWARDED = "http://localhost:8080"
# Kubeflow's words for success: of the API, and of its metadata store.
_SUCCESS = ("SUCCEEDED", "COMPLETE")
# Its words for other ends; any other word is a state before the end.
_VERDICTS = {"FAILED": "failed", "CANCELLED": "was cancelled", "CANCELED": "was cancelled"}


@dataclass(frozen=True)
class Message:
    """How a run ended.

    Attributes
    ----------
    has_succeeded : bool
        Whether it succeeded.
    verdict : str
        How it ended, in one sentence with its name, its pipeline and the stages that failed.
    cause : str
        The last words of these stages; may be empty.
    facts : tuple of str
        Who it belongs to, and where to look.
    """

    has_succeeded: bool
    verdict: str
    cause: str
    facts: tuple[str, ...]

    def to_text(self) -> str:
        """Return the message as plain text, for a chat."""
        return "\n".join(filter(None, (self.verdict, self.cause, *self.facts)))

    def to_markdown(self, note: str | None) -> str:
        """Return the message as a report; ``note`` says whether the webhook was notified."""
        lines = [f"# {self.verdict}"]
        if self.cause:
            # A longer fence than any in the cause, so that Markdown shows it as it is.
            lines += ["````", self.cause.replace("````", "'''"), "````"]
        return "\n\n".join([*lines, *self.facts, *filter(None, [note])]) + "\n"


def describe_run(
    state: str,
    resource: str,
    message: str | None,
    run_id: str,
    pipeline: str,
    dashboard: str | None,
    run: KubeflowRun,
) -> Message:
    """Return what to say about a run that ended.

    Parameters
    ----------
    state : str
        Its state as Kubeflow tells the last task: still RUNNING if a pod was lost. The workflow is right.
    resource : str
        Name of its workflow.
    message : str or None
        Kubeflow's message about a failure.
    run_id, pipeline : str
        The run and its pipeline.
    dashboard : str or None
        Address of the dashboard.
    run : KubeflowRun
        The run as the API shows it.
    """
    name = _name_run(run.name or resource.rpartition("/")[2], pipeline)
    workflow = run.workflow
    facts = _list_facts(run, run_id, dashboard)
    if workflow is not None and workflow.is_decided:
        if workflow.has_succeeded:
            return Message(True, f"{name} succeeded.", "", facts)
        verdict, _, cause = workflow.describe_end(name).partition("\n")
        return Message(False, verdict, shorten_text(cause, _LONGEST), facts)
    if state in _SUCCESS:
        return Message(True, f"{name} succeeded.", "", facts)
    verdict = _VERDICTS.get(state, f"ended, and Kubeflow does not say how (state {state})")
    cause = shorten_text((message or "").strip(), _LONGEST)
    where = f"This command shows why: kubectl describe workflows -A -l pipeline/runid={run_id}"
    return Message(False, f"{name} {verdict}.", cause, tuple(filter(None, (run.note, where, *facts))))


def describe_stop(task: Task, run_id: str, pipeline: str, dashboard: str | None, run: KubeflowRun) -> Message:
    """Return what to say about a run that was stopped because it cannot go on.

    Parameters
    ----------
    task : Task
        The task that waits for what does not come by itself.
    run_id, pipeline : str
        The run and its pipeline.
    dashboard : str or None
        Address of the dashboard.
    run : KubeflowRun
        The run as the API shows it.
    """
    verdict, _, cause = task.describe_stop(_name_run(run.name or run_id, pipeline)).partition("\n")
    return Message(False, verdict, shorten_text(cause, _LONGEST), _list_facts(run, run_id, dashboard))


def _name_run(name: str, pipeline: str) -> str:
    return f"The run {name} of the pipeline {pipeline}"


def _list_facts(run: KubeflowRun, run_id: str, dashboard: str | None) -> tuple[str, ...]:
    owner = f"Owner: {run.owner}." if run.owner else ""
    link = f"{(dashboard or _FORWARDED).rstrip('/')}/#/runs/details/{run_id}"
    if not dashboard:
        link += " after: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80"
    return tuple(filter(None, (owner, run.starter or "", link)))
