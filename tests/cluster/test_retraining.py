"""The loop on a cluster: a log and its truth in MinIO, a decision to retrain, the training in that run."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from minio import Minio

from components.monitor.record import MonitoringReport
from tests.cluster.inference_logs import BUCKET, store_log
from tests.cluster.registry import TrainedModel, fetch_held_out, fetch_version
from tests.cluster.runs import MONITORING_ACCOUNT, PREFIX, ClusterRuns

pytestmark = pytest.mark.cluster

MODEL = f"{PREFIX}-loop"
PROBLEM = {
    "identifiers": ["customer_id"],
    "positive_label": "yes",
    "value": {"tp": 40, "fp": -10},
    "monitoring": {"unit": "EUR", "retrain": True},
}


def test_a_run_that_finds_a_model_worse_trains_a_better_one(
    runs: ClusterRuns, data: Minio, tmp_path: Path
) -> None:
    first = runs.run(
        "training",
        "source=sample:churn",
        "target=churned",
        f"problem={json.dumps(PROBLEM)}",
        "trials=3",
        "budget_minutes=2",
        f"model_name={MODEL}",
    )
    assert first.exit_status == 0, first.output
    model = TrainedModel(MODEL, fetch_version(runs.kubectl, MODEL)["version"])
    held_out = fetch_held_out(runs.kubectl, model)
    start = datetime.now(UTC) - timedelta(hours=2)
    place = f"{PREFIX}/loop-{start:%H%M%S}"
    store_log(data, place, model, start, held_out["rows"], held_out["predictions"])
    # The customers do the contrary of what the model predicts.
    targets = ["no" if predicted[1] >= 0.25 else "yes" for predicted in held_out["predictions"]]
    truth = pd.DataFrame({"request_id": [f"r{i}" for i in range(len(targets))], "churned": targets})
    content = truth.to_csv(index=False).encode()
    data.put_object("data", f"{place}.csv", io.BytesIO(content), len(content))
    run = runs.run(
        "monitoring",
        f"folder=s3://{BUCKET}/{place}",
        f"truth=s3://data/{place}.csv",
        f"model_name={MODEL}",
        f"version={model.version}",
        "trials=3",
        "budget_minutes=2",
        account=MONITORING_ACCOUNT,
    )
    assert run.exit_status == 0, run.output
    assert {"monitor", "tune", "train", "evaluate", "register", "register-gate"} <= run.list_executed_tasks()
    (stored,) = data.list_objects(BUCKET, prefix=f"{place}/{MODEL}/reports/")
    data.fget_object(BUCKET, stored.object_name, str(tmp_path / "report"))
    report = MonitoringReport.load(tmp_path / "report")
    assert report.decision.action == "retrain"
    assert report.retraining is not None
    assert report.retraining.source.startswith(f"s3://{BUCKET}/{place}/{MODEL}/retraining/")
    newest = fetch_version(runs.kubectl, MODEL)
    assert newest["version"] == str(int(model.version) + 1)
    assert (newest["tags"]["compared_with"], newest["tags"]["comparison"]) == (model.version, "better")
