import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components._store.folder import open_folder
from components.environment import Environment
from components.monitor.log_folder import MOST_COUNTED, open_log
from tests.components.monitor.kserve_files import PLACE
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


NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def write_event(folder: Path, version: str, name: str, stored: datetime) -> None:
    file = folder / "churn" / "logs" / version / PLACE / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(name)
    os.utime(file, (stored.timestamp(), stored.timestamp()))


def read_events(place: str, days: float, environment: Environment, scratch: Path) -> list[tuple[str, str]]:
    with open_log(open_folder(place, environment), "churn", VERSION, days) as log:
        return [(event.name, event.fetch(scratch).read_text()) for event in log.events]


def test_events_of_kserve_are_found_below_the_version_the_oldest_first(tmp_path: Path) -> None:
    write_event(tmp_path, "3", "b-request.json", NOW - timedelta(hours=2))
    write_event(tmp_path, "3", "a-request.json", NOW)
    write_event(tmp_path, "3", "id/with/slashes-request.json", NOW - timedelta(hours=1))
    write_event(tmp_path, "30", "c-request.json", NOW)
    names = ["b-request.json", "id/with/slashes-request.json", "a-request.json"]
    assert read_events(str(tmp_path), 1, Environment(), tmp_path) == [(f"{PLACE}/{of}", of) for of in names]
    assert read(str(tmp_path), 1, Environment()) == ([], {"30": 1})


def test_events_that_were_stored_before_the_days_are_not_read(tmp_path: Path) -> None:
    write_event(tmp_path, "3", "old-request.json", NOW - timedelta(days=3))
    write_event(tmp_path, "3", "new-request.json", NOW - timedelta(days=1))
    write_event(tmp_path, "3", "newest-request.json", NOW)
    found = read_events(str(tmp_path), 2, Environment(), tmp_path)
    assert [text for _, text in found] == ["new-request.json", "newest-request.json"]


def test_events_of_kserve_are_found_in_object_storage(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    for name in ("a-request.json", "a-response.json"):
        s3.put(bucket, f"events/churn/logs/3/{PLACE}/{name}", name.encode())
    found = read_events(f"s3://{bucket}/events", 2, s3.make_environment(), tmp_path)
    assert found == [(f"{PLACE}/{name}", name) for name in ("a-request.json", "a-response.json")]


def test_files_of_another_version_are_counted_up_to_a_thousand(tmp_path: Path) -> None:
    for number in range(MOST_COUNTED + 2):
        write_event(tmp_path, "2", f"{number}.json", NOW)
    assert read(str(tmp_path), 2, Environment()) == ([], {"2": MOST_COUNTED})
