"""Runs started by kfp's real client on a stand-in for the API."""

import getpass
import json
import socket
from typing import Any

import pytest

from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.submission import Submission, SubmittedRun, describe_starter, submit_run
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble
from tests.pipelines.remote.cluster import make_patient_client, make_spec

PARAMETERS = {"source": "s3://data/t.csv", "target": "y", "trials": 5, "problem": {"identifiers": ["id"]}}
UPLOAD = "/apis/v2beta1/pipelines/upload_version"


def start(api: KfpApi, name: str = "run-1", image: str = "localhost:1/a:1", **where: Any) -> SubmittedRun:
    connection = KubeflowConnection(host=api.url, dashboard=api.url, **where)
    submission = Submission(make_spec(image), PARAMETERS, "mine", name)
    return submit_run(make_patient_client(connection), connection, submission)


def test_a_run_is_of_the_version_that_was_uploaded_for_it(api: KfpApi):
    submitted = start(api)
    (pipeline,), (version,) = api.pipelines.values(), api.versions.values()
    (run,), (experiment,) = api.runs.values(), api.experiments.values()
    assert submitted.url == f"{api.url}/#/runs/details/{run['run_id']}"
    assert submitted.is_version_new
    assert (pipeline["name"], pipeline["description"]) == ("training", "Train a model.")
    assert version["name"] == make_spec("localhost:1/a:1").version
    # As the backend keeps a spec with a second document.
    kept = version["pipeline_spec"]
    assert (kept["pipeline_spec"], kept["platform_spec"]) == make_spec("localhost:1/a:1").documents
    assert run["pipeline_version_reference"] == {
        "pipeline_id": pipeline["pipeline_id"],
        "pipeline_version_id": version["pipeline_version_id"],
    }
    assert run["runtime_config"]["parameters"] == PARAMETERS
    assert (run["display_name"], run["experiment_id"]) == ("run-1", experiment["experiment_id"])
    assert experiment["display_name"] == "mine"
    assert "service_account" not in run
    assert api.namespaces_seen == {""}


def test_where_users_are_apart_all_of_it_is_in_the_users_namespace():
    with serve_kfp_api(KfpApi(is_multi_user=True, users={"ann": {"team-a"}})) as api:
        start(api, namespace="team-a", token="ann")
        assert [pipeline["namespace"] for pipeline in api.pipelines.values()] == ["team-a"]
        assert [experiment["namespace"] for experiment in api.experiments.values()] == ["team-a"]
        assert len(api.runs) == 1


def test_a_wrong_namespace_leaves_nothing_behind():
    with serve_kfp_api(KfpApi(is_multi_user=True, users={"ann": {"team-a"}})) as api:
        with pytest.raises(KubeflowError, match="does not permit this request in the namespace team-b"):
            start(api, namespace="team-b", token="ann")
        assert api.changes == []


@pytest.mark.parametrize("name", ["run-1", "run 1 é"])
def test_a_lost_answer_does_not_start_two_runs(api: KfpApi, name: str):
    start(api, name)
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 0, is_done_first=True)]
    submitted = start(api, name)
    assert len(api.runs) == 2
    assert submitted.run_id == list(api.runs)[1]


@pytest.mark.parametrize(
    ("version", "left"), [("2.14.3", []), ("2.15.2", ["optional"]), ("2.16.1", ["optional", "security"])]
)
def test_a_run_has_what_its_backend_knows(api: KfpApi, version: str, left: list[str]):
    api.health["tag_name"] = version
    submitted = start(api)
    (kept,) = api.versions.values()
    settings = kept["pipeline_spec"]["platform_spec"]["platforms"]["kubernetes"]["deploymentSpec"][
        "executors"
    ]
    (found,) = settings.values()
    assert ("optional" in found["configMapAsEnv"][0]) == ("optional" in left)
    assert ("securityContext" in found) == ("security" in left)
    assert found["podMetadata"]["labels"]
    assert kept["name"] == submitted.version
    assert bool(submitted.note) == (len(left) < 2)
    assert len(api.runs) == 1


def test_the_stand_in_refuses_what_its_version_does_not_know(api: KfpApi, monkeypatch: pytest.MonkeyPatch):
    api.health["tag_name"] = "2.14.3"
    monkeypatch.setattr("pipelines.remote.spec.adapt_documents", lambda documents, _: (documents, []))
    with pytest.raises(KubeflowError, match=r"does not accept the compiled pipeline(?s:.*)unknown field"):
        start(api)
    assert api.changes.count("/apis/v2beta1/runs") == 1
    assert api.runs == {}


def test_a_spec_that_the_backend_cannot_read_is_sent_once(api: KfpApi):
    # Built from source, it reports no version.
    reason = (
        'Internal error: failed to unmarshal kubernetes config: proto: (line 1:9): unknown field "optional"'
    )
    api.health["tag_name"] = "unknown"
    answer = json.dumps({"message": f"{reason}\nFailed to compile job\n/go/src", "code": 13})
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 500, times=99, body=answer)]
    with pytest.raises(KubeflowError, match=r'(?s)unknown field "optional".*make compile FOR=2\.14'):
        start(api)
    assert api.changes.count("/apis/v2beta1/runs") == 1


def test_a_run_that_never_starts_says_what_was_made(api: KfpApi):
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 500, times=99)]
    with pytest.raises(
        KubeflowError, match=r"failed with 500 (?s:.*)training-\w+ was uploaded\. No new run was found"
    ):
        start(api)
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 400)]
    with pytest.raises(KubeflowError, match=r"refused the request with 400 (?s:.*)\nNo new run was found"):
        start(api)


@pytest.mark.parametrize(
    "path", ["/apis/v2beta1/experiments", "/apis/v2beta1/pipelines$", UPLOAD, "/apis/v2beta1/runs"]
)
@pytest.mark.parametrize("is_done_first", [True, False])
def test_each_step_survives_a_burst_of_errors_and_happens_once(api: KfpApi, path: str, is_done_first: bool):
    api.troubles = [Trouble("POST", path, 503, times=1, is_done_first=is_done_first)]
    start(api)
    counts = [len(things) for things in (api.experiments, api.pipelines, api.versions, api.runs)]
    assert counts == [1, 1, 1, 1]


def test_a_run_says_who_started_it(api: KfpApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGNAME", "ana")
    run_id = start(api, "run-1").run_id
    assert api.runs[run_id]["description"] == "Started by ana."


def test_a_pod_whose_user_has_no_name_says_its_own(monkeypatch: pytest.MonkeyPatch):
    def find_no_user() -> str:
        raise KeyError("getpwuid(): uid not found: 65532")

    monkeypatch.setattr(getpass, "getuser", find_no_user)
    assert describe_starter() == f"Started by {socket.gethostname()}."
