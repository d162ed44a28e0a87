"""Runs started by kfp's real client on a stand-in for the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components.errors import InvalidSetting
from pipelines.cli.main import main
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.submission import Submission, SubmittedRun, submit_run
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import LOGIN_PAGE, KfpApi, Trouble, describe_run
from tests.pipelines.remote.cluster import compiled, patient, spec

PARAMETERS = {"source": "s3://data/t.csv", "target": "y", "trials": 5, "problem": {"identifiers": ["id"]}}
UPLOAD = "/apis/v2beta1/pipelines/upload_version"


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        yield api


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch):
    for variable in ("ENDPOINT", "UI_ENDPOINT", "TOKEN", "SA_TOKEN_PATH", "COOKIE"):
        monkeypatch.delenv(f"KF_PIPELINES_{variable}", raising=False)


def start(api: KfpApi, name: str = "run-1", image: str = "localhost:1/a:1", **where: object) -> SubmittedRun:
    connection = KubeflowConnection(host=api.url, dashboard=api.url, **where)
    submission = Submission(spec(image), PARAMETERS, "mine", name)
    return submit_run(patient(connection), connection, submission)


def test_a_run_is_of_the_version_that_was_uploaded_for_it(api: KfpApi):
    submitted = start(api)
    (pipeline,), (version,) = api.pipelines.values(), api.versions.values()
    (run,), (experiment,) = api.runs.values(), api.experiments.values()
    assert submitted.url == f"{api.url}/#/runs/details/{run['run_id']}"
    assert submitted.is_version_new
    assert (pipeline["name"], pipeline["description"]) == ("training", "Train a model.")
    assert version["name"] == spec("localhost:1/a:1").version
    # As the backend keeps a spec with a second document.
    kept = version["pipeline_spec"]
    assert (kept["pipeline_spec"], kept["platform_spec"]) == spec("localhost:1/a:1").documents
    assert run["pipeline_version_reference"] == {
        "pipeline_id": pipeline["pipeline_id"],
        "pipeline_version_id": version["pipeline_version_id"],
    }
    assert run["runtime_config"]["parameters"] == PARAMETERS
    assert (run["display_name"], run["experiment_id"]) == ("run-1", experiment["experiment_id"])
    assert experiment["display_name"] == "mine"
    assert "service_account" not in run
    assert api.namespaces_seen == {""}


def test_a_version_is_uploaded_only_when_the_spec_changed(api: KfpApi):
    assert start(api).is_version_new
    assert not start(api, "run-2").is_version_new
    assert start(api, "run-3", image="localhost:1/a:2").is_version_new
    assert not start(api, "run-4").is_version_new
    assert len(api.pipelines) == len(api.experiments) == 1
    assert len(api.versions) == 2
    assert len(api.runs) == 4
    versions = [run["pipeline_version_reference"]["pipeline_version_id"] for run in api.runs.values()]
    assert versions[0] == versions[1] == versions[3] != versions[2]


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
    "path", ["/apis/v2beta1/experiments", "/apis/v2beta1/pipelines$", UPLOAD, "/apis/v2beta1/runs"]
)
@pytest.mark.parametrize("is_done_first", [True, False])
def test_each_step_survives_a_burst_of_errors_and_happens_once(api: KfpApi, path: str, is_done_first: bool):
    api.troubles = [Trouble("POST", path, 503, times=1, is_done_first=is_done_first)]
    start(api)
    counts = [len(things) for things in (api.experiments, api.pipelines, api.versions, api.runs)]
    assert counts == [1, 1, 1, 1]


def test_a_run_that_never_starts_says_what_was_made(api: KfpApi):
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 500, times=99)]
    with pytest.raises(
        KubeflowError, match=r"failed with 500 (?s:.*)training-\w+ was uploaded\. No new run was found"
    ):
        start(api)
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 400)]
    with pytest.raises(KubeflowError, match=r"refused the request with 400 (?s:.*)\nNo new run was found"):
        start(api)


def test_an_upload_that_is_refused_says_what_was_made(api: KfpApi):
    api.troubles = [Trouble("POST", UPLOAD, 400, body='{"error_message": "Failed to create a version"}')]
    with pytest.raises(
        KubeflowError, match=r"Failed to create a version(?s:.*)pipeline training was created without"
    ):
        start(api)
    # And the next attempt goes on from there.
    assert start(api).is_version_new
    assert len(api.pipelines) == 1


def test_an_experiment_in_the_archive_is_said(api: KfpApi):
    start(api)
    next(iter(api.experiments.values()))["storage_state"] = "ARCHIVED"
    with pytest.raises(InvalidSetting, match="The experiment mine is archived"):
        start(api)


# The command.


def command(api: KfpApi, folder: Path, *words: str) -> int:
    given = ["--set", "source=s3://data/t.csv", "--set", "target=y", "--compiled", str(compiled(folder))]
    return main(["submit", "training", "--host", api.url, *given, *words])


def test_submit_prints_where_the_run_is(api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert command(api, tmp_path, "--name", "mine", "--service-account", "robot") == 0
    out, err = capsys.readouterr()
    (run,) = api.runs.values()
    assert out.splitlines() == [
        f"version {spec().version}, uploaded",
        "run     mine",
        f"{api.url}/#/runs/details/{run['run_id']}",
    ]
    # The registry of these images does not answer, and that stops nothing.
    assert err.startswith("note: 1 of 1 images could not be checked")
    assert run["service_account"] == "robot"


@pytest.mark.parametrize(("state", "status"), [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELED", 1)])
def test_waiting_ends_with_the_verdict_of_the_run(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, status: int
):
    api.scripts = [[describe_run(state, ingest="SUCCEEDED")]]
    assert command(api, tmp_path, "--name", "mine", "--wait", "--timeout", "1h") == status
    *_, task, verdict = capsys.readouterr().out.splitlines()
    assert task.startswith("✓ Ingest the table")
    assert verdict.startswith(f"mine {'was ' if state == 'CANCELED' else ''}{state.lower()}")


def test_a_dry_run_says_all_and_sends_nothing(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "hunter2")
    assert command(api, tmp_path, "--dry-run", "--namespace", "team-a", "--name", "mine") == 0
    out, err = capsys.readouterr()
    assert api.requests == []
    for said in (
        "run mine",
        api.url,
        "team-a",
        spec().version,
        "source: 's3://data/t.csv'",
        "Nothing was sent",
    ):
        assert said in out
    assert "hunter2" not in out + err


def test_without_a_cache_another_version_runs(api: KfpApi, tmp_path: Path):
    assert command(api, tmp_path) == 0
    assert command(api, tmp_path, "--no-cache") == 0
    texts = [yaml.safe_dump(version["pipeline_spec"]) for version in api.versions.values()]
    assert ["enableCache" in text for text in texts] == [True, False]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "trails=5"], "has no parameter 'trails'. Did you mean 'trials'?"),
        (["--set", "trials=x"], "must be a whole number"),
        (["--parameters", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--compiled", "nowhere"], "Compile it, with the images"),
        (["--host", "localhost"], "is not an address"),
        (["--timeout", "soon"], "timeout = 'soon' is out of range"),
        (["--token-file", "nowhere"], "token file nowhere cannot be read"),
    ],
)
def test_a_mistake_ends_before_anything_is_sent(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
):
    assert command(api, tmp_path, *words) == 1
    out, err = capsys.readouterr()
    assert err.partition("error: ")[2].startswith(message) or message in err
    assert "Traceback" not in err
    assert out == ""
    assert api.requests == []


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Trouble("GET", "/apis", 401), "requires a login"),
        (Trouble("GET", "/apis", 403), "does not permit this"),
        (Trouble("GET", "/apis", 200, body=LOGIN_PAGE), "a web page"),
        (
            Trouble("GET", "/apis/v2beta1/healthz", 200, body='{"multi_user":false,"tag_name":"2.0.1"}'),
            "needs 2.5",
        ),
        (Trouble("GET", "/apis/v2beta1/healthz", 200, body='{"multi_user":true}'), "Add --namespace"),
    ],
)
def test_a_cluster_that_cannot_take_it_is_an_error_of_status_1(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], trouble: Trouble, message: str
):
    api.troubles = [trouble]
    assert command(api, tmp_path) == 1
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
    assert api.changes == []


def test_without_parameters_the_sample_runs_and_with_some_the_rest_is_asked_for(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["submit", "training", "--host", api.url, "--compiled", str(compiled(tmp_path))]
    assert main(words) == 0
    (run,) = api.runs.values()
    given = run["runtime_config"]["parameters"]
    assert (given["source"], given["target"]) == ("sample:churn", "churned")
    assert given["problem"]["identifiers"] == ["customer_id"]
    assert main([*words, "--set", "trials=5"]) == 1
    assert "The parameter 'target' is missing" in capsys.readouterr().err
    assert len(api.runs) == 1


def test_images_that_were_never_pushed_stop_it_before_the_cluster_is_asked(
    api: KfpApi, tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
):
    compiled(tmp_path, image=f"{registry}/team/kfp-tabular-ingest:1")
    words = ["--set", "source=x", "--set", "target=y", "--compiled", str(tmp_path), "--host", api.url]
    assert main(["submit", "training", *words]) == 1
    assert "1 of 1 images were never pushed" in capsys.readouterr().err
    assert api.requests == []


def test_an_interruption_leaves_the_run_and_says_so(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.remote.run_progress.follow_run", interrupted)
    assert command(api, tmp_path, "--wait") == 130
    assert "continue" in capsys.readouterr().err


def test_no_credential_is_in_what_is_printed_or_sent_as_content(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "hunter2")
    api.users = {"hunter2": set()}
    assert command(api, tmp_path) == 0
    api.users, api.expired = {}, {"hunter2"}
    assert command(api, tmp_path) == 1
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    assert "expired" in err
    assert "hunter2" not in repr([api.runs, api.versions, api.pipelines, api.experiments, api.requests])
