from pathlib import Path

import mlflow
import pytest

from components._tracking.experiment import start_run
from components._tracking.mlflow_connection import connect_to_mlflow


def test_artifacts_are_stored_beside_a_database(tracking_uri: str) -> None:
    with connect_to_mlflow(tracking_uri, "take the run") as client:
        for name in ("first", "second"):
            with start_run(client, tracking_uri, "Kündigung 1/2 %", name) as run:
                mlflow.log_text("é", "note.txt")
        assert run.info.run_name == "second"
        experiment = client.get_experiment_by_name("Kündigung 1/2 %")
        assert experiment is not None
        assert run.info.experiment_id == experiment.experiment_id
    folder = Path(tracking_uri.removeprefix("sqlite:///")).parent / "mlartifacts" / "K_ndigung_1_2_"
    assert (folder / run.info.run_id / "artifacts" / "note.txt").read_text(encoding="utf-8") == "é"


def test_a_run_that_the_backend_began_keeps_its_experiment(
    tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_to_mlflow(tracking_uri, "take the run") as client:
        begun = client.create_run(client.create_experiment("of the backend"), run_name="its task")
        monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
        with start_run(client, tracking_uri, "ours", "our name") as run:
            assert (run.info.run_id, run.info.run_name) == (begun.info.run_id, "its task")
        assert client.get_experiment_by_name("ours") is None


def test_a_variable_without_a_run_begins_one(tracking_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "")
    with (
        connect_to_mlflow(tracking_uri, "take the run") as client,
        start_run(client, tracking_uri, "ours", "our name") as run,
    ):
        assert run.info.run_name == "our name"
