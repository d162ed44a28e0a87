"""Monitoring on a cluster: a log in MinIO is compared with training, and the report is stored beside it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio import Minio

from components.monitor.record import MonitoringReport
from tests.cluster.inference_logs import BUCKET, store_log
from tests.cluster.registry import TrainedModel, fetch_held_out
from tests.cluster.runs import MONITORING_ACCOUNT, PREFIX, ClusterRuns

pytestmark = pytest.mark.cluster


def test_a_log_in_minio_is_compared_with_training(
    runs: ClusterRuns, trained_model: TrainedModel, data: Minio, tmp_path: Path
) -> None:
    held_out = fetch_held_out(runs.kubectl, trained_model)
    start = datetime.now(UTC) - timedelta(hours=2)
    place = f"{PREFIX}/monitoring-{start:%H%M%S}"
    n_rows = store_log(data, place, trained_model, start, held_out["rows"], held_out["predictions"])
    run = runs.run(
        "monitoring",
        f"folder=s3://{BUCKET}/{place}",
        f"model_name={trained_model.name}",
        f"version={trained_model.version}",
        account=MONITORING_ACCOUNT,
    )
    assert run.exit_status == 0, run.output
    assert {"register-fetch", "ingest-truth", "monitor"} <= run.list_executed_tasks()
    (stored,) = data.list_objects(BUCKET, prefix=f"{place}/{trained_model.name}/reports/")
    data.fget_object(BUCKET, stored.object_name, str(tmp_path / "report"))
    report = MonitoringReport.load(tmp_path / "report")
    assert (report.rows_logged, report.version) == (n_rows, trained_model.version)
    assert report.decision.action == "nothing"
    assert report.loss.unit == "EUR"
