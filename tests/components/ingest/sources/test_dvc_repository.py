"""What can be wrong with a real DVC repository and its remotes."""

import hashlib
import shutil
from pathlib import Path

import pytest

from components._store.failures import StorageError
from components.errors import InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.sources.catalogue import fetch_source
from tests.dvc_data import OLD, PARTS, DvcData, run_git
from tests.s3 import S3Server, make_secret

# Another remote in a repository's configuration, without its address.
OTHER = "[core]\n remote = a\n['remote \"a\"']\n"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))


@pytest.fixture
def folder(dvc_data: DvcData, tmp_path: Path) -> Path:
    """A copy of the repository that a test may change."""
    return Path(shutil.copytree(dvc_data.folder, tmp_path / "data"))


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@v1:tabel.csv", r"no tabel\.csv in .*data at v1 \(commit \w{10}\)\.\nDid you mean 'table\.csv'"),
        ("@v1:lost.csv", r"DVC tracks no lost\.csv in .* at v1"),
        ("@v3:table.csv", r"has no revision 'v3'\.\n(Did you mean 'v\d'|Known revisions: .*v1, v2)"),
        ("@v1:notes.txt", r"notes\.txt is kept in git and not by DVC"),
        ("@v1:table.csv/more", "DVC tracks no table.csv/more"),
        (
            "@v2:lost.csv",
            r"remote 'store' \(s3://dvc-data/data\) does not have lost\.csv of v2 .*\n.*dvc push -r store",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "file://"], ids=["working folder", "clone"])
def test_what_a_repository_does_not_have_is_named(
    dvc_data: DvcData, tmp_path: Path, prefix: str, source: str, message: str
) -> None:
    with pytest.raises(InvalidSource, match=message):
        fetch_source(f"dvc+{prefix}{dvc_data.folder}{source}", tmp_path)


def test_the_expired_keys_of_a_remote_are_an_error(
    dvc_data: DvcData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "expired")
    with pytest.raises(StorageError, match="secret key") as error:
        fetch_source(f"dvc+{dvc_data.folder}@v1:table.csv", tmp_path)
    assert "expired" not in str(error.value)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[core]\n    remote = store\n", "has no remote 'store'"),
        ("", "names no default remote"),
        (f"{OTHER} url = s3://no-such-bucket/data\n", "no bucket 'no-such-bucket'"),
        (f"{OTHER} url = gs://bucket/data\n", r"remote 'a' .* cannot be read: .*gs.*\n.*install the plugin"),
        (f"{OTHER} url = ../../empty\n", "remote 'a' .* does not have table"),
    ],
)  # fmt: skip
def test_a_remote_that_does_not_work_is_named(
    s3: S3Server, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, message: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    (folder / ".dvc" / "config").write_text(settings)
    run_git(folder, "commit", "-qam", "Other remote")
    with pytest.raises((InvalidSource, StorageError), match=message):
        fetch_source(f"dvc+{folder}@main:table.csv", tmp_path)


def test_a_remote_in_a_folder_is_read_by_dvc(folder: Path, s3: S3Server, tmp_path: Path) -> None:
    store = tmp_path / "store"
    for item in s3.client.list_objects("dvc-data", recursive=True):
        file = store / str(item.object_name).removeprefix("data/")
        file.parent.mkdir(parents=True, exist_ok=True)
        s3.client.fget_object("dvc-data", str(item.object_name), str(file))
    (folder / ".dvc" / "config").write_text(f"{OTHER} url = ../../store\n")
    run_git(folder, "commit", "-qam", "Other remote")
    found = fetch_source(f"dvc+{folder}@main:parts/1.csv", tmp_path)
    assert found.path.read_bytes() == PARTS["1.csv"]


def test_a_file_of_dvc_2_is_read_from_where_that_kept_it(
    s3: S3Server, dvc_data: DvcData, folder: Path, tmp_path: Path
) -> None:
    content, digest = b"a,b\r\n7,8\r\n", "0123456789abcdef" * 2
    (folder / "old.csv.dvc").write_text(f"outs:\n- md5: {digest}\n  size: 10\n  path: old.csv\n")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "A file of DVC 2")
    s3.put(dvc_data.bucket, f"data/{digest[:2]}/{digest[2:]}", content)
    found = fetch_source(f"dvc+{folder}@main:old.csv", tmp_path)
    assert (found.path.read_bytes(), found.facts["md5"]) == (content, digest)


def test_an_output_of_a_stage_is_read(s3: S3Server, dvc_data: DvcData, folder: Path, tmp_path: Path) -> None:
    digest = hashlib.md5(OLD).hexdigest()
    (folder / "dvc.yaml").write_text(
        "stages:\n  copy:\n    cmd: cp a b\n    outs:\n    - made.csv\n    - none.csv\n"
    )
    out = f"{{path: made.csv, hash: md5, md5: {digest}, size: {len(OLD)}}}"
    (folder / "dvc.lock").write_text(
        f"schema: '2.0'\nstages:\n  copy:\n    cmd: cp a b\n    outs:\n    - {out}\n"
    )
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "A stage")
    assert fetch_source(f"dvc+{folder}@main:made.csv", tmp_path).path.read_bytes() == OLD
    with pytest.raises(InvalidSource, match=r"DVC knows no MD5 of none\.csv.*\n.*dvc repro"):
        fetch_source(f"dvc+{folder}@main:none.csv", tmp_path)


def test_damaged_content_is_refused(dvc_data: DvcData, folder: Path, tmp_path: Path) -> None:
    digest = compute_fingerprint(f"dvc+{folder}@v1:table.csv").removeprefix("md5 ")
    file = folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a,b\n1,3\n")
    with pytest.raises(InvalidSource, match=r"table\.csv is damaged in the cache .*\n.*dvc push"):
        fetch_source(f"dvc+{folder}@v1:table.csv", tmp_path)
