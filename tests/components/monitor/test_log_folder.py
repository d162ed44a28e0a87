from pathlib import Path

import pytest

from components._store.folder import open_folder
from components.environment import Environment
from components.monitor.log_folder import open_log
from tests.s3 import S3Server

VERSION = ("3", "8f2ac1d07b11")
FILES = {
    "3-8f2ac1d07b11/20261101T000000-0-aa.jsonl": "old",
    "3-8f2ac1d07b11/20261128T230000-0-ab.jsonl": "new",
    "3-8f2ac1d07b11/20261129T000000-1-ac.jsonl": "newest",
    "3-8f2ac1d07b11/notes.txt": "no log",
    "3/20261129T010000-0-ad.jsonl": "of KServe",
    "3/20261129T000000-1-ac.jsonl": "of KServe, too",
    "2-000000000000/20261129T000000-0-ae.jsonl": "another version",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "churn" / "logs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def read(place: str, days: float, environment: Environment) -> tuple[list[str], dict[str, int]]:
    with open_log(open_folder(place, environment), "churn", VERSION, days) as log:
        return [path.read_text() for path in log.files], log.other_versions


def test_a_version_is_found_by_its_hash_or_its_number(folder: Path) -> None:
    texts, others = read(str(folder), 60, Environment())
    assert sorted(texts) == ["new", "newest", "of KServe", "of KServe, too", "old"]
    assert others == {"2-000000000000": 1}


def test_files_that_ended_before_the_days_are_left_out(folder: Path) -> None:
    texts, _ = read(str(folder), 2, Environment())
    assert sorted(texts) == ["new", "newest", "of KServe", "of KServe, too"]


def test_without_a_log_there_are_no_files(tmp_path: Path) -> None:
    assert read(str(tmp_path), 2, Environment()) == ([], {})


def test_a_log_in_object_storage_is_downloaded(s3: S3Server, bucket: str) -> None:
    for name, text in FILES.items():
        s3.put(bucket, f"logged/churn/logs/{name}", text.encode())
    texts, others = read(f"s3://{bucket}/logged/", 2, s3.make_environment())
    assert sorted(texts) == ["new", "newest", "of KServe", "of KServe, too"]
    assert others == {"2-000000000000": 1}
