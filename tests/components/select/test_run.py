import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._model.files import load_recipe
from components._problem.task import TASKS, TaskKind
from components._table.findings import Findings
from components._table.schema import Column, Schema
from components.engineer.run import Settings as EncodingSettings
from components.engineer.run import run as engineer
from components.errors import InvalidData
from components.preprocess.run import Settings as CleaningSettings
from components.preprocess.run import run as preprocess
from components.select.run import Settings, run
from tests.components._model.tables import draw_rows, make_problem, write_inputs
from tests.tables import write_frame


def run_three_stages(folder: Path, inputs: dict[str, Any], settings: Settings) -> None:
    read = {"train": inputs["train"], "problem": inputs["problem"]}
    one, two, three = (str(folder / name) for name in ("cleaned", "engineered", "recipe"))
    preprocess(**inputs, recipe=one, report=str(folder / "cleaning"), settings=CleaningSettings())
    engineer(**read, cleaned=one, recipe=two, report=str(folder / "engineering"), settings=EncodingSettings())
    run(**read, engineered=two, recipe=three, report=str(folder / "report"), settings=settings)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_three_stages_make_one_recipe_from_raw_rows_to_a_matrix(tmp_path: Path, kind: TaskKind) -> None:
    run_three_stages(tmp_path, write_inputs(tmp_path, kind), Settings())
    recipe = load_recipe(tmp_path / "recipe")
    matrix = recipe.transform(draw_rows(30, seed=1))
    names = recipe.get_feature_names_out().tolist()
    assert matrix.shape == (30, len(names))
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    # The columns that decide on the target are kept.
    assert "amount" in names
    assert any(name.startswith("product_target") for name in names)
    words = json.loads((tmp_path / "recipe" / "recipe.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in words["steps"]] == ["preprocess", "engineer", "select"]
    assert words["steps"][2]["columns"] == names
    assert words["steps"][2]["does"][0].startswith(f"{len(names)} of ")
    page = (tmp_path / "report").read_text(encoding="utf-8")
    assert all(name in page for name in recipe["select"].dropped_)


@pytest.mark.slow
def test_the_stages_write_the_same_twice(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "binary")
    outputs = []
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        run_three_stages(tmp_path / name, inputs, Settings(seed=7))
        written = load_recipe(tmp_path / name / "recipe")
        outputs.append((written[2].export(), written.transform(draw_rows(40, seed=2)).tolist()))
        assert written[2].seed == 7
    assert outputs[0] == outputs[1]
    assert (tmp_path / "first" / "report").read_bytes() == (tmp_path / "again" / "report").read_bytes()


def test_features_that_never_vary_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "binary")
    table = pd.DataFrame({"x": [1.0] * 8, "y": ["left", "stayed"] * 4})
    write_frame(table, {"x": "float", "y": "string"}, tmp_path / "still")
    Schema((Column("x", "float"), Column("y", "string")), 8).save(inputs["schema"])
    Findings(()).save(inputs["findings"])
    make_problem("binary").save(inputs["problem"])
    with pytest.raises(InvalidData, match=r"No feature varies in the 8 training rows.*Features: x"):
        run_three_stages(tmp_path, {**inputs, "train": str(tmp_path / "still")}, Settings())
    assert not (tmp_path / "recipe").exists()
    assert not (tmp_path / "report").exists()
