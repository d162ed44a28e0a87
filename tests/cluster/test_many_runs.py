"""Many runs at once on a small cluster: all end well, and none is lost.

It takes about 20 minutes on two processors: ``make test-cluster LONG=1``.
"""

import time
from collections.abc import Callable

import pytest

from tests.cluster.registry import TrainedModel
from tests.cluster.runs import ClusterRuns

pytestmark = [pytest.mark.cluster, pytest.mark.long]

RUNS = 20
MOST_SECONDS = 5400.0


def test_twenty_runs_at_once_all_end_well(
    runs: ClusterRuns, trained_model: TrainedModel, record_property: Callable[[str, object], None]
) -> None:
    name, version = trained_model
    words = ["source=sample:churn", f"model_name={name}", f"version={version}", "shards=1"]
    started = time.monotonic()
    with runs.start_all(RUNS, "scoring", *words) as all_runs:
        for run in all_runs:
            run.wait(MOST_SECONDS)
    record_property("minutes", (time.monotonic() - started) / 60)
    assert [run.output for run in all_runs if run.exit_status] == []
    assert len({run.run_id for run in all_runs}) == RUNS
    for run in all_runs:
        assert run.workflow["status"]["phase"] == "Succeeded"
        assert "score-result" in run.list_executed_tasks()
