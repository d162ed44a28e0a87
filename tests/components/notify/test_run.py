from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from components.notify.kubeflow_api import KubeflowApi
from components.notify.kubeflow_run import mark_notified
from components.notify.run import run
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, describe_run
from tests.webhook import serve_webhook
from tests.workflows import make_manifest, make_node, make_task

FAILED = make_manifest(make_task("ingest", "Ingest the table", "Failed", "Error (exit code 1): No rows."))
SUCCEEDED = make_manifest([make_node("training-x7k2p.root.stages.onExit", "Running")], phase="Succeeded")
VERDICT = "The run nightly of the pipeline training failed at: Ingest the table."
LINK = "https://kubeflow/#/runs/details/1"


class Chat(NamedTuple):
    """A webhook; the last part of a path under its address is the status it answers."""

    address: str
    messages: list[dict[str, str]]


@pytest.fixture
def chat() -> Iterator[Chat]:
    with serve_webhook() as (address, messages):
        yield Chat(f"{address}/token-5ec7e7", messages)


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        monkeypatch.setenv("KF_PIPELINES_ENDPOINT", api.url)
        monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "https://kubeflow")
        api.runs["1"] = {
            "run_id": "1",
            "display_name": "nightly",
            "script": [describe_run("RUNNING", FAILED)],
        }
        yield api


def report_run(folder: Path) -> str:
    report = folder / "report"
    run(
        state="RUNNING",
        resource="training-x7k2p",
        message=None,
        run_id="1",
        pipeline="training",
        report=str(report),
    )
    return report.read_text(encoding="utf-8")


def test_a_failed_run_is_reported_and_the_webhook_notified(
    tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{chat.address}/200")
    text = report_run(tmp_path)
    assert text.startswith(f"# {VERDICT}\n\n````\n\nNo rows.\n")
    assert "The webhook was notified." in text
    assert chat.messages == [{"text": f"{VERDICT}\nNo rows.\n{LINK}"}]


def test_a_run_that_succeeded_is_reported_to_nobody_else(
    tmp_path: Path, chat: Chat, api: KfpApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{chat.address}/200")
    api.runs["1"]["script"] = [describe_run("RUNNING", SUCCEEDED)]
    assert report_run(tmp_path) == f"# The run nightly of the pipeline training succeeded.\n\n{LINK}\n"
    assert chat.messages == []


def test_a_run_of_which_the_watcher_has_told_is_reported_to_nobody_else(
    tmp_path: Path, chat: Chat, api: KfpApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{chat.address}/200")
    mark_notified(KubeflowApi(api.url), "1")
    text = report_run(tmp_path)
    assert text.startswith(f"# {VERDICT}\n")
    assert text.endswith("The webhook was notified when the run was stopped.\n")
    assert chat.messages == []


def test_without_a_webhook_there_is_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_TABULAR_WEBHOOK", raising=False)
    assert "webhook" not in report_run(tmp_path)


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("{chat}/404", "status 404"),
        ("http://127.0.0.1:9/token-5ec7e7", "URLError"),
        ("token-5ec7e7", "ValueError"),
    ],
)
def test_a_webhook_that_does_not_answer_is_noted_and_its_address_kept(
    address: str,
    cause: str,
    tmp_path: Path,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", address.format(chat=chat.address))
    text = report_run(tmp_path)
    note = (
        f"The webhook could not be notified ({cause}): check KFP_TABULAR_WEBHOOK in the Secret kfp-tabular."
    )
    assert note in text
    assert note in capsys.readouterr().err
    assert "token-5ec7e7" not in text
