import time
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.entities import Run

from components._model.package import Package
from components._problem.task import TASKS, TaskKind
from components.train.tracking import TrackingFailed, track
from tests.components._model.tables import fitted_package, raw_table


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow keeps where it tracks in the environment."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def _track(package: Package, uri: str, experiment: str = "churn: north/south") -> None:
    track(
        package,
        tracking_uri=uri,
        experiment=experiment,
        parameters={"family": "lightgbm", "learning_rate": 0.06},
        metrics={"cv_roc_auc": 0.875},
        tags={"dataset_sha256": "abc", "commit": "def"},
    )


def _runs(uri: str, experiment: str) -> list[Run]:
    client = mlflow.MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found else []


@pytest.mark.parametrize("kind", TASKS)
def test_a_run_holds_the_model_and_what_is_said_of_it(tmp_path: Path, kind: TaskKind) -> None:
    package, uri = fitted_package("lightgbm", kind), f"sqlite:///{tmp_path}/new/mlflow.db"
    _track(package, uri)
    (logged,) = _runs(uri, "churn: north/south")
    assert logged.info.status == "FINISHED"
    assert logged.data.params == {"family": "lightgbm", "learning_rate": "0.06"}
    assert logged.data.metrics == {"cv_roc_auc": 0.875}
    assert logged.data.tags.items() >= {"dataset_sha256": "abc", "commit": "def"}.items()
    (output,) = logged.outputs.model_outputs
    model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    columns = package.signature.columns
    assert model.metadata.get_input_schema().input_names() == list(columns)
    outputs = {"binary": "string", "multiclass": "string", "regression": "double"}
    assert [str(of) for of in model.metadata.get_output_schema().input_types()] == [
        f"DataType.{outputs[kind]}"
    ]
    rows = raw_table(kind, 40, seed=1)[list(columns)]
    pipeline = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    expected = package.pipeline.predict(rows)
    np.testing.assert_array_equal(pipeline.predict(rows), expected)
    # What checks rows against the signature wants numbers and booleans as doubles, which may be null.
    numbers = {name: "float64" for name, of in columns.items() if of in ("integer", "boolean")}
    np.testing.assert_array_equal(model.predict(rows.astype(numbers)), expected)
    assert list((tmp_path / "new" / "mlartifacts").iterdir()) == [
        tmp_path / "new" / "mlartifacts" / "churn_north_south"
    ]


def test_a_second_run_joins_the_experiment(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    package = fitted_package("linear", "regression")
    _track(package, uri)
    _track(package, uri)
    assert len(_runs(uri, "churn: north/south")) == 2


def test_a_run_that_the_backend_has_begun_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("the backend's", artifact_location=(tmp_path / "files").as_uri())
    begun = client.create_run(experiment)
    monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
    _track(fitted_package("linear", "regression"), uri, experiment="mine")
    (resumed,) = _runs(uri, "the backend's")
    assert resumed.data.metrics == {"cv_roc_auc": 0.875}
    assert _runs(uri, "mine") == []


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://ada:secret@127.0.0.1:9", "MLflow at http://127.0.0.1:9 did not .*: Connection refused\n"),
        ("sqlite:////dev/null/mlflow.db", "MLflow at sqlite:////dev/null/mlflow.db did not take the run: "),
        ("ftp://ada:secret@host", "MLflow at ftp://host did not take the run: "),
        ("postgresql://ada:secret@127.0.0.1:9/db", "MLflow at postgresql://127.0.0.1:9/db did not take"),
    ],
)
def test_where_nobody_answers_the_error_is_short_and_tells_no_secret(uri: str, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(TrackingFailed, match=message) as caught:
        _track(fitted_package("linear", "regression"), uri)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 500
    # MLflow's own patience is four minutes with a server and two with a database.
    assert time.monotonic() - started < 30
