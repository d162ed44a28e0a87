"""What a second run reuses of the first: everything before the sweep, unless the table has changed."""

import base64
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from minio import Minio

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import PREFIX, ClusterRun, ClusterRuns
from tests.end_to_end.tables import write_csv

pytestmark = pytest.mark.cluster

KEY = f"{PREFIX}/table.csv"
BEFORE_THE_SWEEP = {
    "problem",
    "ingest",
    "validate",
    "validate-gate",
    "split",
    "eda",
    "preprocess",
    "engineer",
    "select",
}


@pytest.fixture
def data(suite: Kubectl) -> Iterator[Minio]:
    """MinIO's bucket for tables, with the key of the user who writes them."""
    secret = suite.get("secret", "minio-users", "kfp-tabular")["data"]["DATA_SECRET_KEY"]
    with suite.forward_port("minio", "kfp-tabular", 9000) as address:
        yield Minio(address, "kfp-tabular-data", base64.b64decode(secret).decode(), secure=False)


def put(data: Minio, path: Path) -> None:
    content = path.read_bytes()
    data.put_object("data", KEY, io.BytesIO(content), len(content))


def measure_seconds(run: ClusterRun) -> float:
    """Return the time from the run's start to the end of the plan of its sweep."""
    started = datetime.fromisoformat(run.workflow["status"]["startedAt"])
    ends = [node["finishedAt"] for node in run.nodes if "tune-plan-driver" in node["name"]]
    return (datetime.fromisoformat(max(ends)) - started).total_seconds()


def test_a_second_run_reuses_all_before_the_sweep(
    runs: ClusterRuns, data: Minio, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    put(data, write_csv(tmp_path / "table.csv", "binary"))
    words = [
        f"source=s3://data/{KEY}",
        "target=bought",
        "trials=3",
        "budget_minutes=2",
        f"model_name={PREFIX}-cache",
    ]
    first = runs.run("training", *words)
    assert first.exit_status == 0, first.output
    second = runs.run("training", *words)
    assert second.exit_status == 0, second.output
    assert not BEFORE_THE_SWEEP & second.list_executed_tasks()
    record_property("seconds before the sweep", measure_seconds(second))
    put(data, write_csv(tmp_path / "table.csv", "binary", seed=2))
    third = runs.run("training", *words)
    assert third.exit_status == 0, third.output
    assert {"ingest", "validate", "split"} <= third.list_executed_tasks()
