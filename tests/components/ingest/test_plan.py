"""The look at a source, and what ingest reads after it: on a real S3 server, over HTTP, and on disk."""

import gzip
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import SUSPENDED, VersioningConfig

from components._problem.spec import Problem
from components._store.failures import StorageError
from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint, plan
from components.ingest.run import run_both
from components.ingest.sources import url as url_module
from components.ingest.sources.catalogue import fetch_source
from pipelines.catalogue import ROOT
from tests.loopback import Handler, serve_http
from tests.s3 import S3Server, make_secret

OLD, NEW = b"a,b\n1,2\n", b"a,b\n1,3\n"
LONG_AGO = "Sat, 28 Nov 2020 12:00:00 GMT"


@dataclass
class Page:
    """What an address answers with."""

    content: bytes = OLD
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def url(page: Page) -> Iterator[str]:
    class Answer(Handler):
        def do_GET(self) -> None:
            self.reply(page.status, page.content, page.headers)
            self.close_connection = True

        def do_HEAD(self) -> None:
            # As of an address that is signed for reading.
            self.reply(403)

    with serve_http(Answer) as address:
        yield f"{address}/table.csv?signature=secret"


def check_change(source: str, folder: Path) -> tuple[str, str]:
    """Check that a source's fingerprint repeats and lets ingest read; return it with the source."""
    fingerprint = compute_fingerprint(source)
    assert compute_fingerprint(source) == fingerprint
    assert fetch_source(source, folder, fingerprint).path.read_bytes() == OLD
    return fingerprint, source


def refuse_change(source: str, fingerprint: str, folder: Path) -> None:
    """Check that another content has another fingerprint, and that ingest refuses it."""
    assert compute_fingerprint(source) != fingerprint
    with pytest.raises(InvalidSource, match=r"changed while the run was reading it\.\nStart the run again"):
        fetch_source(source, folder, fingerprint)


def test_an_object_is_looked_at_again_only_if_it_was_replaced(
    storage: S3Server, bucket: str, tmp_path: Path
) -> None:
    etag = storage.put(bucket, "plan/table.csv", OLD)
    fingerprint, source = check_change(f"s3://{bucket}/plan/table.csv", tmp_path)
    assert fingerprint == f"etag {etag}, 8 bytes"
    storage.put(bucket, "plan/table.csv", NEW)
    refuse_change(source, fingerprint, tmp_path)
    # The first content is back, for which a table may be kept.
    storage.put(bucket, "plan/table.csv", OLD)
    assert compute_fingerprint(source) == fingerprint


def test_an_object_of_a_bucket_with_versions_is_known_by_its_version(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.put(empty_bucket, "table.csv", OLD)
    version = storage.client.stat_object(empty_bucket, "table.csv").version_id
    fingerprint, source = check_change(f"s3://{empty_bucket}/table.csv", tmp_path)
    assert fingerprint == f"version {version}"
    storage.put(empty_bucket, "table.csv", NEW)
    refuse_change(source, fingerprint, tmp_path)


def test_an_object_that_is_overwritten_without_a_version_has_another_fingerprint(
    storage: S3Server, empty_bucket: str, tmp_path: Path
) -> None:
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(ENABLED))
    storage.client.set_bucket_versioning(empty_bucket, VersioningConfig(SUSPENDED))
    storage.put(empty_bucket, "table.csv", OLD)
    fingerprint, source = check_change(f"s3://{empty_bucket}/table.csv", tmp_path)
    storage.put(empty_bucket, "table.csv", NEW)
    refuse_change(source, fingerprint, tmp_path)


@pytest.mark.parametrize(
    ("address", "user", "error", "message"),
    [
        ("s3://{bucket}/none.csv", "owner", StorageError, "There is no object s3://shared/none.csv"),
        ("s3://no-such-bucket/table.csv", "owner", StorageError, "There is no bucket 'no-such-bucket'"),
        ("s3://{bucket}/plan/table.csv", "reader", StorageError, "lack the right to do that"),
        ("s3://{bucket}/plan/table.csv", "stranger", StorageError, "it does not know the access key"),
        ("s3://{bucket}", "owner", InvalidSource, "names a bucket but no object in it"),
        ("s3://{bucket}/plan/table.csv", "", InvalidSetting, "There are no credentials"),
        ("gs://bucket/table.csv", "owner", InvalidSource, "begins with 'gs'"),
        ("", "owner", InvalidSource, "No source is given"),
        ("{folder}/none.csv", "owner", InvalidSource, "There is no file .*none.csv"),
        ("x" * 5000, "owner", InvalidSource, "cannot be read: File name too long"),
        ("http://127.0.0.1:1/table.csv", "owner", InvalidSource, "cannot be reached: connection refused"),
        ("http://", "owner", InvalidSource, "is not an address: it has no host"),
        ("http://127.0.0.1:port/table.csv", "owner", InvalidSource, "is not an address: "),
    ],
)
def test_what_cannot_be_read_has_the_error_of_ingest(
    storage: S3Server,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    user: str,
    error: type[Exception],
    message: str,
) -> None:
    storage.put(bucket, "plan/table.csv", OLD)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", user)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret(user) if user else "")
    source = address.format(bucket=bucket, folder=tmp_path)
    with pytest.raises(error, match=message):
        fetch_source(source, tmp_path, waits=())
    with pytest.raises(error, match=message):
        compute_fingerprint(source, waits=())


@pytest.mark.parametrize("status", [403, 404])
def test_an_address_that_refuses_has_the_error_of_ingest(page: Page, url: str, status: int) -> None:
    page.status = status
    with pytest.raises(InvalidSource, match=rf"table\.csv.* answered with status {status}"):
        compute_fingerprint(url)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"ETag": '"a"'}, {"ETag": '"b"'}, 'etag "a"'),
        (
            {"Last-Modified": LONG_AGO},
            {"Last-Modified": "Sat, 28 Nov 2020 12:00:01 GMT"},
            f"changed {LONG_AGO}, 8 bytes",
        ),
        ({"ETag": 'W/"a"'}, {"ETag": 'W/"a"'}, f"sha256 {hashlib.sha256(OLD).hexdigest()}"),
        ({}, {}, f"sha256 {hashlib.sha256(OLD).hexdigest()}"),
    ],
)
def test_a_url_is_looked_at_again_only_if_its_content_changed(
    page: Page, url: str, tmp_path: Path, before: dict[str, str], after: dict[str, str], expected: str
) -> None:
    page.headers = before
    fingerprint, source = check_change(url, tmp_path)
    assert fingerprint == expected
    page.content, page.headers = NEW, after
    refuse_change(source, fingerprint, tmp_path)


def test_a_download_that_is_unpacked_is_known_by_what_came(page: Page, url: str, tmp_path: Path) -> None:
    page.content = gzip.compress(OLD, mtime=0)
    check_change(url, tmp_path)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "20000000000"}])
def test_a_url_about_which_nothing_is_known_is_read_in_every_run(
    page: Page,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr(url_module, "MOST_BYTES", 4)
    page.headers = headers
    fingerprints = plan(source=url, test="")
    assert fingerprints["source"].startswith("unknown, so that it is read in every run: ")
    assert plan(source=url, test="") != fingerprints
    page.headers = {}
    assert fetch_source(url, tmp_path, fingerprints["source"]).path.read_bytes() == OLD
    assert "neither an ETag nor the time of its last change" in capsys.readouterr().out


def test_a_download_that_breaks_off_has_no_fingerprint(page: Page, url: str) -> None:
    page.headers = {"Content-Length": "18"}
    with pytest.raises(InvalidSource, match="ended after 8 of 18 bytes"):
        compute_fingerprint(url, waits=())


def test_no_credential_is_in_a_fingerprint_or_a_log(
    page: Page, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page.headers = {"ETag": '"a"'}
    assert plan(source=url, test=url) == {"source": 'etag "a"', "test": 'etag "a"'}
    assert capsys.readouterr().out == ('The content of source is etag "a"\nThe content of test is etag "a"\n')


def test_a_look_at_a_file_imports_no_library() -> None:
    code = """
import sys
from components.ingest.plan import plan
plan(source="README.md", test="")
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "components" in imported
    assert not imported & {"minio", "numpy", "pandas", "pyarrow", "pydantic", "sklearn"}


def test_a_sample_is_known_by_its_name() -> None:
    assert plan(source="sample:churn?rows=500", test="") == {"source": "sample:churn?rows=500"}


def test_hidden_files_of_a_folder_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "part.parquet").write_bytes(b"PAR1")
    fingerprint = compute_fingerprint(str(tmp_path))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part.crc").touch()
    assert compute_fingerprint(str(tmp_path)) == fingerprint
    (tmp_path / "more.parquet").write_bytes(b"PAR1")
    assert compute_fingerprint(str(tmp_path)) != fingerprint


def ingest(folder: Path, fingerprints: dict[str, str], **tables: str) -> dict[str, dict[str, Any]]:
    """Run ingest on ``train.csv`` and ``test.csv`` of a folder, or on other tables."""
    folder.mkdir(exist_ok=True)
    Problem.from_settings({"target": "b"}).save(folder / "problem")
    paths = {name: str(folder / name) for name in ("dataset", "own_test", "reading", "problem")}
    sources = {"source": str(folder / "train.csv"), "test": str(folder / "test.csv"), **tables}
    return run_both(**paths, **sources, seed=0, fingerprints=fingerprints)


@pytest.mark.parametrize("changed", ["train", "test"])
def test_a_file_that_changes_before_it_is_read_leaves_no_table(tmp_path: Path, changed: str) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("train", "test")}
    for file in files.values():
        file.write_bytes(OLD)
    fingerprints = plan(source=str(files["train"]), test=str(files["test"]))
    assert ingest(tmp_path, fingerprints)["own_test"]["rows"] == 1
    files[changed].write_bytes(NEW)
    with pytest.raises(InvalidSource, match=rf"{changed}\.csv changed while the run was reading it"):
        ingest(tmp_path / "again", fingerprints, source=str(files["train"]), test=str(files["test"]))
    assert not (tmp_path / "again" / {"train": "dataset", "test": "own_test"}[changed]).exists()


def test_the_test_table_is_compared_wherever_it_is(page: Page, url: str, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(OLD)
    page.headers = {"ETag": '"a"'}
    fingerprints = plan(source=str(tmp_path / "train.csv"), test=url)
    assert ingest(tmp_path, fingerprints, test=url)["own_test"]["rows"] == 1
    page.headers = {"ETag": '"b"'}
    with pytest.raises(InvalidSource, match=r"The source http://.*/table\.csv changed"):
        ingest(tmp_path, fingerprints, test=url)
