import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from components._model import files
from components._model.files import IncompatibleModel, load_recipe
from components._problem.task import TASKS, TaskKind
from components.engineer.run import Settings, run
from components.preprocess.run import Settings as CleaningSettings
from components.preprocess.run import run as preprocess
from tests.components._model.tables import draw_rows, write_inputs


def engineer(folder: Path, kind: TaskKind, settings: Settings) -> Pipeline:
    inputs = write_inputs(folder, kind)
    cleaned, recipe = str(folder / "cleaned"), str(folder / "recipe")
    preprocess(**inputs, recipe=cleaned, report=str(folder / "report"), settings=CleaningSettings())
    run(
        train=inputs["train"],
        problem=inputs["problem"],
        cleaned=cleaned,
        recipe=recipe,
        report=str(folder / "engineering"),
        settings=settings,
    )
    return load_recipe(recipe)


@pytest.mark.parametrize("kind", TASKS)
def test_the_recipe_grows_by_a_step_that_makes_numbers(tmp_path: Path, kind: TaskKind) -> None:
    recipe = engineer(tmp_path, kind, Settings(seed=3))
    assert [name for name, _ in recipe.steps] == ["preprocess", "engineer"]
    assert recipe["engineer"].seed == 3
    rows = draw_rows(30, seed=1)
    matrix = recipe.transform(rows)
    assert np.isfinite(matrix.to_numpy(np.float64)).all()
    assert {"city=a=b", "since_weekday"} <= set(matrix.columns)
    assert any(name.startswith("product_target") for name in matrix.columns)
    # The step before is fitted as before.
    cleaned = load_recipe(tmp_path / "cleaned").transform(rows)
    assert cleaned.equals(recipe[:1].transform(rows))
    words = json.loads((tmp_path / "recipe" / "recipe.json").read_text(encoding="utf-8"))
    assert words["steps"][1]["columns"] == list(matrix.columns)
    assert "product becomes the cross-fitted mean target of its 22 categories." in words["steps"][1]["does"]


def test_the_settings_decide_what_is_one_hot(tmp_path: Path) -> None:
    assert "product=p7" in engineer(tmp_path, "binary", Settings(one_hot_up_to=30)).get_feature_names_out()


def test_a_recipe_of_other_versions_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = write_inputs(tmp_path, "binary")
    cleaned = str(tmp_path / "cleaned")
    preprocess(**inputs, recipe=cleaned, report=str(tmp_path / "report"), settings=CleaningSettings())
    monkeypatch.setattr(files, "version", lambda name: "9.9")
    with pytest.raises(IncompatibleModel, match=r"The recipe in .*cleaned was made with lightgbm"):
        run(
            train=inputs["train"],
            problem=inputs["problem"],
            cleaned=cleaned,
            recipe=str(tmp_path / "recipe"),
            report=str(tmp_path / "engineering"),
            settings=Settings(),
        )
    assert not (tmp_path / "recipe").exists()
