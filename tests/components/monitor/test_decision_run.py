from pathlib import Path

import pytest

from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.tracking_server import TrackingError
from components.monitor.decision_run import log_decision
from components.monitor.record import MonitoringDecision
from tests.components.monitor.reports import make_report


def write_files(folder: Path) -> tuple[Path, Path]:
    files = folder / "record", folder / "report"
    for file in files:
        file.write_text(f"the {file.name}: é", encoding="utf-8")
    return files


def test_each_decision_is_a_run_with_its_reasons_and_its_page(tracking_uri: str, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    decided = MonitoringDecision("retrain", ("It became worse.", "By much."))
    for decision in (decided, MonitoringDecision("nothing", ("No column drifts.",))):
        report = make_report(decision=decision)
        log_decision(report, {"loss_per_day": 12.5}, files, tracking_uri)
    with connect_to_mlflow(tracking_uri, "tell") as client:
        experiment = client.get_experiment_by_name("churn-monitoring")
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id], order_by=["start_time"])
        assert [run.data.tags["decision"] for run in runs] == ["retrain", "nothing"]
        first = runs[0]
        assert first.data.tags["mlflow.note.content"] == "- It became worse.\n- By much."
        assert (first.data.tags["model"], first.data.tags["version"]) == ("churn", "3")
        assert first.data.metrics == {"loss_per_day": 12.5}
        page = client.download_artifacts(first.info.run_id, "page.html", str(tmp_path))
        assert Path(page).read_text(encoding="utf-8") == "the report: é"
        assert {file.path for file in client.list_artifacts(first.info.run_id)} == {
            "page.html",
            "record.json",
        }


def test_a_server_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=r"did not take the decision"):
        log_decision(make_report(), {}, write_files(tmp_path), "http://127.0.0.1:9")
