"""The sweep and the choice of the model are the same on a busy machine as on an idle one."""

import json
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._model.package import Package
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep
from components.train.run import Settings, run
from components.tune.run import Settings as TuneSettings
from tests.components._model.tables import draw_table
from tests.components.train.finished import write_sweep
from tests.components.tune.sweeps import collect_outcomes, run_sweep
from tests.load import keep_machine_busy

pytestmark = pytest.mark.slow

# One of each family.
N_TRIALS = 6
FILES = ("signature.json", "profile.json", "golden.json", "lineage.json")


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("KFP_TABULAR_COMMIT", "c0ffee")


def _train(folder: Path, places: dict[str, Any]) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    return run(
        **places,
        model=str(folder / "model"),
        report=str(folder / "report.html"),
        source={"sha256": "of-train"},
        settings=Settings(),
    )


def _list_files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "model" / name).read_bytes() for name in FILES}


# It slows down all that runs beside it.
@pytest.mark.slow
def test_a_busy_machine_finds_and_chooses_the_same(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "binary", "linear")
    whole = FoldSet.load(places["folds"])
    # Of ten folds two are enough, and a fifth of the time.
    places["folds"] = str(tmp_path / "two-folds")
    replace(whole, folds=whole.folds[:2]).save(places["folds"])
    found, metrics, predicted = [], [], []
    for name, load in (("idle", nullcontext()), ("busy", keep_machine_busy())):
        with load:
            searched = run_sweep(places["folds"], tmp_path / name, TuneSettings(trials=N_TRIALS), processes=2)
            searched.save(tmp_path / name / "trials")
            own = places | {"trials": str(tmp_path / name / "trials")}
            metrics.append(_train(tmp_path / name, own))
        found.append(collect_outcomes(searched))
        predicted.append(Package.load(tmp_path / name / "model").predict(draw_table("binary", 80, seed=1)))
    assert found[0] == found[1]
    assert metrics[0] == metrics[1]
    assert metrics[0].items() >= {"trials_ended": N_TRIALS, "trials_asked": N_TRIALS}.items()
    assert metrics[0]["ended_by_time"] == metrics[0]["hurried_by_time"] == 0
    np.testing.assert_array_equal(predicted[0], predicted[1])
    assert _list_files(tmp_path / "idle") == _list_files(tmp_path / "busy")


@pytest.mark.parametrize("is_laptop", [False, True])
def test_no_time_of_a_trial_has_a_say_in_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_laptop: bool
) -> None:
    if is_laptop:
        monkeypatch.setenv("KFP_TABULAR_STARTED", str(time.time()))
    places = write_sweep(tmp_path, "regression", "linear", "extra_trees", "lightgbm")
    found = Sweep.load([places["trials"]])
    slow = [replace(trial, seconds=1e6, predict_ms=1e6) for trial in found.trials]
    replace(found, trials=slow).save(tmp_path / "slow")
    _train(tmp_path / "as-it-is", places)
    _train(tmp_path / "busy", places | {"trials": str(tmp_path / "slow")})
    assert _list_files(tmp_path / "as-it-is") == _list_files(tmp_path / "busy")
    models = json.loads((tmp_path / "busy" / "model" / "lineage.json").read_text(encoding="utf-8"))["models"]
    assert len(models) > 1
    assert {model["fits"] for model in models if model["family"] == "lightgbm"} == {5}


def test_a_sweep_that_time_ended_leaves_little_time_for_fits_and_says_so(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "binary", "lightgbm")
    found = Sweep.load([places["trials"]])
    slow = [replace(trial, seconds=1e6) for trial in found.trials]
    replace(found, trials=slow, asked=30, is_out_of_time=True).save(tmp_path / "cut")
    metrics = _train(tmp_path / "cut", places | {"trials": str(tmp_path / "cut")})
    assert metrics.items() >= {"ended_by_time": 1, "trials_ended": 2, "trials_asked": 30}.items()
    lineage = json.loads((tmp_path / "cut" / "model" / "lineage.json").read_text(encoding="utf-8"))
    assert lineage["ended_by_time"] is True
    assert lineage["models"][0]["fits"] == 1
    warning = "Time ran out after 2 of 30 trials. Another run may give another model."
    assert lineage["warnings"] == [{"text": warning, "remedy": "Raise MINUTES (budget_minutes)."}]
    assert warning in (tmp_path / "cut" / "report.html").read_text(encoding="utf-8")
