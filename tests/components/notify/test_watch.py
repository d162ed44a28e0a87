"""The watcher, with a stand-in for Kubeflow's API and a webhook on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.notify.kubeflow_api import KubeflowApi
from components.notify.run import run as report_run
from components.notify.watch import Watcher
from pipelines.catalogue import ROOT
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble, describe_run
from tests.webhook import serve_webhook
from tests.workflows import make_arguments, make_manifest, make_task

NOT_THERE = 'ImagePullBackOff: Back-off pulling image "r/x:1": ErrImagePull: r/x:1: not found'
NO_ROOM = "Unschedulable: 0/1 nodes are available."
STOP = "/apis/v2beta1/runs/1:terminate"
MARK = "/apis/v1beta1/runs/1:reportMetrics"
FIRST_LINE = "The run nightly of the pipeline training cannot go on and was stopped at: Ingest the table."
Messages = list[dict[str, str]]


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        yield api


@pytest.fixture
def chat() -> Iterator[tuple[str, Messages]]:
    with serve_webhook() as (address, messages):
        yield f"{address}/token-5ec7e7/200", messages


def describe_waiting(
    message: str = NOT_THERE, pipeline: str | None = "training", state: str = "RUNNING"
) -> dict[str, Any]:
    task = make_task("ingest", "Ingest the table", "Pending", message)
    arguments = make_arguments(pipeline) if pipeline else {}
    return describe_run(state, make_manifest(task, arguments=arguments))


def add_run(api: KfpApi, picture: dict[str, Any], run_id: str = "1", **more: Any) -> None:
    run = {"run_id": run_id, "experiment_id": "1", "display_name": "nightly", "script": [picture]}
    api.runs[run_id] = {**run, **more}


def make_watcher(api: KfpApi, webhook: str | None = None) -> Watcher:
    return Watcher(KubeflowApi(api.url, Path("nowhere")), "", webhook, "https://kubeflow")


def look_for(watcher: Watcher, seconds: float, start: float = 0.0) -> None:
    """Look every 20 seconds for so long."""
    for i in range(int(seconds // 20) + 1):
        watcher.look(start + 20.0 * i)


def test_a_run_that_cannot_go_on_is_stopped_and_told_of_once(api: KfpApi, chat: tuple[str, Messages]) -> None:
    add_run(
        api,
        describe_waiting(),
        description="Started by ana.",
        runtime_config={"parameters": {"problem": {"owner": "Bo"}}},
    )
    watcher = make_watcher(api, chat[0])
    look_for(watcher, 40.0)
    assert api.changes == []
    look_for(watcher, 300.0, start=60.0)
    assert api.changes == [STOP, MARK]
    (message,) = chat[1]
    lines = message["text"].splitlines()
    assert lines[0] == FIRST_LINE
    assert lines[1].startswith("Its image cannot be pulled: Back-off pulling image")
    assert "make push" in lines[2]
    assert lines[3:] == ["Owner: Bo.", "Started by ana.", "https://kubeflow/#/runs/details/1"]


def test_notify_adds_nothing_to_what_the_watcher_said(
    api: KfpApi, chat: tuple[str, Messages], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", api.url)
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", chat[0])
    add_run(api, describe_waiting())
    look_for(make_watcher(api, chat[0]), 60.0)
    stopped = make_task("ingest", "Ingest the table", "Failed", "Step exceeded its deadline")
    add_run(
        api,
        describe_run("CANCELING", make_manifest(stopped, activeDeadlineSeconds=0)),
        metrics=api.runs["1"]["metrics"],
    )
    report = tmp_path / "report"
    report_run(
        state="RUNNING", resource="w", message=None, run_id="1", pipeline="training", report=str(report)
    )
    assert len(chat[1]) == 1
    assert "was stopped at: Ingest the table." in report.read_text(encoding="utf-8")


def test_a_run_of_other_pipelines_is_left_alone_and_looked_at_once(
    api: KfpApi, chat: tuple[str, Messages]
) -> None:
    add_run(api, describe_waiting(pipeline=None))
    look_for(make_watcher(api, chat[0]), 300.0)
    assert (api.changes, chat[1]) == ([], [])
    assert api.requests.count(("GET", "/apis/v1beta1/runs/1")) == 1


@pytest.mark.parametrize(
    "picture",
    [
        describe_waiting(NO_ROOM),
        describe_waiting("PodInitializing"),
        describe_waiting(state="FAILED"),
        describe_run("PENDING"),
    ],
)
def test_a_run_that_may_go_on_or_has_ended_is_left_alone(api: KfpApi, picture: dict[str, Any]) -> None:
    add_run(api, picture)
    look_for(make_watcher(api), 300.0)
    assert api.changes == []


def test_a_cause_that_goes_away_is_forgotten(api: KfpApi) -> None:
    watcher = make_watcher(api)
    for start in (0.0, 60.0, 120.0):
        add_run(api, describe_waiting())
        look_for(watcher, 40.0, start)
        add_run(api, describe_waiting("PodInitializing"))
        watcher.look(start + 50.0)
    assert api.changes == []


def test_each_of_several_runs_has_its_own_message(api: KfpApi, chat: tuple[str, Messages]) -> None:
    for i in range(3):
        add_run(api, describe_waiting(state="PENDING" if i else "RUNNING"), str(i))
    look_for(make_watcher(api, chat[0]), 120.0)
    links = sorted(message["text"].rpartition("/")[2] for message in chat[1])
    assert links == ["0", "1", "2"]


def test_after_a_restart_nobody_is_told_again(api: KfpApi, chat: tuple[str, Messages]) -> None:
    add_run(api, describe_waiting())
    look_for(make_watcher(api, chat[0]), 60.0)
    look_for(make_watcher(api, chat[0]), 300.0)
    assert len(chat[1]) == 1


def test_who_is_second_to_stop_a_run_tells_nobody(
    api: KfpApi, chat: tuple[str, Messages], capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(api, describe_waiting())
    # The list that the second one read is older than the stop.
    api.troubles = [Trouble("POST", STOP, 400)]
    look_for(make_watcher(api, chat[0]), 60.0)
    assert chat[1] == []
    assert "Kubeflow's API refused or lost a request about 1: it answered 400." in capsys.readouterr().out


def test_an_api_that_is_away_is_asked_again(
    api: KfpApi, chat: tuple[str, Messages], capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(api, describe_waiting())
    api.troubles = [
        Trouble("GET", "/apis/v2beta1/runs", 503),
        Trouble("GET", "/apis/v1beta1/runs", 200, body="<html>"),
        Trouble("POST", STOP, 500),
    ]
    watcher = make_watcher(api, chat[0])
    look_for(watcher, 120.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Kubeflow's API at {api.url} does not list the runs: it answered 503."
    assert lines[1:3] == [
        "Kubeflow's API refused or lost a request about 1: it is something else.",
        "Kubeflow's API refused or lost a request about 1: it answered 500.",
    ]
    assert len(chat[1]) == 1


@pytest.mark.parametrize("webhook", ["http://127.0.0.1:9/token-5ec7e7", "token-5ec7e7"])
def test_a_wrong_webhook_ends_nothing_and_leaves_the_message_to_notify(
    api: KfpApi, webhook: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(api, describe_waiting())
    add_run(api, describe_waiting(), "2")
    look_for(make_watcher(api, webhook), 80.0)
    assert api.changes == [STOP, STOP.replace("/1:", "/2:")]
    said = capsys.readouterr()
    assert FIRST_LINE in said.out
    assert "check KFP_TABULAR_WEBHOOK in the Secret kfp-tabular" in said.err
    assert "token-5ec7e7" not in said.out + said.err


def test_with_profiles_it_looks_at_one_namespace() -> None:
    with serve_kfp_api(KfpApi(is_multi_user=True)) as api:
        Watcher(KubeflowApi(api.url, Path("nowhere")), "team", None, None).look(0.0)
    assert api.namespaces_seen == {"team"}


def test_the_command_watches_until_it_is_told_to_end(api: KfpApi, tmp_path: Path) -> None:
    sign = tmp_path / "looked"
    environment = {**os.environ, "KF_PIPELINES_ENDPOINT": api.url}
    command = [sys.executable, "-m", "components.notify.watch", "--namespace=team", f"--sign-of-life={sign}"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            end = time.monotonic() + 60
            while not sign.exists():
                assert time.monotonic() < end, "it never looked"
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert ("GET", "/apis/v2beta1/runs") in api.requests
    assert api.namespaces_seen == {"team"}


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import components.notify.watch, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded <= sys.stdlib_module_names | {"components", "__main__"}
