"""Why real connections fail, with the clients that the suite uses, and how often a request is repeated."""

import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import urllib3

from components.network import (
    LOST,
    REFUSED,
    TIMED_OUT,
    UNKNOWN_HOST,
    WITHOUT_TLS,
    ConnectionFailure,
    explain_connection_error,
    find_connection_failure,
    list_waits,
    retry,
)
from tests.images.advisory_service import Authority


def _open_with_urllib(url: str) -> object:
    # urlopen would keep the proxies of its first call.
    return urllib.request.build_opener().open(url, timeout=0.5)


def _open_with_urllib3(url: str) -> object:
    context = ssl.create_default_context()
    return urllib3.PoolManager(timeout=0.5, retries=1, ssl_context=context).request("GET", url)


def _open_with_requests(url: str) -> object:
    return requests.get(url, timeout=0.5)


CLIENTS = pytest.mark.parametrize("client", [_open_with_urllib, _open_with_urllib3, _open_with_requests])


def _explain(client: Callable[[str], object], url: str) -> ConnectionFailure:
    with pytest.raises((OSError, urllib3.exceptions.HTTPError), match=r"\w") as raised:
        client(url)
    return explain_connection_error(raised.value)


@contextmanager
def _serve(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer every connection to a port in the same way."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                answer(connection)
            except OSError:
                pass
            finally:
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@CLIENTS
def test_a_host_that_nobody_knows(client: Callable[[str], object]) -> None:
    assert _explain(client, "http://nobody.invalid/") == UNKNOWN_HOST


@CLIENTS
def test_a_port_where_nothing_listens(client: Callable[[str], object]) -> None:
    with socket.socket() as port:
        # Bound but not listening: no other process can answer on this port.
        port.bind(("127.0.0.1", 0))
        assert _explain(client, f"http://127.0.0.1:{port.getsockname()[1]}/") == REFUSED


@pytest.mark.slow_variants
@CLIENTS
def test_a_server_that_says_nothing(client: Callable[[str], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert _explain(client, f"http://127.0.0.1:{silent.getsockname()[1]}/") == TIMED_OUT


@CLIENTS
def test_a_connection_that_breaks_off(client: Callable[[str], object]) -> None:
    with _serve(lambda connection: connection.close()) as port:
        assert _explain(client, f"http://127.0.0.1:{port}/") == LOST


@CLIENTS
def test_a_server_without_tls(client: Callable[[str], object]) -> None:
    with _serve(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        failure = _explain(client, f"https://127.0.0.1:{port}/")
    assert failure == WITHOUT_TLS
    assert not failure.is_transient


@CLIENTS
def test_a_certificate_that_nobody_trusts(client: Callable[[str], object], tmp_path: Path) -> None:
    context = Authority(tmp_path).make_context("localhost")

    def shake_hands(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    with _serve(shake_hands) as port:
        failure = _explain(client, f"https://localhost:{port}/")
    assert failure.reason == "its certificate is not trusted (unable to get local issuer certificate)"
    assert "SSL_CERT_FILE" in failure.remedy
    assert not failure.is_transient


@pytest.mark.parametrize("client", [_open_with_urllib, _open_with_requests])
def test_a_proxy_that_refuses(client: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 407 Login Required\r\nContent-Length: 0\r\n\r\n")

    monkeypatch.setenv("no_proxy", "")
    with _serve(refuse) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        failure = _explain(client, "https://nobody.invalid/")
    assert failure.reason == "its proxy does not connect (407 Login Required)"
    assert "NO_PROXY" in failure.remedy


def test_a_proxy_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", "http://nobody.invalid:3128")
    failure = _explain(_open_with_requests, "https://example.invalid/")
    assert failure.reason == "its proxy does not connect (no answer)"


def test_an_error_of_a_file_is_not_one_of_a_connection(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none") as raised:
        (tmp_path / "none").read_bytes()
    assert find_connection_failure(raised.value) is None


class _Service:
    """Fails a number of times, and then answers with how often it was called."""

    def __init__(self, n_failures: int, error: Exception) -> None:
        self.n_failures = n_failures
        self.error = error
        self.n_calls = 0

    def __call__(self) -> int:
        self.n_calls += 1
        if self.n_calls <= self.n_failures:
            raise self.error
        return self.n_calls


@pytest.mark.parametrize("n_failures", [0, 1, 3])
def test_a_request_is_repeated_until_it_succeeds(n_failures: int) -> None:
    waits: list[float] = []
    service = _Service(n_failures, OSError("busy"))
    assert retry(service, (1, 2, 4), lambda error: True, sleep=waits.append) == n_failures + 1
    assert waits == [1, 2, 4][:n_failures]


def test_the_last_error_is_raised_when_no_wait_is_left() -> None:
    service = _Service(9, OSError("busy"))
    with pytest.raises(OSError, match="busy"):
        retry(service, (0, 0), lambda error: True)
    assert service.n_calls == 3


def test_an_error_that_stays_is_raised_at_once() -> None:
    service = _Service(9, KeyError("a defect"))
    with pytest.raises(KeyError, match="a defect"):
        retry(service, (0, 0), lambda error: isinstance(error, OSError))
    assert service.n_calls == 1


def test_the_waits_begin_again_whenever_there_is_progress() -> None:
    waits: list[float] = []
    service = _Service(4, OSError("busy"))
    retry(
        service,
        (1, 2),
        lambda error: True,
        # The third call comes further than the two before.
        get_progress=lambda: service.n_calls // 3,
        sleep=waits.append,
    )
    assert waits == [1, 2, 1, 2]


def test_waits_grow_until_the_time_is_over() -> None:
    waits = list_waits(time.monotonic() + 60)
    found = [next(waits) for _ in range(9)]
    bounds = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(found, bounds, strict=True))
    assert list(list_waits(time.monotonic())) == []
