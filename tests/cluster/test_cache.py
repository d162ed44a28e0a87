"""What a second run reuses of the first: everything before the sweep, unless the table has changed."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from minio import Minio

from tests.cluster.runs import BEFORE_THE_SWEEP, PREFIX, ClusterRun, ClusterRuns
from tests.end_to_end.tables import write_csv

pytestmark = pytest.mark.cluster

KEY = f"{PREFIX}/table.csv"


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
