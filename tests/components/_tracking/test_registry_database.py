import sqlite3
from pathlib import Path

import pytest

from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components._tracking.registry_database import read_registry
from components._tracking.tracking_server import TrackingError
from tests.components._tracking.test_registry import log_model


def test_the_database_is_read_as_mlflow_reads_it(tmp_path: Path, tracking_uri: str) -> None:
    with connect_to_mlflow(tracking_uri, "keep models") as client:
        churn, fraud = Registry(client, "churn"), Registry(client, "fraud")
        for text in ("one", "two", "three"):
            churn.register(log_model(client, tmp_path, text), None, {"b": text, "a": "é"}, "")
        churn.promote("1")
        client.set_registered_model_alias("churn", "best", "1")
        client.delete_model_version("churn", "2")
        fraud.register(log_model(client, tmp_path, "four"), None, {}, "")
        client.create_registered_model("empty")
        expected = {"churn": churn.list_versions(), "empty": [], "fraud": fraud.list_versions()}
    assert read_registry(tmp_path / "mlflow.db") == expected
    assert [version.number for version in expected["churn"]] == ["3", "1"]
    assert expected["churn"][1].aliases == ("best", "champion")


def test_a_database_without_mlflows_tables_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(TrackingError, match=r"other.db cannot be read: no such table: registered_models"):
        read_registry(tmp_path / "other.db")
    with pytest.raises(TrackingError, match="unable to open"):
        read_registry(tmp_path / "missing.db")
