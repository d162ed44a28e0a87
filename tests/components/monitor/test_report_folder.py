"""The folder of reports, on a disk and in a real object storage."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from components._problem.monitoring import Monitoring
from components._store.failures import StorageError
from components._store.folder import open_folder
from components.environment import Environment
from components.monitor.exporter import ReportExporter
from components.monitor.record import Action, MonitoringDecision
from components.monitor.report_folder import ReportFolder, find_last_retraining
from tests.components.monitor.reports import make_report
from tests.s3 import S3Server

REPORT = make_report()


def open_reports(place: str, environment: Environment) -> ReportFolder:
    return ReportFolder(open_folder(place, environment, waits=()))


def test_local_reports_are_found_newest_first(tmp_path: Path) -> None:
    reports = tmp_path / "churn" / "reports"
    reports.mkdir(parents=True)
    for name in ("20261128T060000.json", "20261129T060000.json", "20261129T060000.html", ".json.tmp"):
        (reports / name).write_text(REPORT.to_json(), encoding="utf-8")
    (tmp_path / "README").touch()
    folder = open_reports(str(tmp_path), Environment())
    assert folder.list_models() == ["churn"]
    assert folder.list_reports("churn") == ["20261129T060000.json", "20261128T060000.json"]
    assert folder.load("churn", "20261128T060000.json") == REPORT


def test_stored_reports_are_found_newest_first(s3: S3Server, bucket: str) -> None:
    for key in (
        "monitoring/churn/reports/1.json",
        "monitoring/churn/reports/2.json",
        "monitoring/churn/reports/2.html",
        "monitoring/churn/logs/3/1.jsonl",
        "monitoring/price/reports/1.json",
        "monitoring/README",
        "others/reports/1.json",
    ):
        s3.put(bucket, key, REPORT.to_json().encode())
    folder = open_reports(f"s3://{bucket}/monitoring/", s3.make_environment())
    assert folder.list_models() == ["churn", "price"]
    assert folder.list_reports("churn") == ["2.json", "1.json"]
    assert folder.load("churn", "2.json") == REPORT


def test_a_model_of_which_there_are_logs_alone_has_no_reports(s3: S3Server, bucket: str) -> None:
    s3.put(bucket, "monitoring/churn/logs/3/1.jsonl", b"{}")
    exporter = ReportExporter(open_reports(f"s3://{bucket}/monitoring", s3.make_environment()))
    assert exporter.look(0.0) is None


def test_storage_that_refuses_is_an_error_and_stops_nothing(s3: S3Server, bucket: str) -> None:
    folder = open_reports(f"s3://{bucket}/monitoring", s3.make_environment("reader"))
    with pytest.raises(StorageError, match="cannot be listed"):
        folder.list_models()
    assert "cannot be listed" in (ReportExporter(folder).look(0.0) or "")


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_report_is_stored_by_its_time(tmp_path: Path, s3: S3Server, bucket: str, is_stored: bool) -> None:
    folder = (
        open_reports(f"s3://{bucket}/written", s3.make_environment())
        if is_stored
        else open_reports(str(tmp_path / "monitoring"), Environment())
    )
    record = tmp_path / "record"
    record.write_text(REPORT.to_json(), encoding="utf-8")
    assert folder.list_reports("churn") == []
    folder.store("churn", record, datetime(2026, 11, 29, 6, 30, 5))
    assert folder.list_reports("churn") == ["20261129T063005.json"]
    assert folder.load("churn", "20261129T063005.json") == REPORT


def test_the_last_retraining_is_found_within_the_cooldown(tmp_path: Path) -> None:
    folder = open_reports(str(tmp_path), Environment())
    policy = Monitoring(cooldown="7 days")
    assert find_last_retraining(folder, "churn", policy) is None
    actions: list[tuple[int, Action]] = [(1, "retrain"), (20, "nothing"), (22, "retrain"), (25, "alert")]
    for day, action in actions:
        record = tmp_path / "record"
        text = replace(REPORT, decision=MonitoringDecision(action, ())).to_json()
        record.write_text(text, encoding="utf-8")
        folder.store("churn", record, datetime(2026, 11, day))
    (tmp_path / "churn" / "reports" / "copy of 1.json").write_text("{}")
    assert find_last_retraining(folder, "churn", policy) == datetime(2026, 11, 22)
    assert find_last_retraining(folder, "churn", Monitoring(cooldown="1 day")) is None
