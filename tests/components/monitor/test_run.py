import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._model.reference_rows import NoReference
from components._model.scorer import Scorer
from components._problem.monitoring import REQUEST_ID
from components._problem.task import TaskKind
from components._table.schema import Kind
from components._tracking.tracking_server import TrackingError
from components.errors import InvalidData
from components.json_file import write_json
from components.monitor.component import monitor
from components.monitor.record import MonitoringReport
from components.monitor.run import MonitoringOutcome, Settings, run
from components.serve.served_model import ServedModel
from tests.components.monitor.kserve_files import build_files, list_cells, make_pair
from tests.components.monitor.models import draw_day, write_day, write_monitored_model
from tests.s3 import S3Server, make_secret
from tests.tables import write_frame

TODAY = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
VALUE = {"tp": 100.0, "fp": -20.0}


def run_stage(
    folder: Path, truth: pd.DataFrame | None = None, place: str = ""
) -> tuple[MonitoringOutcome, MonitoringReport]:
    frame = truth if truth is not None else pd.DataFrame({REQUEST_ID: ["none"], "y": [None]}, dtype=object)
    kinds: dict[str, Kind] = {
        name: "string" if frame[name].dtype == object else "float" for name in map(str, frame)
    }
    write_frame(frame, kinds, folder / "truth")
    outcome = run(
        truth=str(folder / "truth"),
        model=str(folder / "model"),
        registration=str(folder / "registration"),
        record=str(folder / "record"),
        report=str(folder / "report"),
        settings=Settings(folder=place or str(folder / "monitoring")),
    )
    return outcome, MonitoringReport.load(folder / "record")


def write_days(folder: Path, scorer: Scorer, kind: TaskKind, n_days: int = 10, **broken: Any) -> pd.DataFrame:
    """Write a log of some days until yesterday, the last three with other values, and return the truth."""
    days = []
    for number in range(n_days):
        changes = broken if number >= n_days - 3 else {}
        day = TODAY - timedelta(days=n_days - number)
        days.append(write_day(folder / "monitoring", scorer, draw_day(kind, number, **changes), day))
    return pd.concat(days, ignore_index=True)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_requests_like_those_of_training_are_left_alone(tmp_path: Path, kind: TaskKind) -> None:
    scorer = write_monitored_model(tmp_path, kind, monitoring={"budget": 1e9})
    truth = write_days(tmp_path, scorer, kind)
    outcome, report = run_stage(tmp_path, truth)
    assert outcome.decision == "nothing"
    assert [column.name for column in report.columns if column.is_drifting] == []
    assert (report.rows, report.rows_logged, report.performance.labelled_rows) == (3_000, 3_000, 3_000)
    assert report.performance.labelled is not None
    assert not report.performance.is_worse
    assert outcome.metrics["rows"] == 3_000
    assert "Nothing to do" in (tmp_path / "report").read_text(encoding="utf-8")


def test_a_broken_column_is_an_alert_with_its_cost_and_stored(tmp_path: Path) -> None:
    scorer = write_monitored_model(
        tmp_path, "binary", value=VALUE, metric="roc_auc", monitoring={"budget": 10.0, "retrain": True}
    )
    write_days(tmp_path, scorer, "binary", amount=np.full(300, 1e6))
    outcome, report = run_stage(tmp_path)
    assert outcome.decision == "alert"
    first = report.columns[0]
    assert (first.name, first.is_drifting) == ("amount", True)
    assert first.basis in ("substituted", "both")
    assert first.loss is not None
    assert first.loss.low is not None
    assert first.loss.low > 0
    assert first.since is not None
    assert first.since.startswith(f"{TODAY - timedelta(days=3):%Y-%m-%d}")
    assert report.loss.is_above_budget
    assert any("No retraining: values of amount are outside" in reason for reason in report.decision.reasons)
    (stored,) = (tmp_path / "monitoring" / "y" / "reports").iterdir()
    assert MonitoringReport.load(stored) == report


@pytest.mark.slow
def test_windows_of_a_month_are_compared(tmp_path: Path) -> None:
    scorer = write_monitored_model(
        tmp_path, "binary", value=VALUE, monitoring={"window": "30 days", "persist": 1}
    )
    write_days(tmp_path, scorer, "binary", n_days=12, amount=np.full(300, 1e6))
    outcome, report = run_stage(tmp_path)
    assert outcome.decision == "nothing"
    first = report.columns[0]
    assert (first.name, first.is_drifting) == ("amount", True)
    assert first.loss is not None


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_shift_without_truth_is_estimated(tmp_path: Path, kind: TaskKind) -> None:
    scorer = write_monitored_model(tmp_path, kind)
    # Within what training saw, so that no row is broken.
    write_days(tmp_path, scorer, kind, amount=np.random.default_rng(0).normal(80.0, 30.0, 300))
    _, report = run_stage(tmp_path)
    assert [column.name for column in report.columns if column.is_drifting] == ["amount"]
    assert report.performance.estimated is not None
    assert report.performance.labelled is None


@pytest.mark.slow
def test_labelled_rows_say_that_the_model_became_worse(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary", monitoring={"retrain": True})
    truth = write_days(tmp_path, scorer, "binary")
    other = {"left": "stayed", "stayed": "left"}
    swapped = truth["y"].map(other).where(truth.index >= 1_500, truth["y"])
    outcome, report = run_stage(tmp_path, truth.assign(y=swapped))
    assert outcome.decision == "retrain"
    assert report.performance.is_worse
    assert report.concept is not None
    assert report.concept.is_drifting
    assert report.retraining is not None
    assert report.retraining.rows_test == 900
    outputs = outcome.to_outputs()
    assert (outputs["decision"], outputs["source"], outputs["test"], outputs["target"]) == (
        "retrain", report.retraining.source, report.retraining.test, "y",
    )  # fmt: skip
    assert outputs.keys() == outcome._replace(retraining=None).to_outputs().keys()
    assert outputs.keys() == set(monitor.component_spec.outputs) - {"record", "metrics", "report"}


@pytest.mark.slow_variants
@pytest.mark.parametrize("batch_size", [1, 7])
def test_the_events_of_kserve_in_object_storage_are_a_log(
    tmp_path: Path, s3: S3Server, empty_bucket: str, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    write_monitored_model(tmp_path, "binary", sensitive=("city",), keep=("city",))
    package = Package.load(tmp_path / "model")
    golden = sample_predicted_rows(package, draw_day("binary", 2, 20), 20, seed=0)
    write_json(tmp_path / "model" / "golden.json", golden)
    served = ServedModel.load(tmp_path / "model", "7")
    noon = TODAY - timedelta(hours=12)
    cells = list_cells(draw_day("binary", 1, 200))
    events = [
        event
        for i in range(0, 200, 10)
        for event in make_pair(served, cells[i : i + 10], f"r{i}", noon + timedelta(minutes=i))
    ]
    # The last response is missing, and one request is stored again.
    files = build_files(events[:-1], batch_size) | {"copy-request.json": json.dumps(events[0]).encode()}
    for name, content in files.items():
        s3.put(empty_bucket, f"models/y/logs/7/{name}", content)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    truth = pd.DataFrame({"customer": [f"C-{i}" for i in range(50)], "y": ["left"] * 50})
    _, report = run_stage(tmp_path, truth, f"s3://{empty_bucket}/models")
    assert (report.rows, report.rows_logged, report.performance.labelled_rows) == (190, 190, 50)
    assert [column.name for column in report.columns if column.name == "city"] == []
    notes = "\n".join(report.notes)
    assert "Left out of KServe's log: 1 request without a response." in notes
    assert "Left out of KServe's log: 1 event with the id of an earlier one." in notes
    names = [item.object_name for item in s3.client.list_objects(empty_bucket, "models/y/reports/")]
    assert len(names) == 1


@pytest.mark.slow
def test_rows_of_few_keys_are_too_few_to_train_on(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary", monitoring={"retrain": True})
    # The same 100 customers every hour.
    for hour in range(10):
        day = TODAY - timedelta(days=1) + timedelta(hours=hour)
        truth = write_day(tmp_path / "monitoring", scorer, draw_day("binary", hour, n_rows=100), day)
    other = {"left": "stayed", "stayed": "left"}
    outcome, report = run_stage(tmp_path, truth.assign(y=truth["y"].map(other)))
    assert outcome.decision == "alert"
    assert outcome.retraining is None
    assert report.decision.reasons[-1].startswith("No retraining: 100 labelled rows of the log are too few")


@pytest.mark.slow
def test_a_decision_that_mlflow_does_not_take_begins_no_cooldown(
    tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = write_monitored_model(tmp_path, "binary", monitoring={"retrain": True})
    truth = write_days(tmp_path, scorer, "binary", n_days=3)
    swapped = truth.assign(y=truth["y"].map({"left": "stayed", "stayed": "left"}))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match="did not take the decision"):
        run_stage(tmp_path, swapped)
    assert not (tmp_path / "monitoring" / "y" / "reports").exists()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    assert run_stage(tmp_path, swapped)[0].decision == "retrain"


def test_a_version_without_a_log_names_those_that_have_one(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary")
    write_day(tmp_path / "monitoring", scorer, draw_day("binary", 1), TODAY, version="6-000000000000")
    with pytest.raises(InvalidData, match="no log of version 7, only of 6-000000000000"):
        run_stage(tmp_path)
    assert not (tmp_path / "record").exists()


def test_a_model_without_a_log_says_how_to_get_one(tmp_path: Path) -> None:
    write_monitored_model(tmp_path, "binary")
    with pytest.raises(InvalidData, match="has no inference log yet"):
        run_stage(tmp_path)


def test_a_model_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary")
    write_days(tmp_path, scorer, "binary", n_days=2)
    (tmp_path / "model" / "reference.parquet").unlink()
    with pytest.raises(NoReference, match="Train it again") as raised:
        run_stage(tmp_path)
    assert raised.value.remedy


def test_what_cannot_be_read_or_judged_is_said(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary")
    write_day(tmp_path / "monitoring", scorer, draw_day("binary", 1, n_rows=3), TODAY - timedelta(days=1))
    write_day(tmp_path / "monitoring", scorer, draw_day("binary", 2), TODAY, version="6-000000000000")
    (log,) = (tmp_path / "monitoring" / "y" / "logs" / f"7-{scorer.digest[:12]}").iterdir()
    log.write_bytes(log.read_bytes() + b'{"time": "2026-11-')
    outcome, report = run_stage(tmp_path, pd.DataFrame({"customer": ["nobody"], "y": ["left"]}))
    assert outcome.decision == "nothing"
    notes = "\n".join(report.notes)
    assert f"1 line of the log cannot be read and were left out, in {log.name}." in notes
    assert "Logs of other versions of the model are not judged: 6-000000000000 (1 file)." in notes
    assert "None of the 1 true targets matches a logged row by customer" in notes
    assert all(window.effect is None for column in report.columns for window in column.windows)
