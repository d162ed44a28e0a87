from typing import Any

import pytest

from components.causes import Cause
from components.notify.kubeflow_run import KubeflowRun
from components.notify.message import Message, describe_run, describe_stop
from components.workflow import Task, Workflow
from tests.workflows import make_manifest, make_node, make_task

NAME = "The run nightly-1 of the pipeline training"
LINK = "https://kubeflow/pipeline/#/runs/details/1"
FAILED = make_manifest(
    make_task("ingest", "Ingest the table", "Failed", "Error (exit code 1): No rows.\nAdd.")
)


def describe(manifest: str | None, state: str = "RUNNING", message: str | None = None, **run: Any) -> Message:
    workflow = Workflow.parse(manifest) if manifest else None
    found = KubeflowRun(name="nightly-1", workflow=workflow, **run)
    return describe_run(
        state, "training-x7k2p", message, "1", "training", "https://kubeflow/pipeline/", found
    )


def test_a_failure_names_run_pipeline_stage_last_words_people_and_link() -> None:
    message = describe(FAILED, owner="Bo", starter="Started by ana.")
    assert not message.has_succeeded
    assert message.to_text().splitlines() == [
        f"{NAME} failed at: Ingest the table.",
        "No rows.",
        "Add.",
        "Owner: Bo.",
        "Started by ana.",
        LINK,
    ]


def test_the_report_says_the_same() -> None:
    message = describe(FAILED)
    text = message.to_markdown("The webhook was notified.")
    assert text.startswith(f"# {NAME} failed at: Ingest the table.\n\n````\n\nNo rows.\nAdd.\n\n````\n")
    assert text.endswith(f"{LINK}\n\nThe webhook was notified.\n")
    assert all(line in text for line in message.to_text().splitlines())


def test_a_lost_pod_is_a_failure_whatever_the_state() -> None:
    lost = make_manifest(make_task("train", "Train the model", "Error", "pod deleted"))
    message = describe(lost, state="RUNNING")
    assert not message.has_succeeded
    assert message.cause.startswith("Its pod was deleted while it ran")


def test_a_stopped_run_is_not_a_success() -> None:
    node = make_task("train", "Train the model", "Failed", "Step exceeded its deadline")
    message = describe(make_manifest(node, activeDeadlineSeconds=0), state="RUNNING")
    assert (message.has_succeeded, message.verdict) == (False, f"{NAME} was stopped at: Train the model.")


def test_the_workflow_knows_of_success_before_the_state_does() -> None:
    handler = "training-x7k2p.root.stages"
    hook = [make_node(f"{handler}.onExit", "Running")]
    message = describe(make_manifest(hook, phase="Succeeded"), state="RUNNING")
    assert (message.has_succeeded, message.to_text()) == (True, f"{NAME} succeeded.\n{LINK}")


@pytest.mark.parametrize(
    ("state", "has_succeeded", "verdict"),
    [
        ("SUCCEEDED", True, "succeeded."),
        ("COMPLETE", True, "succeeded."),
        ("FAILED", False, "failed."),
        ("CANCELED", False, "was cancelled."),
        ("RUNNING", False, "ended, and Kubeflow does not say how (state RUNNING)."),
    ],
)
def test_without_the_workflow_the_state_decides(state: str, has_succeeded: bool, verdict: str) -> None:
    message = describe(None, state, note="The API is away.")
    assert (message.has_succeeded, message.verdict) == (has_succeeded, f"{NAME} {verdict}")
    command = "This command shows why: kubectl describe workflows -A -l pipeline/runid=1"
    assert message.facts == ((LINK,) if has_succeeded else ("The API is away.", command, LINK))


def test_without_an_api_the_run_has_the_name_of_its_workflow_and_a_command_to_see_it() -> None:
    message = describe_run("FAILED", "projects/1/training-x7k2p", "no", "1", "training", None, KubeflowRun())
    assert message.verdict == "The run training-x7k2p of the pipeline training failed."
    assert message.cause == "no"
    link = "http://localhost:8080/#/runs/details/1"
    assert message.facts[-1] == f"{link} after: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80"


def test_long_last_words_are_cut() -> None:
    node = make_task("ingest", "Ingest", "Failed", f"Error (exit code 1): {'x' * 5000}")
    cause = describe(make_manifest(node)).cause
    assert cause.endswith("xx…")
    assert len(cause) == 2_000


def test_last_words_stay_literal() -> None:
    node = make_task("ingest", "Ingest", "Failed", "Error (exit code 1): ````\n# not a heading")
    text = describe(make_manifest(node)).to_markdown(None)
    assert text.count("````") == 2
    assert text.index("# not a heading") < text.rindex("````")


def test_a_run_that_cannot_go_on_names_the_task_cause_remedy_people_and_link() -> None:
    cause = Cause("its image cannot be pulled: not found", "Push the image.")
    task = Task("ingest", "Ingest the table", "pod-1", cause)
    run = KubeflowRun(name="nightly-1", owner="Bo", starter="Started by ana.")
    message = describe_stop(task, "1", "training", "https://kubeflow/pipeline/", run)
    assert not message.has_succeeded
    assert message.to_text().splitlines() == [
        f"{NAME} cannot go on and was stopped at: Ingest the table.",
        "Its image cannot be pulled: not found.",
        "Push the image.",
        "Owner: Bo.",
        "Started by ana.",
        LINK,
    ]


def test_a_run_that_cannot_go_on_has_its_id_if_the_api_does_not_tell_its_name() -> None:
    task = Task("ingest", "Ingest", "pod-1", Cause("no", "yes"))
    text = describe_stop(task, "1", "training", None, KubeflowRun()).to_text()
    assert text.startswith("The run 1 of the pipeline training cannot go on")
