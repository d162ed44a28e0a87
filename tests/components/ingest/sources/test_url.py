"""Files at http addresses, of a real server on this machine."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources.catalogue import fetch_source
from tests.loopback import Handler, serve_http
from tests.outage import return_after

CSV = b"a,b\n1,2\n"
SHORT = "/short.csv"


class Files(Handler):
    def do_GET(self) -> None:
        if self.path not in ("/table.csv", SHORT):
            self.send_error(404)
        else:
            self.reply(200, CSV, {"Content-Length": str(len(CSV) + 10)} if self.path == SHORT else {})
            self.close_connection = True


@pytest.fixture
def server() -> Iterator[str]:
    with serve_http(Files) as address:
        yield address


def test_a_url_is_copied(server: str, tmp_path: Path) -> None:
    assert fetch_source(f"{server}/table.csv", tmp_path).path.read_bytes() == CSV


def test_a_missing_url_is_named_with_its_status(server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=r"http://127\.0\.0\.1:\d+/none\.csv answered with status 404"):
        fetch_source(f"{server}/none.csv", tmp_path)


def test_a_download_that_breaks_off_is_an_error(server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="ended after 8 of 18 bytes"):
        fetch_source(server + SHORT, tmp_path, waits=())


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with socket.socket() as port:
        # Bound but not listening: no other process can answer on this port.
        port.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{port.getsockname()[1]}/table.csv"
        with pytest.raises(InvalidSource, match=f"{url} cannot be reached: .*refused"):
            fetch_source(url, tmp_path, waits=())


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/table.csv"
        with pytest.raises(InvalidSource, match="cannot be reached: it does not answer in time"):
            fetch_source(url, tmp_path, timeout=0.2, waits=())


@pytest.mark.slow
def test_a_server_that_is_away_for_20_s_costs_only_time(server: str, tmp_path: Path) -> None:
    with return_after(20.0, int(server.rpartition(":")[2])) as port:
        assert fetch_source(f"http://127.0.0.1:{port}/table.csv", tmp_path).path.read_bytes() == CSV


def test_a_download_is_tried_again_where_that_may_help(tmp_path: Path) -> None:
    answers = [503, 429, 200]

    class Busy(Handler):
        def do_GET(self) -> None:
            self.reply(answers.pop(0), CSV)

    with serve_http(Busy) as address:
        assert fetch_source(f"{address}/table.csv", tmp_path, waits=(0.0,) * 4).path.read_bytes() == CSV
    assert answers == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("{server}/none.csv", "answered with status 404"),
        ("http://nowhere.invalid/t.csv", "is not known here"),
    ],
)
def test_a_wrong_address_is_an_error_at_once(server: str, tmp_path: Path, url: str, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidSource, match=message):
        fetch_source(url.format(server=server), tmp_path)
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("url", ["http://", "http://[::1/table.csv", "http://127.0.0.1:port/table.csv"])
def test_a_malformed_url_is_an_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidSource, match="is not an address"):
        fetch_source(url, tmp_path)


def test_a_full_disk_is_not_taken_for_the_network(server: str, tmp_path: Path) -> None:
    (tmp_path / "download").symlink_to("/dev/full")
    with pytest.raises(InvalidSource, match=r"cannot be read: No space left.*\nFree disk space"):
        fetch_source(f"{server}/table.csv", tmp_path)
