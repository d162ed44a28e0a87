import json
from pathlib import Path

import pytest
import yaml

from pipelines.cli.main import main
from pipelines.problem_file import build_sample_parameters
from pipelines.remote.wired_tasks import list_wired_tasks
from tests.kfp_api.state import LOGIN_PAGE, KfpApi, Trouble, describe_run
from tests.pipelines.remote.cluster import make_spec, write_compiled
from tests.pipelines.remote.training import compile_training
from tests.workflows import make_manifest, make_task


def run_command(api: KfpApi, folder: Path, *words: str) -> int:
    given = [
        "--set",
        "source=s3://data/t.csv",
        "--set",
        "target=y",
        "--compiled",
        str(write_compiled(folder)),
    ]
    return main(["submit", "training", "--host", api.url, *given, *words])


def test_submit_prints_where_the_run_is(api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run_command(api, tmp_path, "--name", "mine", "--service-account", "robot") == 0
    out, err = capsys.readouterr()
    (run,) = api.runs.values()
    assert out.splitlines() == [
        f"version {make_spec().version}, uploaded",
        "run     mine",
        f"{api.url}/#/runs/details/{run['run_id']}",
    ]
    # The registry of these images does not answer, and that stops nothing.
    assert err.startswith("note: 1 of 1 images could not be checked")
    assert run["service_account"] == "robot"


def test_submit_says_what_an_older_backend_does_not_know(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    api.health["tag_name"] = "2.14.3"
    assert run_command(api, tmp_path) == 0
    out, err = capsys.readouterr()
    (version,) = api.versions.values()
    assert out.startswith(f"version {version['name']}, uploaded\n")
    assert version["name"] != make_spec().version
    assert err.count("note: left out, because Kubeflow Pipelines 2.14 does not know it:\n") == 1
    assert "  securityContext (since 2.16): Pods do not get runAsNonRoot" in err
    assert "  optional (since 2.15): Every key of the ConfigMap and the Secret kfp-tabular must exist" in err


@pytest.mark.parametrize(("state", "status"), [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELED", 1)])
def test_waiting_ends_with_the_verdict_of_the_run(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, status: int
):
    api.scripts = [[describe_run(state, make_manifest(make_task("ingest", "Ingest", "Succeeded")))]]
    assert run_command(api, tmp_path, "--name", "mine", "--wait", "--timeout", "1h") == status
    lines = capsys.readouterr().out.splitlines()
    task = next(i for i, line in enumerate(lines) if line.startswith("✓ Ingest the table"))
    verdict = f"mine of the pipeline training {'was ' if state == 'CANCELED' else ''}{state.lower()}."
    assert lines[task + 1] == f"The run {verdict}"


def test_a_dry_run_says_all_and_sends_nothing(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "hunter2")
    assert run_command(api, tmp_path, "--dry-run", "--namespace", "team-a", "--name", "mine") == 0
    out, err = capsys.readouterr()
    assert api.requests == []
    for said in (
        "run mine",
        api.url,
        "team-a",
        make_spec().version,
        "source: 's3://data/t.csv'",
        "Nothing was sent",
    ):
        assert said in out
    assert "hunter2" not in out + err


def restart(api: KfpApi, folder: Path, *words: str) -> int:
    (folder / "pipelines").mkdir(parents=True, exist_ok=True)
    (folder / "pipelines" / "training.yaml").write_text(compile_training())
    return main(["submit", "training", "--host", api.url, "--compiled", str(folder), *words])


@pytest.mark.slow
def test_a_restart_takes_the_parameters_of_a_run_and_says_what_it_reuses(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    given = ["source=s3://data/t.csv", "target=y", "trials=4"]
    assert restart(api, tmp_path, "--name", "monday", *given) == 0
    first = capsys.readouterr().out.splitlines()[-1]
    assert restart(api, tmp_path, "--from", "tune", "--run", first, "--name", "tuesday", "trials=8") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "restart   from tune, of the run monday"
    assert lines[1].startswith("reused    problem, ")
    assert lines[1].endswith("select, if the source has not changed")
    assert lines[2] == "again     ingest-plan: never reused"
    assert lines[3].startswith("from here tune-plan, tune, tune-result, train, ")
    earlier, later = (run["runtime_config"]["parameters"] for run in api.runs.values())
    assert later == {**earlier, "trials": 8}
    version = list(api.versions.values())[-1]["pipeline_spec"]["pipeline_spec"]
    cached = {task.name for task in list_wired_tasks(version) if task.is_cached}
    assert {"problem", "ingest", "select"} <= cached
    assert not {"tune-plan", "evaluate"} & cached


@pytest.mark.slow
def test_a_restart_after_the_sweep_says_that_it_continues(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert restart(api, tmp_path, "source=s3://data/t.csv", "target=y") == 0
    (key,) = api.runs
    capsys.readouterr()
    n_requests = len(api.changes)
    assert restart(api, tmp_path, "--from", "train", "--run", key, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "sweep     continues with the trials of that run, if the sweeps' database has them" in out
    assert f"again     tune-plan, tune: study is '{key}', and was ''" in out
    assert len(api.changes) == n_requests


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "tune"], "A restart needs a stage and a run.\nGive both"),
        (["--run", "x"], "A restart needs a stage and a run.\nGive both"),
        (["--from", "tune", "--run", "x", "--no-cache"], "--no-cache forbids it"),
        (["--from", "tune", "--run", "x"], "'x' is neither the id of a run nor the address of its page"),
    ],
)
def test_half_a_restart_is_refused_before_anything_is_sent(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
):
    assert restart(api, tmp_path, *words) == 1
    assert message in capsys.readouterr().err
    assert api.requests == []


def test_without_a_cache_another_version_runs(api: KfpApi, tmp_path: Path):
    assert run_command(api, tmp_path) == 0
    assert run_command(api, tmp_path, "--no-cache") == 0
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
    assert run_command(api, tmp_path, *words) == 1
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
            "is Kubeflow Pipelines 2.0.1, but the specs need 2.14 or newer",
        ),
        (Trouble("GET", "/apis/v2beta1/healthz", 200, body='{"multi_user":true}'), "Add --namespace"),
    ],
)
def test_a_cluster_that_cannot_take_it_is_an_error_of_status_1(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], trouble: Trouble, message: str
):
    api.troubles = [trouble]
    assert run_command(api, tmp_path) == 1
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
    assert api.changes == []


@pytest.mark.parametrize("given", [{}, {"trials": 4}, {"trials": 4, "problem": {"owner": "me"}}])
def test_without_a_source_it_is_the_sample_with_what_is_given(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, object]
):
    words = ["submit", "training", "--host", api.url, "--compiled", str(write_compiled(tmp_path))]
    for name, value in given.items():
        words += ["--set", f"{name}={json.dumps(value)}"]
    assert main(words) == 0
    assert "note: no source was given, so the run uses the sample" in capsys.readouterr().err
    (run,) = api.runs.values()
    assert run["runtime_config"]["parameters"] == {**build_sample_parameters(), **given}


@pytest.mark.parametrize(("present", "missing"), [("source", "target"), ("target", "source")])
def test_a_source_without_a_target_is_no_sample(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], present: str, missing: str
):
    words = ["submit", "training", "--host", api.url, "--compiled", str(write_compiled(tmp_path))]
    assert main([*words, "--set", f"{present}=x"]) == 1
    err = capsys.readouterr().err
    assert f"There is a {present} but no {missing}.\nAdd the parameter '{missing}', or leave" in err
    assert api.requests == []


def test_a_schedule_needs_a_source(api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["schedule", "training", "--host", api.url, "--compiled", str(write_compiled(tmp_path))]
    assert main([*words, "--every", "6h", "--set", "trials=4"]) == 1
    assert "The parameter 'source' is missing" in capsys.readouterr().err


def test_images_that_were_never_pushed_stop_it_before_the_cluster_is_asked(
    api: KfpApi, tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
):
    write_compiled(tmp_path, image=f"{registry}/team/kfp-tabular-ingest:1")
    words = ["--set", "source=x", "--set", "target=y", "--compiled", str(tmp_path), "--host", api.url]
    assert main(["submit", "training", *words]) == 1
    assert "1 of 1 images were never pushed" in capsys.readouterr().err
    assert api.requests == []


def test_an_interruption_leaves_the_run_and_says_so(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupt(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.remote.run_progress.follow_run", interrupt)
    assert run_command(api, tmp_path, "--wait") == 130
    assert "continue" in capsys.readouterr().err


def test_no_credential_is_in_what_is_printed_or_sent_as_content(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "hunter2")
    api.users = {"hunter2": set()}
    assert run_command(api, tmp_path) == 0
    api.users, api.expired = {}, {"hunter2"}
    assert run_command(api, tmp_path) == 1
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    assert "expired" in err
    assert "hunter2" not in repr([api.runs, api.versions, api.pipelines, api.experiments, api.requests])
