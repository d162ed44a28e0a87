import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import components.train.limits as limits_module
from components._model.package import Package
from components._model.serving_form import build_serving_form
from components.train.latency import measure_served_ms
from components.train.run import Settings, run
from tests.components._model.tables import draw_table, fit_package
from tests.components.train.finished import write_sweep
from tests.load import keep_machine_busy

pytestmark = pytest.mark.slow

# What a fit of each kind takes in these tests, in milliseconds.
MILLISECONDS = {"Ridge": 0.1, "CompactForest": 3.0, "LGBMRegressor": 1.0}
RECIPE_MS = 0.2


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Give each family a time; return the models that were timed."""
    models: list[list[str]] = []

    def measure_milliseconds(package: Package, *_: object) -> float:
        kinds = [type(_get_last(member)).__name__ for member in package.pipeline[-1].members]
        models.append(sorted(kinds))
        return RECIPE_MS + sum(MILLISECONDS[kind] for kind in kinds)

    monkeypatch.setattr(limits_module, "measure_served_ms", measure_milliseconds)
    monkeypatch.setattr(limits_module, "measure_recipe_ms", lambda *_: RECIPE_MS)
    return models


def _get_last(estimator: Any) -> Any:
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def _run(folder: Path, places: dict[str, Any], **settings: Any) -> tuple[dict[str, float], dict[str, Any]]:
    folder.mkdir()
    metrics = run(
        **places,
        model=str(folder / "model"),
        report=str(folder / "report.html"),
        source={"sha256": "of-train"},
        settings=Settings(**settings),
    )
    return metrics, json.loads((folder / "model" / "lineage.json").read_text(encoding="utf-8"))


def _list_families(lineage: dict[str, Any]) -> set[str]:
    return {model["family"] for model in lineage["models"]}


def test_a_limit_takes_out_what_is_too_slow_and_says_what_it_cost(
    tmp_path: Path, timed: list[list[str]]
) -> None:
    places = write_sweep(tmp_path, "regression", "linear", "extra_trees", "lightgbm")
    free, unlimited = _run(tmp_path / "free", places)
    assert "lightgbm" in _list_families(unlimited)
    assert "latency" not in unlimited
    assert timed == []
    metrics, lineage = _run(tmp_path / "limited", places, max_latency_ms=1.0)
    # Five fits of boosting take more than a millisecond, and so does a forest.
    assert _list_families(lineage) == {"linear"}
    score = "cv_root_mean_squared_error"
    assert metrics["served_ms"] == pytest.approx(0.3)
    assert metrics[f"{score}_without_limit"] == free[score] < metrics[score]
    assert metrics["served_ms_without_limit"] > 1.0
    assert lineage["latency"]["without_limit"]["title"] == f"Ensemble of {free['models']:.0f} models"
    assert lineage["latency"].items() >= {"limit_ms": 1.0, "is_met": True, "is_binding": True}.items()
    page = (tmp_path / "limited" / "report.html").read_text(encoding="utf-8")
    assert "The limit of 1 ms to predict a row changed the model" in page
    assert [warning["remedy"][:20] for warning in lineage["warnings"]] == ["Raise MAX_LATENCY_MS"]


def test_a_limit_that_is_kept_anyway_changes_nothing(tmp_path: Path, timed: list[list[str]]) -> None:
    places = write_sweep(tmp_path, "regression", "linear", "extra_trees", "lightgbm")
    free, unlimited = _run(tmp_path / "free", places)
    metrics, lineage = _run(tmp_path / "limited", places, max_latency_ms=100.0)
    assert lineage["models"] == unlimited["models"]
    assert metrics.keys() - free.keys() == {"served_ms"}
    assert len(timed) == 1
    assert lineage["warnings"] == []


def test_a_limit_that_no_trial_keeps_leaves_the_fastest(tmp_path: Path, timed: list[list[str]]) -> None:
    places = write_sweep(tmp_path, "regression", "extra_trees", "linear", "lightgbm")
    _, lineage = _run(tmp_path / "limited", places, max_latency_ms=RECIPE_MS + 0.05)
    assert _list_families(lineage) == {"linear"}
    assert lineage["latency"]["is_met"] is False
    texts = [warning["text"] for warning in lineage["warnings"]]
    assert (
        texts[-1] == "The served model takes 0.3 ms of processor time to predict a row; the limit is 0.25 ms."
    )


def test_a_limit_that_the_recipe_breaks_alone_is_ignored(tmp_path: Path, timed: list[list[str]]) -> None:
    places = write_sweep(tmp_path, "regression", "extra_trees", "linear")
    _, unlimited = _run(tmp_path / "free", places)
    _, lineage = _run(tmp_path / "limited", places, max_latency_ms=RECIPE_MS / 2)
    assert lineage["models"] == unlimited["models"]
    assert "the recipe alone takes 0.2 ms" in lineage["warnings"][0]["text"]


@pytest.mark.parametrize("family", ["linear", "lightgbm", "network"])
def test_the_form_that_is_served_is_timed(family: str) -> None:
    package, frame = fit_package(family, "binary"), draw_table("binary")
    compiled, pipeline = (
        measure_served_ms(package, build_serving_form(package), frame),
        measure_served_ms(package, None, frame),
    )
    # pandas alone takes milliseconds for a row.
    assert 0 < compiled < 1 < pipeline


def test_other_work_on_the_machine_does_not_count() -> None:
    package, frame = fit_package("network", "binary"), draw_table("binary")
    idle = measure_served_ms(package, build_serving_form(package), frame)
    with keep_machine_busy():
        busy = [measure_served_ms(package, build_serving_form(package), frame) for _ in range(5)]
    # By wall time it would be several times as long, whenever another process has its turn.
    assert min(busy) < 2 * idle + 0.05


def test_a_real_limit_is_kept(tmp_path: Path) -> None:
    places = write_sweep(tmp_path, "binary", "lightgbm", "extra_trees", "linear")
    metrics, lineage = _run(tmp_path / "limited", places, max_latency_ms=5.0)
    assert 0 < metrics["served_ms"] <= 5.0
    assert lineage["latency"]["is_met"] is True
    assert np.isfinite(metrics["cv_roc_auc"])
