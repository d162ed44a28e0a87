"""Addresses: paths, and URLs of a real server on this machine."""

import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources import local_file

CSV = b"a,b\n1,2\n"
SHORT = "/short.csv"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path not in ("/table.csv", SHORT):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CSV) + (10 if self.path == SHORT else 0)))
        self.end_headers()
        self.wfile.write(CSV)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[str]:
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    listener.server_close()
    thread.join()


def test_a_path_is_used_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(CSV)
    assert local_file(str(file), tmp_path) == file


def test_a_folder_is_passed_on(tmp_path: Path) -> None:
    assert local_file(str(tmp_path), tmp_path) == tmp_path


def test_a_url_is_copied(server: str, tmp_path: Path) -> None:
    assert local_file(f"{server}/table.csv", tmp_path).read_bytes() == CSV


def test_gzip_is_told_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(gzip.compress(CSV))
    assert local_file(str(file), tmp_path).read_bytes() == CSV


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-9], lambda content: content[:20] + b"\0" + content[21:]]
)
def test_damaged_gzip_is_an_error(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(damage(gzip.compress(CSV * 1000)))  # type: ignore[operator]
    with pytest.raises(InvalidSource, match=r"table\.csv\.gz is a damaged gzip file"):
        local_file(str(file), tmp_path)


def test_a_missing_url_is_named_with_its_status(server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match=r"http://127\.0\.0\.1:\d+/none\.csv answered with status 404"):
        local_file(f"{server}/none.csv", tmp_path)


def test_a_download_that_breaks_off_is_an_error(server: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="broke off after 8 of 18 bytes"):
        local_file(server + SHORT, tmp_path)


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else can answer at this port.
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/table.csv"
        with pytest.raises(InvalidSource, match=f"{url} cannot be reached: .*refused"):
            local_file(url, tmp_path)


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/table.csv"
        with pytest.raises(InvalidSource, match="cannot be reached: timed out"):
            local_file(url, tmp_path, timeout=0.2)


@pytest.mark.parametrize("url", ["http://", "http://[::1/table.csv", "http://127.0.0.1:port/table.csv"])
def test_a_malformed_url_is_an_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidSource, match="cannot be reached"):
        local_file(url, tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tabel.csv", "There is no file .*tabel.csv.\nDid you mean 'table.csv'"),
        ("no/table.csv", "the folder .*no does not exist"),
        ("empty/table.csv", "Nothing in .*empty has a similar name"),
    ],
)
def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "table.csv").write_bytes(CSV)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidSource, match=message):
        local_file(str(tmp_path / name), tmp_path)


def test_other_schemes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="begins with 's3', which is not supported"):
        local_file("s3://bucket/table.csv", tmp_path)


@pytest.mark.parametrize(
    ("source", "message"), [("", "No source is given"), ("x" * 5000, "cannot be read: File name too long")]
)
def test_what_is_no_path_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        local_file(source, tmp_path)
