import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._model.package import Package
from components._problem.task import TaskKind
from components._sweep.cross_validation import cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep, TrialResult
from components.train.run import Settings, run
from components.tune.result import join_workers
from tests.browser import Browser
from tests.components._model.tables import KINDS, SMALL, draw_table
from tests.components.train.finished import write_sweep
from tests.components.train.large import N_OTHERS, N_SAMPLED, write_large_sweep

SOURCE: dict[str, str | int] = {
    "sha256": "of-train",
    "dataset_sha256": "of-all",
    "source": "file.csv",
    "rows": 9,
}


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("KFP_TABULAR_COMMIT", "c0ffee")


def _run(folder: Path, places: dict[str, Any], seed: int = 0, **settings: Any) -> dict[str, float]:
    return run(
        **places,
        model=str(folder / "model"),
        report=str(folder / "report.html"),
        source=SOURCE,
        settings=Settings(seed=seed, **settings),
    )


def _read_strictly(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"), parse_constant=pytest.fail)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("kind", "family"), [("binary", "lightgbm"), ("multiclass", "linear"), ("regression", "extra_trees")]
)
def test_the_model_folder_is_whole_and_true(tmp_path: Path, kind: TaskKind, family: str) -> None:
    places = write_sweep(tmp_path, kind, family)
    metrics = _run(tmp_path, places)
    folder = tmp_path / "model"
    assert {file.name for file in folder.iterdir()} == {
        "model.skops",
        "signature.json",
        "problem.json",
        "schema.json",
        "profile.json",
        "reference.parquet",
        "compiled",
        "golden.json",
        "lineage.json",
        *(["intervals.json"] if kind == "regression" else []),
    }
    package = Package.load(folder)
    golden = _read_strictly(folder / "golden.json")
    rows = pd.DataFrame(golden["rows"])
    rows["since"] = pd.to_datetime(rows["since"], format="ISO8601")
    np.testing.assert_array_equal(package.predict(rows), golden["predictions"])
    assert (folder / "schema.json").read_bytes() == Path(places["schema"]).read_bytes()
    assert _read_strictly(folder / "signature.json")["family"] == family
    assert set(_read_strictly(folder / "profile.json")["columns"]) == set(package.signature.columns)

    lineage = _read_strictly(folder / "lineage.json")
    winner = Sweep.load([places["trials"]]).winner
    assert lineage.items() >= {**SOURCE, "commit": "c0ffee", "seed": 0, "trials": 1}.items()
    (model,) = lineage["models"]
    assert (model["trial"], model["family"], model["weight"]) == (0, family, 1.0)
    assert model["parameters"] == winner.parameters == SMALL[family]
    assert model["fold_scores"] == list(winner.fold_scores)
    assert model["fits"] == (5 if family == "lightgbm" else 1)
    assert lineage["cross_validated"]["reason"] == "it is the only trial that finished"
    assert {"python", "scikit-learn", "lightgbm"} <= set(lineage["versions"])

    name = {"binary": "cv_roc_auc", "multiclass": "cv_log_loss", "regression": "cv_root_mean_squared_error"}
    assert metrics[name[kind]] == abs(lineage["cross_validated"]["score"])
    assert (metrics["trials"], metrics["models"]) == (1, 1)
    assert metrics.get("threshold") == package.signature.threshold
    assert ("threshold" in metrics) == (kind == "binary")
    # It has learnt something that holds for rows it has not seen.
    unseen = draw_table(kind, 200, seed=1)
    if kind == "regression":
        assert np.corrcoef(package.predict(unseen), unseen["y"])[0, 1] > 0.5
    else:
        right = package.pipeline.predict(unseen[list(package.signature.columns)]) == unseen["y"]
        assert right.mean() > unseen["y"].value_counts(normalize=True).max() + 0.1


@pytest.mark.slow
def test_several_trials_make_a_model_where_they_are_better(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "regression", "linear", "extra_trees", "lightgbm", "kernel")
    metrics = _run(tmp_path, places)
    lineage = _read_strictly(tmp_path / "model" / "lineage.json")
    assert metrics["models"] == len(lineage["models"]) > 1
    assert sum(model["weight"] for model in lineage["models"]) == pytest.approx(1)
    assert lineage["cross_validated"]["score"] > lineage["cross_validated"]["best_trial"]
    assert Package.load(tmp_path / "model").signature.title == f"Ensemble of {metrics['models']:.0f} models"


@pytest.mark.slow_variants
@pytest.mark.parametrize(("kind", "family"), [("binary", "lightgbm"), ("regression", "linear")])
def test_a_budget_that_ended_in_the_first_trial_leaves_a_model_of_its_folds(
    tmp_path: Path, kind: TaskKind, family: str
) -> None:
    places = write_sweep(tmp_path, kind, "linear")
    folds = FoldSet.load(places["folds"])
    n_folds = len(folds.folds)
    # Asked before each of the first folds, and, if a fit has steps, in those of the first two.
    n_folds_begun = 0

    def is_over(share: float = 1.0) -> bool:
        nonlocal n_folds_begun
        n_folds_begun += share == 1.0
        return n_folds_begun > 2 or (share < 1.0 and share > 1.5 / n_folds)

    outcome = cross_validate(family, SMALL[family], folds, 0, 1, is_over)
    assert len(outcome.fold_scores) == 2 < n_folds
    assert outcome.predicted is not None
    scores, steps = tuple(outcome.fold_scores), tuple(outcome.steps)
    cut = TrialResult(0, 0, family, SMALL[family], scores, steps, started=1.0, seconds=0.5, is_open=True)
    predicted = {0: outcome.predicted.astype(np.float32)}
    Sweep([cut], predicted, asked=1, is_out_of_time=True).save(tmp_path / "worker")
    results, page = str(tmp_path / "joined"), tmp_path / "sweep.html"
    join_workers(
        folds=places["folds"], parts=[str(tmp_path / "worker")], results=results, report=str(page), seed=0
    )
    assert "Time ran out before a trial had all folds; those with 2 folds count." in page.read_text("utf-8")
    metrics = _run(tmp_path, places | {"trials": results})
    assert metrics.items() >= {"models": 1, "trials": 1}.items()
    lineage = _read_strictly(tmp_path / "model" / "lineage.json")
    warning = f"before a trial was scored in all {n_folds} folds, so the model was chosen by 2 of them."
    assert warning in lineage["warnings"][0]["text"]
    made = Package.load(tmp_path / "model").predict(draw_table(kind, 80, seed=1))
    assert len(made) == 80


@pytest.mark.slow
def test_one_model_can_be_asked_for(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "regression", "linear", "extra_trees", "lightgbm")
    assert _run(tmp_path, places, max_models=1)["models"] == 1


@pytest.mark.slow
def test_the_same_inputs_and_seed_give_the_same_model(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "binary", "lightgbm", "linear")
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        _run(tmp_path / name, places, seed=5)
    for file in ("signature.json", "schema.json", "profile.json", "golden.json", "lineage.json"):
        once, again = (tmp_path / name / "model" / file for name in ("once", "again"))
        assert once.read_bytes() == again.read_bytes()
    assert (tmp_path / "once" / "report.html").read_bytes() == (
        tmp_path / "again" / "report.html"
    ).read_bytes()


@pytest.mark.slow
def test_a_run_is_tracked_where_the_environment_says(
    tmp_path: Path, tracking_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    monkeypatch.setenv("KFP_TABULAR_RUN", "training-1")
    metrics = _run(tmp_path, write_sweep(tmp_path, "binary", "lightgbm"))
    client = mlflow.MlflowClient(tracking_uri)
    experiment = client.get_experiment_by_name("y")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    (logged,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    assert logged.info.run_name == "training-1"
    # The trial's own figures beside the model's.
    own = {name: value for name, value in logged.data.metrics.items() if not name.startswith("trial_")}
    assert own == pytest.approx(metrics)
    assert logged.data.metrics.keys() - own.keys() == {"trial_roc_auc", "trial_seconds"}
    assert logged.data.params == {
        "family": "lightgbm",
        "seed": "0",
        "source": "file.csv",
        "target": "y",
        "task": "binary",
        "metric": "roc_auc",
        "budget_minutes": "10",
        "max_models": "5",
        **{name: str(value).removesuffix(".0") for name, value in SMALL["lightgbm"].items()},
    }
    tags = {"sha256": "of-train", "dataset_sha256": "of-all", "source": "file.csv", "commit": "c0ffee"}
    assert logged.data.tags.items() >= tags.items()


@pytest.mark.slow
def test_a_table_beyond_the_memory_is_learnt_from_whole(tmp_path: Path) -> None:
    places = write_large_sweep(tmp_path, "binary", "lightgbm")
    _run(tmp_path, places)
    folder = tmp_path / "model"
    lineage = _read_strictly(folder / "lineage.json")
    (model,) = lineage["models"]
    assert (model["family"], model["fits"]) == ("lightgbm", 1)
    assert 4 * N_SAMPLED < model["rows"] < N_SAMPLED + N_OTHERS
    assert lineage["serving"]["form"] == "compiled"
    assert _read_strictly(folder / "profile.json")["n_rows"] == N_SAMPLED + N_OTHERS
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"The model learnt from {model['rows']:,} of 1,800 training rows." in page
    assert "Learning curve" in page
    (tmp_path / "small").mkdir()
    _run(tmp_path / "small", {**places, "train": places["sample"], "sample": None})
    unseen = draw_table("binary", 2_000, seed=2)
    packages = [Package.load(place / "model") for place in (tmp_path, tmp_path / "small")]
    errors = [np.mean(package.pipeline.predict(unseen[list(KINDS)]) != unseen["y"]) for package in packages]
    assert errors[0] < errors[1]
    # The other has neither rows nor a curve.
    small = _read_strictly(tmp_path / "small" / "model" / "lineage.json")
    assert "rows" not in small["models"][0]
    assert "Learning curve" not in (tmp_path / "small" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_earlier_rows_make_statistics_that_only_the_sample_has(tmp_path: Path) -> None:
    places = write_large_sweep(tmp_path, "binary", "lightgbm", event_time="since")
    _run(tmp_path, places)
    (warning,) = _read_strictly(tmp_path / "model" / "lineage.json")["warnings"]
    assert "The model learnt from the sample of" in warning["text"]


@pytest.mark.slow
def test_the_page_draws_itself(tmp_path: Path, browser: Browser) -> None:
    _run(tmp_path, write_sweep(tmp_path, "binary", "lightgbm"))
    with browser.from_file(tmp_path / "report.html") as visit:
        # The threshold.
        assert visit.count_charts() == 1
        assert (visit.faults, visit.requests) == ([], [])
