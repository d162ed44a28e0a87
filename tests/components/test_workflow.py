import base64
import gzip
import json
from typing import Any

import pytest

from components.causes import Cause
from components.workflow import Task, Workflow
from tests.workflows import WORKFLOW, make_arguments, make_manifest, make_node, make_task

WORDS = "There is no object s3://data/churn.csv.\nDid you mean s3://data/churned.csv?"
INGEST = make_task("ingest", "Ingest the table", "Failed", f"Error (exit code 1): {WORDS}")
VALIDATE = make_task("validate", "Validate the data", "Succeeded")


def parse(manifest: str) -> Workflow:
    workflow = Workflow.parse(manifest)
    assert workflow
    return workflow


def test_only_the_pod_that_failed_is_listed_and_not_the_groups_above_it() -> None:
    workflow = parse(make_manifest(INGEST, VALIDATE, phase="Failed"))
    (task,) = workflow.failed
    assert (workflow.name, workflow.namespace, workflow.is_stopped) == (WORKFLOW, "kubeflow", False)
    assert (task.name, task.title, str(task.cause)) == ("ingest", "Ingest the table", WORDS)
    assert workflow.waiting == ()


def test_a_run_that_goes_well_has_no_failures() -> None:
    assert parse(make_manifest(VALIDATE, phase="Succeeded")).failed == ()


def test_several_failures_are_listed_in_their_order() -> None:
    later = make_task("split", "Split", "Error", "pod deleted", end="2026-03-02T07:00:00Z")
    assert [task.name for task in parse(make_manifest(later, INGEST, phase="Failed")).failed] == [
        "ingest",
        "split",
    ]


def test_of_several_attempts_the_last_counts() -> None:
    message = "Error (exit code 1): last"
    node = make_task("train", "Train", "Failed", message, earlier=("Error (exit code 1)",))
    assert [str(task.cause) for task in parse(make_manifest(node)).failed] == ["last"]


def test_more_than_ten_attempts_are_in_the_order_of_their_numbers() -> None:
    node = make_task("train", "Train", "Failed", "OOMKilled (exit code 137)", earlier=("pod deleted",) * 11)
    assert "more memory" in parse(make_manifest(node)).failed[0].cause.what


@pytest.mark.parametrize("phase", ["Succeeded", "Running", "Pending"])
def test_an_attempt_that_another_one_follows_is_no_failure(phase: str) -> None:
    node = make_task("train", "Train", phase, earlier=("pod deleted",))
    assert parse(make_manifest(node)).failed == ()


def test_a_failed_attempt_is_no_failure_while_its_task_is_tried_again() -> None:
    nodes = make_task("train", "Train", "Failed", "pod deleted", earlier=())
    for node in nodes:
        if node["type"] == "Retry":
            node |= {"phase": "Running", "message": "Backoff for 30 seconds"}
    assert [task.name for task in parse(make_manifest([nodes[0], *nodes[2:]])).failed] == []


def test_groups_that_are_tried_again_hide_their_earlier_failures() -> None:
    root = f"{WORKFLOW}.root"
    first = make_task("ingest", "Ingest", "Failed", "pod deleted", within=f"{root}.loop(0)")
    second = make_task("ingest", "Ingest", "Failed", "Error (exit code 1): no", within=f"{root}.loop(1)")
    groups = [
        make_node(f"{root}.loop", "Failed", kind="Retry"),
        make_node(f"{root}.loop(0)", "Failed"),
        make_node(f"{root}.loop(1)", "Failed"),
    ]
    assert [str(task.cause) for task in parse(make_manifest(groups, first, second)).failed] == ["no"]


def test_iterations_of_a_loop_are_tasks_of_their_own() -> None:
    loop = f"{WORKFLOW}.root.stages.sweep.iteration-iterations"
    tasks = [
        make_task("tune", "Sweep worker", "Failed", f"Error (exit code 1): {i}", within=f"{loop}({i}:{i})")
        for i in range(2)
    ]
    groups = [make_node(f"{loop}({i}:{i})", "Failed") for i in range(2)]
    failed = parse(make_manifest(groups, *tasks)).failed
    assert {str(task.cause) for task in failed} == {"0", "1"}
    assert {task.title for task in failed} == {"Sweep worker"}


def test_a_task_of_an_exit_handler_may_fail_too() -> None:
    hook = f"{WORKFLOW}.root.stages.onExit"
    notify = make_task("notify", "Report the end", "Failed", "Error (exit code 1): no", within=hook)
    workflow = parse(make_manifest(VALIDATE, notify, phase="Failed"))
    assert workflow.describe_end("Run 1") == "Run 1 failed at: Report the end.\nno"


def test_the_end_of_a_run_is_described() -> None:
    ingest = parse(make_manifest(INGEST, phase="Failed"))
    assert ingest.describe_end("Run 1") == f"Run 1 failed at: Ingest the table.\n{WORDS}"
    gate = make_task("validate-gate", "Gate: data", "Failed", "Error (exit code 1): Too few rows.")
    assert parse(make_manifest(gate)).describe_end("Run 1").startswith("Run 1 was rejected at: Gate: data.\n")
    stopped = parse(make_manifest(VALIDATE, activeDeadlineSeconds=0))
    assert stopped.describe_end("Run 1") == "Run 1 was stopped."


def test_failures_that_are_alike_are_described_once() -> None:
    workers = [
        make_task("tune", "Sweep worker", "Failed", f"Error (exit code 1): {i % 7}", within=f"loop({i}:{i})")
        for i in range(14)
    ]
    lines = parse(make_manifest(*workers)).describe_end("Run 1").splitlines()
    assert lines[0] == "Run 1 failed at: Sweep worker."
    assert lines[1:] == [*(f"Sweep worker: {i}" for i in range(5)), "2 more failures."]


def test_a_driver_that_fails_is_told_apart_from_its_task() -> None:
    driver = make_task("train", "Train the model", "Succeeded")[:1]
    driver[0] |= {"phase": "Error", "message": "Error (exit code 1)"}
    driver[0]["templateName"] = "system-container-driver"
    (task,) = parse(make_manifest(driver)).failed
    assert (task.name, task.title) == ("train", "Train the model")
    assert task.cause.what.startswith("Kubeflow's driver, which prepares the task, ended with exit code 1")
    assert task.cause.remedy == f"kubectl logs -n kubeflow {task.pod} -c main"
    assert task.pod.startswith(f"{WORKFLOW}-system-container-driver-")


def test_a_pod_is_named_as_argo_names_it() -> None:
    node = make_node("hello", "Failed", "Error (exit code 1)", kind="Pod", templateName="impl")
    assert parse(make_manifest([node])).failed[0].pod == f"{WORKFLOW}-impl-{0x4F9F2CAB}"
    manifest = json.loads(make_manifest([node]))
    manifest["metadata"]["annotations"]["workflows.argoproj.io/pod-name-format"] = "v1"
    assert parse(json.dumps(manifest)).failed[0].pod == node["id"]


def test_the_nodes_of_a_large_workflow_are_unpacked() -> None:
    manifest = json.loads(make_manifest(INGEST))
    nodes = json.dumps(manifest["status"].pop("nodes")).encode()
    manifest["status"]["compressedNodes"] = base64.b64encode(gzip.compress(nodes)).decode()
    assert [task.name for task in parse(json.dumps(manifest)).failed] == ["ingest"]


def test_a_run_that_could_not_begin_has_the_message_of_its_workflow() -> None:
    manifest = json.loads(make_manifest(phase="Error"))
    manifest["status"] = {"phase": "Error", "message": "invalid spec: no template"}
    workflow = parse(json.dumps(manifest))
    assert workflow.is_decided
    assert workflow.describe_end("Run 1") == "Run 1 failed.\ninvalid spec: no template"
    manifest["status"] = {"phase": "Pending", "message": "too many workflows are already running"}
    assert Workflow.parse(json.dumps(manifest)) is None


def test_a_driver_that_cannot_be_created_is_the_start_of_the_run() -> None:
    message = 'task \'a.root-driver\' errored: pods "x" is forbidden: violates PodSecurity "restricted"'
    (task,) = parse(make_manifest([make_node(f"{WORKFLOW}.root-driver", "Error", message, "Pod")])).failed
    assert task.title == "Start of the run"
    assert task.cause.what == 'The namespace does not admit its pod: violates PodSecurity "restricted"'


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "no json", '{"metadata": {"name": "a"}, "status": {}}'])
def test_what_is_no_workflow_that_has_started_is_none(manifest: str) -> None:
    assert Workflow.parse(manifest) is None


@pytest.mark.parametrize("spec", [{"activeDeadlineSeconds": 0}, {"shutdown": "Terminate"}])
def test_a_stopped_run_is_one(spec: dict[str, Any]) -> None:
    node = make_task("train", "Train", "Failed", "Step exceeded its deadline")
    workflow = parse(make_manifest(node, **spec))
    assert workflow.is_stopped
    assert workflow.failed[0].cause.what == "It was running or waiting when the run was stopped."


def test_a_task_that_waits_is_listed_with_its_cause() -> None:
    waiting = make_task("train", "Train the model", "Pending", "Unschedulable: no node")
    fresh = make_task("eda", "Explore the data", "Pending", "ContainerCreating")
    workflow = parse(make_manifest(waiting, fresh))
    assert [(task.title, task.is_starting) for task in workflow.waiting] == [
        ("Train the model", False),
        ("Explore the data", True),
    ]
    assert workflow.failed == ()


def test_a_run_of_our_pipelines_has_the_name_of_its_pipeline() -> None:
    assert parse(make_manifest(VALIDATE, arguments=make_arguments("scoring"))).pipeline == "scoring"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"parameters": []},
        make_arguments("training", part_of="other"),
        # Others may have a component called notify.
        {"parameters": [{"name": "kubernetes-comp-notify", "value": "{}"}]},
        {"parameters": [{"name": "kubernetes-comp-notify", "value": "no JSON"}]},
        {"parameters": make_arguments("training")["parameters"][1:]},
    ],
)
def test_a_run_of_others_has_none(arguments: dict[str, Any]) -> None:
    assert parse(make_manifest(VALIDATE, arguments=arguments)).pipeline is None


def test_a_task_that_never_starts_says_what_became_of_the_run() -> None:
    task = Task("ingest", "Ingest the table", "pod", Cause("its image cannot be pulled: no", "Push it."))
    assert task.describe_stop("The run a").splitlines() == [
        "The run a cannot go on and was stopped at: Ingest the table.",
        "Its image cannot be pulled: no.",
        "Push it.",
    ]
    assert task.describe_stop("It", "could not be stopped").startswith(
        "It cannot go on and could not be stopped at:"
    )


def test_tasks_and_groups_have_a_phase_and_times_also_those_that_are_packed() -> None:
    running = make_task("validate", "Validate the data", "Running")
    manifest = json.loads(make_manifest(INGEST, running))
    for packed in (False, True):
        if packed:
            nodes = json.dumps(manifest["status"].pop("nodes")).encode()
            manifest["status"]["compressedNodes"] = base64.b64encode(gzip.compress(nodes)).decode()
        ingest, validate = parse(json.dumps(manifest)).tasks
        assert (ingest.name, ingest.phase, validate.name, validate.phase) == (
            "ingest",
            "Failed",
            "validate",
            "Running",
        )
        assert ingest.started
        assert ingest.ended
        assert (ingest.ended - ingest.started).total_seconds() == 42
        assert validate.started == ingest.started
        assert validate.ended is None
        assert ingest.node != validate.node


def test_tasks_of_a_loop_share_their_name_and_not_their_node() -> None:
    workers = [
        make_task("tune", "Sweep worker", "Running", within=f"{WORKFLOW}.root.sweep({i})") for i in (0, 1)
    ]
    tasks = parse(make_manifest(*workers)).tasks
    assert [task.name for task in tasks] == ["tune", "tune"]
    assert len({task.node for task in tasks}) == 2
