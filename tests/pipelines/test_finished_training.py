from pathlib import Path

import numpy as np
import pytest

from components._problem.task import TaskKind
from components._problem.verdict import Verdict
from components._tracking.mlflow_connection import connect_to_mlflow
from components.errors import InvalidSetting
from components.json_file import write_json
from pipelines.finished_training import FinishedTraining
from tests.components._model.tables import KINDS, draw_table, fit_package, make_problem
from tests.tables import write_frame

_TRIALS = {"trials": [{"number": 0, "fold_scores": [0.5, 0.7]}, {"number": 1, "fold_scores": []}]}


def write_artifacts(folder: Path, kind: TaskKind) -> Path:
    """Write what a training leaves; its test rows have one with an unknown target."""
    package, problem = fit_package("linear", kind, threshold=0.5), make_problem(kind)
    package.save(folder / "train" / "model")
    problem.save(folder / "train" / "model" / "problem.json")
    test = draw_table(kind, 120, seed=9)
    test.loc[3, "y"] = None
    (folder / "split").mkdir()
    write_frame(
        test, {**KINDS, "y": "float" if kind == "regression" else "string"}, str(folder / "split" / "test")
    )
    (folder / "evaluate").mkdir()
    Verdict((), "", {"metric": "m", "score": 0.8}).save(str(folder / "evaluate" / "verdict"))
    (folder / "tune-result" / "results").mkdir(parents=True)
    write_json(folder / "tune-result" / "results" / "trials.json", _TRIALS)
    return folder


@pytest.fixture(scope="module", params=["binary", "regression"])
def training(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FinishedTraining:
    return FinishedTraining.read(write_artifacts(tmp_path_factory.mktemp("run"), request.param))


def test_rows_without_a_target_are_left_out_and_trials_have_their_mean(training: FinishedTraining) -> None:
    assert len(training.test) == len(training.truth) == len(training.predictions) == 119
    assert training.trials["score"].tolist()[0] == 0.6
    assert np.isnan(training.trials["score"][1])
    compared = training.compare_scores()
    assert (compared["recorded"], compared["rows"]) == (0.8, 119)
    assert np.isfinite(compared["here"])


def test_the_worst_rows_come_first(training: FinishedTraining) -> None:
    worst = training.list_worst(5)
    assert worst["loss"].is_monotonic_decreasing
    if training.problem.kind == "regression":
        errors = np.abs(training.predictions - training.truth)
        assert worst["loss"].iloc[0] == errors.max()
        return
    wrong = training.predictions[np.arange(119), training.truth]
    assert worst["loss"].iloc[0] == pytest.approx(1 - wrong.min())
    assert worst["predicted"].iloc[0] != worst["y"].iloc[0]


def test_a_column_has_an_effect_by_its_values(training: FinishedTraining) -> None:
    numbers = training.compute_effect("visits", 40)
    assert numbers.index.is_monotonic_increasing
    assert 2 <= len(numbers) <= 7
    cities = training.compute_effect("city", 40)
    assert set(cities.index) <= set(training.test["city"].dropna())


def test_the_model_answers_as_it_is_served(training: FinishedTraining) -> None:
    rows = training.test[training.columns].head(2)
    expected = training.package.predict_outputs(rows)
    np.testing.assert_array_equal(np.asarray(training.predict(rows)), expected)


def test_a_version_without_test_rows_is_refused(
    tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    with connect_to_mlflow(tracking_uri, "register a model") as client:
        run = client.create_run(client.create_experiment("old", tmp_path.as_uri())).info.run_id
        client.create_registered_model("churn")
        client.create_model_version("churn", tmp_path.as_uri(), run)
    with pytest.raises(InvalidSetting, match="Version 1 of 'churn' was registered without test rows"):
        FinishedTraining.fetch("1", "churn")
