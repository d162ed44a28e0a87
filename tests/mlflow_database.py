"""MLflow's database in a file. To make one takes seconds; a copy takes no time."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without experiments and models, to be copied."""
    # Importing MLflow takes longer than most tests.
    from components._tracking.mlflow_connection import connect_to_mlflow

    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with connect_to_mlflow(f"sqlite:///{file}", "begin"):
        return file


@pytest.fixture
def tracking_uri(tmp_path: Path, mlflow_database: Path) -> str:
    """Address of a database of the test's own, in its folder."""
    shutil.copy(mlflow_database, tmp_path)
    return f"sqlite:///{tmp_path}/mlflow.db"
