"""Monitoring on a cluster: a log in MinIO is compared with training, and the report is stored beside it."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio import Minio

from components._inference_log.record import LogRecord, encode_record
from components.monitor.record import MonitoringReport
from tests.cluster.registry import TrainedModel, fetch_held_out
from tests.cluster.runs import PREFIX, ClusterRuns

pytestmark = pytest.mark.cluster


def test_a_log_in_minio_is_compared_with_training(
    runs: ClusterRuns, trained_model: TrainedModel, data: Minio, tmp_path: Path
) -> None:
    held_out = fetch_held_out(runs.kubectl, trained_model)
    start = datetime.now(UTC) - timedelta(hours=2)
    lines = [
        encode_record(LogRecord(start + timedelta(seconds=i), f"r{i}", 0, row, predicted[1:], None))
        for i, (row, predicted) in enumerate(zip(held_out["rows"], held_out["predictions"], strict=True))
    ]
    content = b"".join(lines)
    place = f"{PREFIX}/monitoring-{start:%H%M%S}"
    folder = f"{place}/{trained_model.name}"
    log = f"{folder}/logs/{trained_model.version}/{start:%Y%m%dT%H%M%S}-0-00000000.jsonl"
    data.put_object("monitoring", log, io.BytesIO(content), len(content))
    run = runs.run(
        "monitoring",
        f"folder=s3://monitoring/{place}",
        f"model_name={trained_model.name}",
        f"version={trained_model.version}",
    )
    assert run.exit_status == 0, run.output
    assert {"register-fetch", "ingest-truth", "monitor"} <= run.list_executed_tasks()
    (stored,) = data.list_objects("monitoring", prefix=f"{folder}/reports/")
    data.fget_object("monitoring", stored.object_name, str(tmp_path / "report"))
    report = MonitoringReport.load(tmp_path / "report")
    assert (report.rows_logged, report.version) == (len(lines), trained_model.version)
    assert report.decision.action == "nothing"
    assert report.loss.unit == "EUR"
