from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components._problem.registration import CHECK_ID
from components.log_sink.event_app import EventApp
from components.log_sink.settings import Settings
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.version_collectors import VersionCollectors
from tests.asgi import complete
from tests.components.log_sink.test_version_collector import MODEL, count_dropped

HEADERS = {"ce-id": "a", "ce-type": "org.kubeflow.serving.inference.request"}


class Client:
    """Sends requests to an application, without a network."""

    def __init__(self, folder: Path) -> None:
        self.metrics = SinkMetrics()
        self.asked: list[tuple[str, str]] = []
        logs = VersionCollectors(Settings("f", folder), self._fetch, self.metrics)
        self.app = EventApp(logs, self.metrics, 1_000)

    def _fetch(self, model: str, version: str) -> Any:
        self.asked.append((model, version))
        return MODEL

    def request(
        self, method: str, path: str, *parts: bytes, headers: Mapping[str, str] = HEADERS
    ) -> tuple[int, str]:
        sent: list[Mapping[str, Any]] = []
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Mapping[str, Any]:
            return messages.pop(0)

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        listed = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": listed}
        complete(self.app(scope, receive, send))
        return sent[0]["status"], sent[1]["body"].decode()


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def test_an_event_is_taken_for_the_version_in_its_address(client: Client) -> None:
    assert client.request("POST", "/my model/12", b"{", b"}") == (200, "taken\n")
    assert client.request("POST", "/my model/12", b"{}") == (200, "taken\n")
    client.app._collectors.close(5)
    assert client.asked == [("my model", "12")]


@pytest.mark.parametrize(
    ("path", "headers", "message"),
    [
        ("/", HEADERS, "its address '/' is not"),
        ("/m", HEADERS, "is not /<model>/<number of the version>"),
        ("/m/champion", HEADERS, "is not /<model>/<number"),
        ("/m/0", HEADERS, "is not /<model>/<number"),
        ("/m/1/", HEADERS, "is not /<model>/<number"),
        ("/../1", HEADERS, "is not /<model>/<number"),
        ("/m/1", {}, "the event has no id"),
        ("/m/1", {**HEADERS, "ce-type": "other"}, "the event's type is 'other'"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(
    client: Client, path: str, headers: dict[str, str], message: str
) -> None:
    status, text = client.request("POST", path, b"{}", headers=headers)
    assert status == 400
    assert message in text
    assert count_dropped(client.metrics, "invalid") == 1
    assert client.asked == []


def test_an_event_that_is_too_large_is_refused(client: Client) -> None:
    assert client.request("POST", "/m/1", b"x" * 600, b"x" * 600)[0] == 413
    assert count_dropped(client.metrics, "too_large") == 1


def test_a_check_of_deploy_is_no_traffic(client: Client) -> None:
    headers = {**HEADERS, "ce-id": f"{CHECK_ID}7"}
    assert client.request("POST", "/m/1", b"{}", headers=headers)[0] == 200
    assert count_dropped(client.metrics, "check") == 1
    assert client.asked == []


def test_what_finds_no_room_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.app._collectors, "put", lambda *_: False)
    assert client.request("POST", "/m/1", b"{}") == (503, "too many events wait\n")


def test_it_shows_its_metrics_and_that_it_is_alive(client: Client) -> None:
    assert client.request("GET", "/healthz") == (200, "alive\n")
    assert "tabular_log_sink_events_total 0.0" in client.request("GET", "/metrics")[1]
    assert client.request("GET", "/m/1") == (404, "POST events to /<model>/<version>\n")
