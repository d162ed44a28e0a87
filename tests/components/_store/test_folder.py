"""The same of a folder on a disk and of one in a real object storage."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components._store.failures import StorageError
from components._store.folder import Folder, open_folder
from components.environment import Environment
from components.errors import InvalidSource
from tests.s3 import S3Server


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_file(text: str) -> Path:
        file = tmp_path / "written"
        file.write_text(text)
        return file

    return write_file


@pytest.fixture(params=["local", "stored"])
def place(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server, empty_bucket: str) -> str:
    return str(tmp_path / "folder") if request.param == "local" else f"s3://{empty_bucket}/folder"


@pytest.fixture
def folder(place: str, s3: S3Server) -> Folder:
    return open_folder(place, s3.make_environment())


def test_what_is_stored_is_listed_and_fetched(
    folder: Folder, place: str, write: Callable[[str], Path], tmp_path: Path
) -> None:
    folder.store(write("first"), "churn", "reports", "1.json")
    folder.store(write("second"), "churn", "reports", "2.json")
    folder.store(write("note"), "churn", "README")
    assert folder.list_names() == ["churn/"]
    assert folder.list_names("churn") == ["README", "reports/"]
    assert folder.list_names("churn", "reports") == ["1.json", "2.json"]
    assert folder.fetch(tmp_path, "churn", "reports", "2.json").read_text() == "second"
    assert folder.join("churn", "reports", "2.json") == f"{place}/churn/reports/2.json"


def test_a_file_is_replaced(folder: Folder, write: Callable[[str], Path], tmp_path: Path) -> None:
    folder.store(write("old"), "a.json")
    folder.store(write("new"), "a.json")
    assert folder.list_names() == ["a.json"]
    assert folder.fetch(tmp_path, "a.json").read_text() == "new"


def test_files_of_one_name_are_fetched_apart(
    folder: Folder, write: Callable[[str], Path], tmp_path: Path
) -> None:
    for version in ("1", "2"):
        folder.store(write(version), version, "rows")
    assert [file.read_text() for file in [folder.fetch(tmp_path, name, "rows") for name in "12"]] == [
        "1",
        "2",
    ]


def test_files_below_a_subfolder_are_listed_with_their_times(
    folder: Folder, write: Callable[[str], Path], tmp_path: Path
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    for name in ("a.json", "team/churn/b.json", "team/churn/c.json"):
        folder.store(write(name), "logs", "3", name)
    folder.store(write("other"), "logs", "30", "d.json")
    found = folder.list_files("logs", "3")
    assert sorted(file.name for file in found) == ["a.json", "team/churn/b.json", "team/churn/c.json"]
    assert all(before <= file.modified <= datetime.now(UTC) + timedelta(seconds=2) for file in found)
    for file in found:
        assert folder.fetch(tmp_path, "logs", "3", file.name).read_text() == file.name
    assert len(folder.list_files("logs", "3", most=2)) == 2


def test_a_missing_subfolder_is_empty(folder: Folder) -> None:
    assert folder.list_names("churn", "reports") == []
    assert folder.list_files("churn", "reports") == []


def test_what_a_console_stores_for_a_folder_is_not_a_file(s3: S3Server, bucket: str) -> None:
    s3.put(bucket, "console/logs/", b"")
    s3.put(bucket, "console/logs/a", b"a")
    folder = open_folder(f"s3://{bucket}/console", s3.make_environment())
    assert [file.name for file in folder.list_files("logs")] == ["a"]


def test_a_file_that_ends_while_the_folder_is_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a").touch()
    assert [file.name for file in open_folder(str(tmp_path), Environment()).list_files()] == ["a"]


def test_a_missing_local_folder_is_an_error(tmp_path: Path) -> None:
    folder = open_folder(str(tmp_path / "nowhere"), Environment())
    with pytest.raises(FileNotFoundError, match="nowhere"):
        folder.list_names()


def test_a_local_file_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    assert open_folder(str(tmp_path), Environment()).fetch(tmp_path / "scratch", "a") == tmp_path / "a"


def test_a_file_that_cannot_be_stored_leaves_the_old_one(
    folder: Folder, write: Callable[[str], Path], tmp_path: Path
) -> None:
    folder.store(write("old"), "a.json")
    with pytest.raises(FileNotFoundError, match="missing"):
        folder.store(tmp_path / "missing", "a.json")
    assert folder.list_names() == ["a.json"]
    assert folder.fetch(tmp_path, "a.json").read_text() == "old"


def test_a_slash_at_the_end_does_not_matter(s3: S3Server, bucket: str) -> None:
    s3.put(bucket, "slashed/a", b"a")
    folder = open_folder(f"s3://{bucket}/slashed/", s3.make_environment())
    assert folder.list_names() == ["a"]
    assert folder.join("a") == f"s3://{bucket}/slashed/a"


def test_a_wrong_address_is_an_error(s3: S3Server) -> None:
    with pytest.raises(InvalidSource, match="names a bucket but no object"):
        open_folder("s3://data/", s3.make_environment())


def test_storage_that_refuses_is_an_error(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    folder = open_folder(f"s3://{bucket}/folder", s3.make_environment("reader"), waits=())
    with pytest.raises(StorageError, match="cannot be listed"):
        folder.list_names("churn")
    with pytest.raises(StorageError, match="cannot be listed"):
        folder.list_files("churn")
    with pytest.raises(StorageError, match="cannot be written"):
        folder.store(Path(__file__), "a")
