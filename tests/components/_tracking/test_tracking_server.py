import pytest

from components._tracking.tracking_server import TrackingError, check_server
from tests.loopback import Handler, serve_http
from tests.outage import return_after


def make_server(*answers: int) -> tuple[type[Handler], list[str]]:
    """Return a server that answers with a status after the other, the last one again and again."""
    left, paths = list(answers), []

    class Server(Handler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.reply(left.pop(0) if len(left) > 1 else left[0])

    return Server, paths


def test_a_server_that_answers_is_asked_once() -> None:
    server, paths = make_server(200)
    with serve_http(server) as address:
        check_server(f"{address}/mlflow/", waits=(0.0,))
    assert paths == ["/mlflow/health"]


def test_a_login_in_front_of_the_server_is_no_outage() -> None:
    server, _ = make_server(401)
    with serve_http(server) as address:
        check_server(address, waits=())


def test_a_server_that_starts_is_waited_for() -> None:
    server, paths = make_server(503, 502, 200)
    with serve_http(server) as address:
        check_server(address, waits=(0.0,) * 3)
    assert len(paths) == 3


def test_a_server_that_fails_is_an_error_with_its_status() -> None:
    server, _ = make_server(500)
    with (
        serve_http(server) as address,
        pytest.raises(TrackingError, match=f"MLflow at {address} does not answer: it answered 500"),
    ):
        check_server(address, waits=(0.0,))


def test_a_server_that_is_away_is_an_error_without_credentials() -> None:
    with (
        return_after(3600.0, 0) as port,
        pytest.raises(
            TrackingError, match=rf"MLflow at http://127.0.0.1:{port} .*refused.\nCheck MLFLOW_TRA"
        ),
    ):
        check_server(f"http://ana:5ec7e7@127.0.0.1:{port}", waits=(0.0,))


@pytest.mark.parametrize("address", [None, "sqlite:///mlflow.db", "postgresql://127.0.0.1:9/mlflow"])
def test_what_is_no_server_is_not_checked(address: str | None) -> None:
    check_server(address)
