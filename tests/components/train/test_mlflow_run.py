import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from components._model.package import Package
from components._problem.metrics import name_metric
from components._problem.task import TASKS, TaskKind
from components._sweep.trials import TrialResult
from components._tracking.tracking_server import TrackingError
from components.train.mlflow_run import TrackedModel, log_mlflow_run
from tests.components._model.tables import draw_table, fit_package

TRIALS = [
    TrialResult(0, 0, "linear", {"strength": 1.0}, (0.5, 0.7), (0, 0), started=10.0, seconds=2.0),
    TrialResult(1, 0, "linear", {}, failure="it broke"),
    TrialResult(2, 1, "linear", {}, (0.1,), (0,), is_pruned=True),
    TrialResult(5, 1, "linear", {"strength": 3.0}, (0.8, 0.8), (0, 0), started=11.0, seconds=4.0),
]


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow keeps where it tracks in the environment."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, name="folder")
def _folder(tmp_path: Path) -> Path:
    """A model's folder: what is in it does not matter here."""
    place = tmp_path / "model"
    place.mkdir()
    (place / "signature.json").write_text("{}")
    return place


def _track(package: Package, folder: Path, uri: str, experiment: str = "churn: north/south") -> TrackedModel:
    models = [{"parameters": {"learning_rate": 0.06}}]
    lineage = {"seed": 3, "models": models, "dataset_sha256": "abc", "commit": "def", "source": None}
    return log_mlflow_run(
        replace(package, lineage=lineage),
        folder,
        draw_table(package.signature.task, 9, seed=1),
        tracking_uri=uri,
        experiment=experiment,
        metrics={"cv_roc_auc": 0.875},
        trials=TRIALS,
    )


def _list_runs(uri: str, experiment: str) -> list[Run]:
    client = mlflow.MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    runs = list(client.search_runs([found.experiment_id])) if found else []
    return [run for run in runs if MLFLOW_PARENT_RUN_ID not in run.data.tags]


def _list_trials(uri: str, experiment: str) -> list[Run]:
    client = mlflow.MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    runs = client.search_runs([found.experiment_id], order_by=["start_time"])
    return [run for run in runs if MLFLOW_PARENT_RUN_ID in run.data.tags]


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_a_run_holds_the_model_and_what_is_said_of_it(
    folder: Path, tmp_path: Path, kind: TaskKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, uri = fit_package("lightgbm", kind), f"sqlite:///{tmp_path}/new/mlflow.db"
    tracked = _track(package, folder, uri)
    # For MLflow's own functions, with which a user looks at the run.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    (logged,) = _list_runs(uri, "churn: north/south")
    assert logged.info.status == "FINISHED"
    assert logged.outputs is not None
    facts = tracked._asdict()
    assert tracked == (logged.info.run_id, logged.outputs.model_outputs[0].model_id)
    assert logged.data.params == {
        "family": "lightgbm",
        "seed": "3",
        "learning_rate": "0.06",
        "source": "",
        "target": "y",
        "task": kind,
        "metric": name_metric(package.signature.metric),
    }
    assert logged.data.metrics["cv_roc_auc"] == 0.875
    assert logged.data.tags.items() >= {"dataset_sha256": "abc", "commit": "def"}.items()
    assert "source" not in logged.data.tags
    assert json.loads((folder / "mlflow.json").read_text(encoding="utf-8")) == facts
    (output,) = logged.outputs.model_outputs
    model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    columns = package.signature.columns
    assert model.metadata.get_input_schema().input_names() == list(columns)
    outputs = {"binary": "string", "multiclass": "string", "regression": "double"}
    assert [str(of) for of in model.metadata.get_output_schema().input_types()] == [
        f"DataType.{outputs[kind]}"
    ]
    rows = draw_table(kind, 40, seed=1)[list(columns)]
    kept = mlflow.artifacts.load_text(
        f"{mlflow.get_logged_model(output.model_id).artifact_location}/package/signature.json"
    )
    assert kept == "{}"
    pipeline = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    expected = package.pipeline.predict(rows)
    np.testing.assert_array_equal(pipeline.predict(rows), expected)
    # What checks rows against the signature wants numbers and booleans as doubles, which may be null.
    numbers = {name: "float64" for name, of in columns.items() if of in ("integer", "boolean")}
    np.testing.assert_array_equal(model.predict(rows.astype(numbers)), expected)
    example = model.metadata.load_input_example(f"models:/{output.model_id}")
    shown = package.pipeline.predict(draw_table(kind, 9, seed=1).head(3)[list(columns)])
    np.testing.assert_array_equal(model.predict(example), shown)
    assert list((tmp_path / "new" / "mlartifacts").iterdir()) == [
        tmp_path / "new" / "mlartifacts" / "churn_north_south"
    ]


def test_all_trials_are_logged_in_one_request(
    folder: Path, tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[int] = []
    log_batch = MlflowClient.log_batch

    def count_metrics(self: MlflowClient, run_id: str, metrics: Sequence[Metric] = (), **more: Any) -> object:
        requests.append(len(metrics))
        return log_batch(self, run_id, metrics=metrics, **more)

    monkeypatch.setattr(MlflowClient, "log_batch", count_metrics)
    package = fit_package("linear", "binary")
    _track(package, folder, tracking_uri)
    # Two are of the trials that are runs of their own, and the last is MLflow's own, of the model.
    assert requests[:3] == [1 + 2 * 2, 2, 2]
    assert len(requests) == 4
    (logged,) = _list_runs(tracking_uri, "churn: north/south")
    client = mlflow.MlflowClient(tracking_uri)
    history = client.get_metric_history(logged.info.run_id, "trial_roc_auc")
    assert [(entry.step, entry.value) for entry in history] == [(0, 0.6), (5, 0.8)]
    seconds = client.get_metric_history(logged.info.run_id, "trial_seconds")
    assert [(entry.step, entry.value, entry.timestamp) for entry in seconds] == [
        (0, 2.0, 12_000),
        (5, 4.0, 15_000),
    ]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    kept = mlflow.artifacts.load_dict(f"{logged.info.artifact_uri}/trials.json")["trials"]
    assert [trial["number"] for trial in kept] == [0, 1, 2, 5]
    assert kept[1]["failure"] == "it broke"


def test_a_run_has_the_name_the_question_and_the_page_that_it_was_given(
    folder: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def track() -> TrackedModel:
        return log_mlflow_run(
            replace(fit_package("linear", "binary"), lineage={"seed": 0, "models": [], "source": "a.csv"}),
            folder,
            draw_table("binary", 3, seed=1),
            tracking_uri=tracking_uri,
            experiment="named",
            metrics={},
            trials=[],
            run_name="training-1",
            asked={"budget_minutes": 10.0},
            links={"kfp.pipeline_run_id": "4f-1"},
            page="<h1>Model</h1>",
        )

    track()
    (logged,) = _list_runs(tracking_uri, "named")
    assert logged.info.run_name == "training-1"
    assert logged.data.params.items() >= {"source": "a.csv", "budget_minutes": "10"}.items()
    assert logged.data.tags["kfp.pipeline_run_id"] == "4f-1"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    assert mlflow.artifacts.load_text(f"{logged.info.artifact_uri}/pages/train.html") == "<h1>Model</h1>"
    # A run of the pipeline's backend is resumed, and keeps its name.
    client = mlflow.MlflowClient(tracking_uri)
    begun = client.create_run(logged.info.experiment_id, run_name="of the backend")
    monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
    assert track().run == begun.info.run_id
    assert client.get_run(begun.info.run_id).info.run_name == "of the backend"
    # At the end of the task KFP's plugin logs its inputs, as JSON. Another value would be refused.
    client.log_batch(begun.info.run_id, params=[Param("budget_minutes", json.dumps(10))])


def test_the_ten_best_trials_are_runs_below_that_of_the_model(folder: Path, tracking_uri: str) -> None:
    trials = [
        TrialResult(n, 0, "linear", {"strength": n}, (n / 20,), (0,), started=100.0 + n, seconds=2.0)
        for n in range(12)
    ]
    log_mlflow_run(
        replace(fit_package("linear", "binary"), lineage={"seed": 0, "models": []}),
        folder,
        draw_table("binary", 3, seed=1),
        tracking_uri=tracking_uri,
        experiment="nested",
        metrics={},
        trials=[*trials, TrialResult(20, 0, "linear", {}, failure="it broke")],
    )
    (parent,) = _list_runs(tracking_uri, "nested")
    runs = _list_trials(tracking_uri, "nested")
    assert [run.info.run_name for run in runs] == [f"trial {n}: Linear model" for n in range(2, 12)]
    assert {run.data.tags[MLFLOW_PARENT_RUN_ID] for run in runs} == {parent.info.run_id}
    best = runs[-1]
    assert best.data.metrics == {"cv_roc_auc": 0.55, "seconds": 2.0}
    assert best.data.params == {"family": "linear", "strength": "11"}
    assert (best.info.status, best.info.start_time, best.info.end_time) == ("FINISHED", 111_000, 113_000)


@pytest.mark.slow_variants
@pytest.mark.parametrize("n_trials", [449, 2_000])
def test_more_trials_than_a_request_holds_lose_the_first(
    folder: Path, tracking_uri: str, n_trials: int
) -> None:
    many = [TrialResult(n, 0, "linear", {}, (0.5,), (0,), started=1.0, seconds=1.0) for n in range(n_trials)]
    package = fit_package("linear", "binary")
    models = [{"parameters": {f"p{i}": i for i in range(60)}}]
    log_mlflow_run(
        replace(package, lineage={"seed": 0, "models": models}),
        folder,
        draw_table("binary", 3, seed=1),
        tracking_uri=tracking_uri,
        experiment="many",
        metrics={"cv": 0.5},
        trials=many,
    )
    (logged,) = _list_runs(tracking_uri, "many")
    history = mlflow.MlflowClient(tracking_uri).get_metric_history(logged.info.run_id, "trial_seconds")
    assert [entry.step for entry in history] == list(range(max(0, n_trials - 450), n_trials))


def test_each_trial_of_an_ensemble_is_a_parameter(folder: Path, tracking_uri: str) -> None:
    models = [
        {"title": "LightGBM", "trial": 3, "weight": 0.75},
        {"title": "Linear", "trial": 0, "weight": 0.25},
    ]
    log_mlflow_run(
        replace(fit_package("linear", "binary"), lineage={"seed": 0, "models": models}),
        folder,
        draw_table("binary", 3, seed=1),
        tracking_uri=tracking_uri,
        experiment="several",
        metrics={},
        trials=[],
    )
    (logged,) = _list_runs(tracking_uri, "several")
    assert logged.data.params["model_1"] == "LightGBM, trial 3, weight 0.75"
    assert logged.data.params["model_2"] == "Linear, trial 0, weight 0.25"


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("s3://data/customers.csv?versionId=v1", "customers.csv", "s3"),
        ("s3://data/2026/", "2026", "s3"),
        ("/tables/customers.csv", "customers.csv", "local"),
        ("sample:churn", "sample:churn", "sample"),
        (None, "table", "local"),
    ],
)
def test_the_run_has_the_table_as_its_dataset(
    folder: Path, tracking_uri: str, source: str | None, name: str, kind: str
) -> None:
    package = fit_package("linear", "regression")
    lineage = {"seed": 3, "models": [{"parameters": {}}], "source": source, "source_version": "v1"}
    log_mlflow_run(
        replace(package, lineage={**lineage, "dataset_sha256": "0123456789abcdef" * 4}),
        folder,
        draw_table("regression", 9, seed=1),
        tracking_uri=tracking_uri,
        experiment=f"dataset {name}",
        metrics={},
        trials=[],
    )
    (logged,) = _list_runs(tracking_uri, f"dataset {name}")
    assert logged.inputs is not None
    (found,) = logged.inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in found.tags}
    assert (found.dataset.name, found.dataset.source_type) == (name, kind)
    assert tags["mlflow.data.context"] == "training"
    assert (tags["source_version"], tags["dataset_sha256"]) == ("v1", "0123456789abcdef" * 4)
    assert found.dataset.digest == "0123456789abcdef0123456789abcdef0123"
    columns = [column["name"] for column in json.loads(found.dataset.schema or "")["mlflow_colspec"]]
    assert columns == list(package.signature.columns)


def test_a_second_run_joins_the_experiment(folder: Path, tracking_uri: str) -> None:
    package = fit_package("linear", "regression")
    _track(package, folder, tracking_uri)
    _track(package, folder, tracking_uri)
    assert len(_list_runs(tracking_uri, "churn: north/south")) == 2


def test_a_run_that_the_backend_has_begun_is_resumed(
    folder: Path, tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = mlflow.MlflowClient(tracking_uri)
    experiment = client.create_experiment("the backend's", artifact_location=(tmp_path / "files").as_uri())
    begun = client.create_run(experiment)
    monkeypatch.setenv("MLFLOW_RUN_ID", begun.info.run_id)
    _track(fit_package("linear", "regression"), folder, tracking_uri, experiment="mine")
    (resumed,) = _list_runs(tracking_uri, "the backend's")
    assert resumed.data.metrics["cv_roc_auc"] == 0.875
    assert _list_runs(tracking_uri, "mine") == []


def test_a_server_that_nobody_reaches_takes_no_run(folder: Path) -> None:
    with pytest.raises(TrackingError, match="MLflow at ftp://host did not take the run: "):
        _track(fit_package("linear", "regression"), folder, "ftp://ada:secret@host")
