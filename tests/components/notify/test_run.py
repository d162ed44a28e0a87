from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from components.notify.run import run
from tests.webhook import serve_webhook

MESSAGE = "The DAG failed because some tasks failed. The failed tasks are: [validate-gate]."


class Chat(NamedTuple):
    """A webhook; the last part of a path under its address is the status it answers."""

    address: str
    messages: list[dict[str, str]]


@pytest.fixture
def chat() -> Iterator[Chat]:
    with serve_webhook() as (address, messages):
        yield Chat(f"{address}/token-5ec7e7", messages)


def report_run(folder: Path, state: str = "FAILED", message: str | None = MESSAGE) -> str:
    report = folder / "report"
    run(state=state, resource="training-x7k2p", message=message, report=str(report))
    return report.read_text(encoding="utf-8")


def test_a_failed_run_is_reported_and_the_webhook_notified(
    tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{chat.address}/200")
    text = report_run(tmp_path)
    assert text.startswith(f"# Run training-x7k2p: failed\n\n````\n\n{MESSAGE}\n")
    assert "The webhook was notified." in text
    assert chat.messages == [{"text": f"The run training-x7k2p failed: {MESSAGE}"}]


def test_a_run_that_succeeded_is_reported_to_nobody_else(
    tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{chat.address}/200")
    assert report_run(tmp_path, "SUCCEEDED", None) == "# Run training-x7k2p: succeeded\n"
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
