import math
from pathlib import Path

import mlflow
import pytest

from components._tracking.evaluated_run import log_documents, log_evaluation
from components._tracking.mlflow_connection import connect_to_mlflow


def test_the_run_that_trained_gets_the_test_metrics_with_their_intervals_the_card_and_the_pages(
    tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # kfp's files have no ending.
    (tmp_path / "card").write_text("# Card", encoding="utf-8")
    (tmp_path / "report").write_text("<h1>eda</h1>", encoding="utf-8")
    figures = {"roc_auc": 0.84, "roc_auc_low": 0.82, "log_loss": None, "value": math.inf}
    with connect_to_mlflow(tracking_uri, "keep a run") as client:
        run = client.create_run(client.create_experiment("evaluated", tmp_path.as_uri())).info.run_id
        for _ in range(2):  # A task that is repeated does the same again.
            log_evaluation(client, run, {"metrics": figures}, {"gates": "passed"})
            log_documents(client, run, tmp_path / "card", {"eda": str(tmp_path / "report")})
        logged = client.get_run(run)
    assert logged.data.metrics == {"test_roc_auc": 0.84, "test_roc_auc_low": 0.82}
    assert logged.data.tags["gates"] == "passed"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    assert mlflow.artifacts.load_text(f"{logged.info.artifact_uri}/card.md") == "# Card"
    assert mlflow.artifacts.load_text(f"{logged.info.artifact_uri}/pages/eda.html") == "<h1>eda</h1>"
