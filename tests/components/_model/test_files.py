import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from components._estimators import FAMILIES
from components._estimators.logarithm import LogarithmRegressor
from components._model import files
from components._model.files import (
    TRUSTED,
    IncompatibleModel,
    check_versions,
    get_library_versions,
    load_pipeline,
    load_recipe,
    save_pipeline,
    save_recipe,
)
from components._problem.task import TASKS, TaskKind
from components._recipe.preprocess import Preprocessor
from tests.components._estimators.fits import EVERY_PORTFOLIO, fit
from tests.components._model.tables import draw_rows, fit_package


def fit_recipe(kind: TaskKind) -> Pipeline:
    return fit_package("linear", kind).pipeline[:-1]


@pytest.mark.parametrize("kind", TASKS)
def test_a_recipe_transforms_the_same_after_a_round_trip(tmp_path: Path, kind: TaskKind) -> None:
    recipe = fit_recipe(kind)
    save_recipe(recipe, tmp_path / "recipe")
    loaded = load_recipe(tmp_path / "recipe")
    rows = draw_rows(60, seed=1)
    np.testing.assert_array_equal(loaded.transform(rows), recipe.transform(rows))
    exports = [[step.export() for _, step in pipeline.steps] for pipeline in (recipe, loaded)]
    assert exports[0] == exports[1]


def test_a_recipe_is_written_with_a_description(tmp_path: Path) -> None:
    recipe = fit_recipe("binary")
    save_recipe(recipe, tmp_path)
    words = json.loads((tmp_path / "recipe.json").read_text(encoding="utf-8"))
    assert words["versions"] == get_library_versions()
    assert [step["step"] for step in words["steps"]] == ["preprocess", "engineer", "select"]
    assert words["steps"][1]["does"] == recipe["engineer"].describe()
    assert words["steps"][2]["columns"] == recipe.get_feature_names_out().tolist()


@pytest.mark.slow
def test_every_trusted_type_is_needed_and_no_other_is() -> None:
    parts: list[Any] = [fit_package("linear", kind).pipeline for kind in TASKS]
    for family, i, kind in EVERY_PORTFOLIO:
        given = FAMILIES[family].portfolio[i]
        parts.append(
            fit(family, kind, 2, parameters=given, alternatives=("target", "", *["one-hot"] * 4)).estimator
        )
    parts.append(LogarithmRegressor(parts[-1]))
    needed = {name for part in parts for name in skops.io.get_untrusted_types(data=skops.io.dumps(part))}
    assert needed == set(TRUSTED)


def test_a_file_with_another_type_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    hostile = Pipeline([("call", FunctionTransformer(os.system))])
    save_pipeline(hostile, tmp_path / "model.skops")
    with pytest.raises(
        IncompatibleModel, match=r"model.skops holds types that are not trusted: posix.system"
    ):
        load_pipeline(tmp_path / "model.skops")


def test_a_file_of_an_older_version_is_refused_as_such(tmp_path: Path) -> None:
    older = type("Cleaner", (Preprocessor,), {"__module__": "components._model.cleaning"})
    save_pipeline(Pipeline([("clean", older([], [], []))]), tmp_path / "model.skops")
    message = r"was made by another version of kfp-tabular: .* not have components._model.cleaning.Cleaner\."
    with pytest.raises(IncompatibleModel, match=message):
        load_pipeline(tmp_path / "model.skops")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lightgbm": "0.1"}, r"The recipe was made with lightgbm 0\.1 \(here \d[^)]*\)\.\nInstall"),
        ({"numpy": "1.0", "skops": "0.2"}, r"with numpy 1\.0 \(here [^)]*\), skops 0\.2 \(here [^)]*\)\."),
        ({"pandas": None}, r"with pandas unknown \(here"),
    ],
)
def test_other_versions_are_refused_by_name(changed: dict[str, str | None], message: str) -> None:
    made_with = {
        name: value for name, value in {**get_library_versions(), **changed}.items() if value is not None
    }
    with pytest.raises(IncompatibleModel, match=message):
        check_versions(made_with, "The recipe")


def hide_lightgbm(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_installed(name: str) -> str:
        if name == "lightgbm":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(files, "version", find_installed)


def test_a_recipe_made_where_lightgbm_is_missing_is_read_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        hide_lightgbm(patch)
        save_recipe(fit_recipe("binary"), tmp_path)
    load_recipe(tmp_path)


def test_a_model_made_with_lightgbm_is_refused_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    made_with = get_library_versions()
    hide_lightgbm(monkeypatch)
    with pytest.raises(IncompatibleModel, match=r"with lightgbm .* \(here missing\)"):
        check_versions(made_with, "The model")


def test_another_python_reads_the_same_file() -> None:
    check_versions({**get_library_versions(), "python": "3.99.0"}, "The recipe")


def test_a_recipe_of_other_versions_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_recipe(fit_recipe("binary"), tmp_path)
    monkeypatch.setattr(files, "version", lambda name: "9.9")
    with pytest.raises(IncompatibleModel, match=r"The recipe in .* was made with lightgbm .* \(here 9\.9\)"):
        load_recipe(tmp_path)
