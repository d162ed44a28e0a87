"""Sources: paths, and addresses of real servers on this machine."""

import gzip
import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source
from tests.loopback import Handler, serve_http
from tests.outage import return_after
from tests.s3 import S3Server, make_secret

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


def test_a_path_is_used_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(CSV)
    assert fetch_source(str(file), tmp_path).path == file


def test_a_folder_is_passed_on(tmp_path: Path) -> None:
    assert fetch_source(str(tmp_path), tmp_path).path == tmp_path


def test_a_url_is_copied(server: str, tmp_path: Path) -> None:
    assert fetch_source(f"{server}/table.csv", tmp_path).path.read_bytes() == CSV


def test_gzip_is_recognised_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(gzip.compress(CSV))
    assert fetch_source(str(file), tmp_path).path.read_bytes() == CSV


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-9], lambda content: content[:20] + b"\0" + content[21:]]
)
def test_damaged_gzip_is_an_error(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(damage(gzip.compress(CSV * 1000)))  # type: ignore[operator]
    with pytest.raises(InvalidSource, match=r"table\.csv\.gz is a damaged gzip file"):
        fetch_source(str(file), tmp_path)


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
        fetch_source(str(tmp_path / name), tmp_path)


def test_other_schemes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="begins with 'gs', which is not supported"):
        fetch_source("gs://bucket/table.csv", tmp_path)


@pytest.mark.parametrize(
    ("source", "message"), [("", "No source is given"), ("x" * 5000, "cannot be read: File name too long")]
)
def test_a_wrong_path_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        fetch_source(source, tmp_path)


@pytest.fixture
def storage(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    return s3


@pytest.mark.parametrize("scheme", ["s3", "S3"])
def test_an_object_is_copied_with_its_etag(
    storage: S3Server, bucket: str, tmp_path: Path, scheme: str
) -> None:
    etag = storage.put(bucket, "folder/table.csv", CSV)
    found = fetch_source(f"{scheme}://{bucket}/folder/table.csv", tmp_path)
    assert found.path.read_bytes() == CSV
    assert found.facts == {"etag": etag, "source_version": etag}


def test_a_gzip_object_is_unpacked_whatever_encoding_it_has(
    storage: S3Server, bucket: str, tmp_path: Path
) -> None:
    content = gzip.compress(CSV)
    storage.client.put_object(
        bucket, "table", io.BytesIO(content), len(content), metadata={"Content-Encoding": "gzip"}
    )
    assert fetch_source(f"s3://{bucket}/table", tmp_path).path.read_bytes() == CSV


def test_the_version_is_among_the_facts_where_there_are_versions(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.put(empty_bucket, "table.csv", CSV)
    version = storage.client.stat_object(empty_bucket, "table.csv").version_id
    assert fetch_source(f"s3://{empty_bucket}/table.csv", tmp_path).facts["source_version"] == version


def test_an_earlier_version_is_read_and_has_a_fingerprint_of_its_own(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.put(empty_bucket, "table.csv", CSV)
    old = storage.client.stat_object(empty_bucket, "table.csv").version_id
    storage.put(empty_bucket, "table.csv", CSV + b"another row\n")
    newest = f"s3://{empty_bucket}/table.csv"
    source = f"{newest}?versionId={old}"
    fingerprint = compute_fingerprint(source)
    assert fingerprint != compute_fingerprint(newest)
    content = fetch_source(source, tmp_path, fingerprint)
    assert content.path.read_bytes() == CSV
    assert content.facts["source_version"] == old


def test_a_bucket_without_a_key_is_an_error(storage: S3Server, tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="names a bucket but no object in it"):
        fetch_source("s3://bucket", tmp_path)


def test_object_storage_that_nobody_set_up_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://minio:9000")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(InvalidSetting, match=r"no credentials.*\n.*the Secret kfp-tabular"):
        fetch_source("s3://bucket/table.csv", tmp_path)


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(CSV * 100_000))
    code = f"""
import resource, signal
from pathlib import Path
from components.ingest.sources.catalogue import fetch_source
# A limit on the size of files acts as a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
fetch_source({str(file)!r}, Path({str(tmp_path)!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "."}, capture_output=True, text=True
    )
    assert "table.csv.gz cannot be read: File too large" in done.stderr
    assert "give the task more ephemeral storage" in done.stderr
