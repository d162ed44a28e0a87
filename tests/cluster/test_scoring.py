"""Scoring on a cluster: shards in parallel pods, one prediction for each row."""

import pytest

from tests.cluster.registry import TrainedModel
from tests.cluster.runs import ClusterRuns

pytestmark = pytest.mark.cluster

SHARDS = 3


def test_every_row_is_predicted_by_shards_in_pods_of_their_own(
    runs: ClusterRuns, trained_model: TrainedModel
) -> None:
    name, version = trained_model
    scored = runs.run(
        *("scoring", "source=sample:churn", f"model_name={name}", f"version={version}", f"shards={SHARDS}"),
        'identifiers=["customer_id"]',
    )
    assert scored.exit_status == 0, scored.output
    names = [node["name"] for node in scored.nodes if ".score(" in node["name"] or ".score." in node["name"]]
    assert len([name for name in names if ".executor" in name]) == SHARDS
    assert {"score-plan", "score-result"} <= scored.list_executed_tasks()
