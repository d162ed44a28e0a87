from collections.abc import Iterator
from pathlib import Path

import pytest

from components.notify.kubeflow_api import KubeflowApi
from components.notify.kubeflow_run import KubeflowRun, fetch_run, fetch_workflow, mark_notified
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble, describe_run
from tests.workflows import make_manifest, make_task

INGEST = make_manifest(make_task("ingest", "Ingest the table", "Failed", "Error (exit code 1): no"))


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        yield api


def make_client(api: KfpApi) -> KubeflowApi:
    return KubeflowApi(api.url, Path("nowhere"))


def fetch(api: KfpApi, *manifests: str, patience: float = 10.0, **run: object) -> KubeflowRun:
    script = [describe_run("RUNNING", manifest) for manifest in manifests]
    api.runs["1"] = {"run_id": "1", "display_name": "nightly-1", "script": script, **run}

    def look_again(_: float) -> None:
        looked_at = api.runs["1"]["script"]
        api.runs["1"]["looked_at"] = looked_at.pop(0) if len(looked_at) > 1 else looked_at[0]

    return fetch_run(make_client(api), "1", patience=patience, sleep=look_again)


def test_a_run_has_its_name_and_its_workflow(api: KfpApi) -> None:
    run = fetch(api, INGEST, description="Started by ana.")
    assert (run.name, run.starter, run.owner, run.note) == ("nightly-1", "Started by ana.", None, None)
    assert run.workflow
    assert [task.title for task in run.workflow.failed] == ["Ingest the table"]


def test_the_owner_is_that_of_the_problem(api: KfpApi) -> None:
    assert fetch(api, INGEST, runtime_config={"parameters": {"problem": {"owner": "Bo"}}}).owner == "Bo"
    assert fetch(api, INGEST, runtime_config={"parameters": {"problem": {}}}).owner is None


def test_a_run_of_a_schedule_is_started_by_it(api: KfpApi) -> None:
    api.recurringruns["7"] = {"recurring_run_id": "7", "display_name": "weekly", "namespace": ""}
    assert fetch(api, INGEST, recurring_run_id="7").starter == "Started by the schedule weekly."


def test_the_api_is_asked_until_the_workflow_shows_how_the_run_ends(api: KfpApi) -> None:
    running = make_manifest(make_task("ingest", "Ingest the table", "Running"))
    workflow = fetch(api, "", running, running, INGEST).workflow
    assert workflow
    assert workflow.is_decided


def test_a_workflow_that_never_shows_the_end_is_waited_for_in_vain(api: KfpApi) -> None:
    running = make_manifest(make_task("ingest", "Ingest the table", "Running"))
    workflow = fetch(api, running, patience=6.0).workflow
    assert workflow
    assert not workflow.is_decided
    assert [path for _, path in api.requests].count("/apis/v1beta1/runs/1") == 4


def test_a_workflow_is_fetched_as_it_is(api: KfpApi) -> None:
    fetch(api, "")
    assert fetch_workflow(make_client(api), "1") is None
    fetch(api, INGEST)
    workflow = fetch_workflow(make_client(api), "1")
    assert workflow
    assert workflow.is_decided


def test_a_run_shows_whether_the_webhook_was_notified_of_it(api: KfpApi) -> None:
    assert not fetch(api, INGEST).is_notified
    mark_notified(make_client(api), "1")
    assert fetch_run(make_client(api), "1").is_notified


@pytest.mark.parametrize(
    ("trouble", "name", "reason"),
    [
        (Trouble("GET", "/apis/v2beta1", 403), None, "it answered 403"),
        (Trouble("GET", "/apis/v1beta1", 404), "nightly-1", "it answered 404"),
        (Trouble("GET", "/apis/v2beta1", 200, body="<html>"), None, "it is something else"),
        (Trouble("GET", "/apis/v2beta1", 200, body="[]"), None, "it is something else"),
        (Trouble("GET", "/apis/v2beta1", 0), None, "the connection broke off"),
    ],
)
def test_what_the_api_does_not_say_is_missing_and_why_is_noted(
    api: KfpApi, trouble: Trouble, name: str | None, reason: str
) -> None:
    api.troubles = [trouble]
    run = fetch(api, INGEST)
    assert (run.name, run.workflow) == (name, None)
    assert run.note == f"Kubeflow's API at {api.url} did not say why: {reason}."
