from pathlib import Path

import mlflow
import pytest

from components._tracking.experiment import set_experiment
from components._tracking.mlflow_connection import connect_to_mlflow


def test_artifacts_are_stored_beside_a_database(tracking_uri: str) -> None:
    with connect_to_mlflow(tracking_uri, "take the run") as client:
        for _ in range(2):
            set_experiment(client, tracking_uri, "Kündigung 1/2 %")
        with mlflow.start_run() as run:
            mlflow.log_text("é", "note.txt")
        experiment = client.get_experiment_by_name("Kündigung 1/2 %")
        assert experiment is not None
        assert run.info.experiment_id == experiment.experiment_id
    folder = Path(tracking_uri.removeprefix("sqlite:///")).parent / "mlartifacts" / "K_ndigung_1_2_"
    assert (folder / run.info.run_id / "artifacts" / "note.txt").read_text(encoding="utf-8") == "é"


def test_a_run_that_the_backend_began_keeps_its_experiment(
    tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_to_mlflow(tracking_uri, "take the run") as client:
        begun = client.create_run(client.create_experiment("of the backend"))
        monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
        set_experiment(client, tracking_uri, "ours")
        with mlflow.start_run() as run:
            assert run.info.run_id == begun.info.run_id
        assert client.get_experiment_by_name("ours") is None
