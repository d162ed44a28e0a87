"""Requests for predictions through the app, and predictors that fail."""

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.app_server import run_app_server
from tests.components.serve.models import INFER, PREDICT, ROW, make_tensors
from tests.loopback import Handler, serve_http
from tests.model_server import ModelServer
from tests.server_process import ServerProcess

pytestmark = pytest.mark.slow

SMALL = "/app/models/small"


class FaultyPredictor(Handler):
    """Fails in the way that the city of a request names, and remembers the headers it got."""

    headers_of_last: dict[str, str]

    def do_POST(self) -> None:
        body = self.read_body()
        type(self).headers_of_last = {name.lower(): value for name, value in self.headers.items()}
        if b"hang up" in body:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif b"break off" in body:
            self.reply(200, b'{"predictions": [', {"Content-Length": "1000"})
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        elif b"redirect" in body:
            self.reply(307, b"", {"Location": "http://127.0.0.1:1/elsewhere"})
        elif b"compress" in body:
            self.reply(200, gzip.compress(b"{}"), {"Content-Type": "application/json"})
        else:
            self.reply(200, b"{}", {"Content-Type": "application/json", "Set-Cookie": "a=b", "Server": "x"})


@pytest.fixture(scope="module")
def faulty() -> Iterator[ServerProcess]:
    with serve_http(FaultyPredictor) as url, run_app_server({"small": url}) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PREDICT, {"instances": [ROW, ROW]}),
        (PREDICT.replace("predict", "explain"), {"instances": [ROW]}),
        (INFER, make_tensors(ROW, ROW)),
        # What the predictor refuses, in its own words.
        (PREDICT, {"instances": [{}]}),
        (PREDICT, {"instances": [ROW] * 51}),
        (PREDICT, {}),
    ],
)
def test_the_answer_is_the_predictors(
    client: httpx.Client, server: ModelServer, path: str, body: dict[str, Any]
) -> None:
    expected = httpx.post(server.url + path, json=body)
    answer = client.post(SMALL + path, json=body)
    assert (answer.status_code, answer.content) == (expected.status_code, expected.content)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PREDICT, 404),
        ("GET", "/metrics", 404),
        ("GET", "/v2/models/small", 404),
        ("GET", "/v2/models/small/description", 404),
        ("POST", "/v2/models/small/explain", 404),
        ("POST", "/v2/repository/models/small/unload", 404),
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v1/models/small:predict/../../metrics", 404),
    ],
)
def test_nothing_else_of_the_predictor_is_reached(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    assert client.request(method, SMALL + path).status_code == status


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_that_is_too_large_is_refused(client: httpx.Client, is_announced: bool) -> None:
    pieces = [b"x" * 10_000] * 6
    answer = client.post(SMALL + PREDICT, content=b"".join(pieces) if is_announced else iter(pieces))
    assert answer.status_code == 413
    assert answer.json() == {"error": "The body is larger than the allowed 50,000 bytes."}


def test_a_body_of_unknown_length_passes(client: httpx.Client) -> None:
    body = httpx.Request("POST", "http://x", json={"instances": [ROW]}).read()
    headers = {"content-type": "application/json"}
    assert (
        client.post(SMALL + PREDICT, content=iter([body[:9], body[9:]]), headers=headers).status_code == 200
    )


def test_a_predictor_that_is_away_is_said(client: httpx.Client) -> None:
    answer = client.post("/app/models/tall/v1/models/tall:predict", json={"instances": [ROW]})
    assert answer.status_code == 503
    assert answer.json() == {"error": "The model's server does not answer at the moment."}


def test_only_what_concerns_the_predictor_is_sent_and_returned(faulty: ServerProcess) -> None:
    sent = {"kubeflow-userid": "ann", "cookie": "session=1", "authorization": "Bearer x", "x-request-id": "7"}
    answer = httpx.post(f"{faulty.url}{SMALL}{PREDICT}", json={"instances": []}, headers=sent)
    assert set(answer.headers) == {
        "content-type",
        "content-length",
        "cache-control",
        "x-content-type-options",
    }
    got = FaultyPredictor.headers_of_last
    assert got["x-request-id"] == "7"
    assert got["content-type"] == "application/json"
    assert not {"kubeflow-userid", "cookie", "authorization"} & set(got)


def test_a_predictor_that_hangs_up_is_away(faulty: ServerProcess) -> None:
    answer = httpx.post(f"{faulty.url}{SMALL}{PREDICT}", json={"city": "hang up"})
    assert answer.status_code == 503


def test_an_answer_that_breaks_off_is_no_answer(faulty: ServerProcess) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="closed connection"):
        httpx.post(f"{faulty.url}{SMALL}{PREDICT}", json={"city": "break off"})
    assert "broke off an answer" in faulty.read_output()
    assert httpx.post(f"{faulty.url}{SMALL}{PREDICT}", json={}).status_code == 200


def test_a_redirect_is_not_followed(faulty: ServerProcess) -> None:
    answer = httpx.post(f"{faulty.url}{SMALL}{PREDICT}", json={"city": "redirect"})
    assert answer.status_code == 307
    assert "location" not in answer.headers
