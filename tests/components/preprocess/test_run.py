import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from components._model.files import load_recipe
from components._problem.spec import Problem
from components._problem.task import TASKS, TaskKind
from components._table.findings import ColumnFinding
from components._table.kinds import Kind
from components._table.schema import Column, Schema
from components.errors import InvalidData
from components.preprocess.run import Settings, run
from tests.components._model.tables import KINDS, draw_rows, draw_table, write_inputs
from tests.components.preprocess.training_tables import check_equal
from tests.tables import write_frame
from tests.texts import draw_reviews


def preprocess(
    folder: Path, inputs: dict[str, str], settings: Settings, sample: str | None = None
) -> list[str]:
    paths: dict[str, Any] = {**inputs, **{name: str(folder / name) for name in ("recipe", "report")}}
    return run(**paths, settings=settings, sample=sample)


@pytest.mark.parametrize("kind", TASKS)
def test_a_recipe_of_one_step_and_its_page_are_written(tmp_path: Path, kind: TaskKind) -> None:
    unique = ColumnFinding("product", "unique", "names its row")
    inputs = write_inputs(tmp_path, kind, unique, sensitive=("member",))
    preprocess(tmp_path, inputs, Settings(rare_below=0.2))
    recipe = load_recipe(tmp_path / "recipe")
    used = [name for name in KINDS if name not in ("product", "member")]
    assert sorted(recipe[0].feature_names) == sorted(used)
    assert recipe[0].categories_ == {"city": ["Bern", "a=b"]}
    clean = recipe.transform(draw_rows(30, seed=1))
    assert isinstance(clean, pd.DataFrame)
    assert clean["amount"].notna().all()
    words = json.loads((tmp_path / "recipe" / "recipe.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in words["steps"]] == ["preprocess"]
    assert words["steps"][0]["columns"] == list(clean.columns)
    page = (tmp_path / "report").read_text(encoding="utf-8")
    for sentence in words["steps"][0]["does"]:
        assert sentence in page
    assert "names its row" in page


def test_the_fences_are_those_of_the_settings(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "binary")
    preprocess(tmp_path, inputs, Settings(fence_factor=0))
    assert "0 columns are clipped at their IQR fences" in (tmp_path / "report").read_text(encoding="utf-8")


def test_a_whole_factor_makes_the_recipe_of_the_float(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "binary")
    preprocess(tmp_path, inputs, Settings(fence_factor=3))
    assert isinstance(load_recipe(tmp_path / "recipe")[0].fence_factor, float)


def test_a_table_without_features_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    empty = [ColumnFinding(name, "empty", "has no values") for name in KINDS]
    inputs = write_inputs(tmp_path, "binary", *empty)
    with pytest.raises(InvalidData, match=r"(?s)No column is left to learn from:.*- amount: has no values"):
        preprocess(tmp_path, inputs, Settings())
    assert not (tmp_path / "recipe").exists()
    assert not (tmp_path / "report").exists()


def test_texts_are_passed_on_for_engineer(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    reviews, _ = draw_reviews(400)
    products = [f"box of {i} parts" for i in rng.integers(0, 150, 400)]
    frame = pd.DataFrame(
        {"review": reviews, "product": products, "code": [f"c{i % 150}" for i in range(400)]}
    )
    frame["few"] = [f"box of {i % 20} parts" for i in range(400)]
    frame["y"] = rng.integers(0, 2, 400).astype(bool)
    kinds: dict[str, Kind] = {**dict.fromkeys(["review", "product", "code", "few"], "string"), "y": "boolean"}
    inputs = write_inputs(tmp_path, "binary", ColumnFinding("review", "free_text", "It is free text."))
    write_frame(frame, kinds, inputs["train"])
    Schema(tuple(Column(name, kind) for name, kind in kinds.items()), 400).save(inputs["schema"])
    Problem(target="y", task="binary", metric="roc_auc", classes=(False, True), positive_label=True).save(
        inputs["problem"]
    )
    preprocess(tmp_path, inputs, Settings())
    recipe = load_recipe(tmp_path / "recipe")
    assert recipe[0].texts == {"review": "review", "product": "product_text"}
    passed = recipe.transform(frame)
    assert passed["review"].tolist() == reviews
    assert passed["product_text"].tolist() == products
    assert list(recipe[0].categories_) == ["product", "code", "few"]
    page = (tmp_path / "report").read_text(encoding="utf-8")
    assert "It is free text. Engineer tries its length and its words." in page
    assert "Its texts are categories. Engineer tries their length and their words, too." in page


@pytest.mark.parametrize("role", [{}, {"event_time": "since"}])
def test_beside_a_sample_the_recipe_is_that_of_all_rows(tmp_path: Path, role: dict[str, str]) -> None:
    inputs = write_inputs(tmp_path, "binary", **role)
    few = draw_table("binary").iloc[:9]
    write_frame(few, {**KINDS, "y": "string"}, tmp_path / "sample")
    write_frame(few.iloc[:0], {**KINDS, "y": "string"}, tmp_path / "none")
    for folder, sample in (("whole", "none"), ("large", "sample")):
        (tmp_path / folder).mkdir()
        preprocess(
            tmp_path / folder, inputs, Settings(fence_factor=0.5, rare_below=0.1), str(tmp_path / sample)
        )
    whole, large = (load_recipe(tmp_path / folder / "recipe")[0] for folder in ("whole", "large"))
    assert whole.statistics is None
    assert large.statistics["n_rows"] == 300
    # Refitted on the sample, as in later stages.
    large = clone(large).fit(few)
    for name in ("medians_", "lows_", "highs_", "has_nulls_"):
        np.testing.assert_array_equal(getattr(large, name), getattr(whole, name), err_msg=name)
    np.testing.assert_allclose(large.means_, whole.means_, rtol=1e-9)
    np.testing.assert_allclose(large.scales_, whole.scales_, rtol=1e-9)
    assert large.categories_ == whole.categories_
    assert large.statistics["has_nulls"]["since"]
    pages = [(tmp_path / folder / "report").read_text(encoding="utf-8") for folder in ("whole", "large")]
    assert "all 300 training rows" in pages[1]
    # The shares of all rows.
    assert pages[1][pages[1].index("<h2>Numbers</h2>") :] == pages[0][pages[0].index("<h2>Numbers</h2>") :]


@pytest.mark.slow
def test_dask_makes_the_recipe_of_all_rows_and_the_page_says_so(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "binary")
    notes = []
    for engine in ("local", "dask"):
        (tmp_path / engine).mkdir()
        settings = Settings(fence_factor=0.5, rare_below=0.1, engine=engine)
        notes.append(preprocess(tmp_path / engine, inputs, settings))
    assert [len(of) for of in notes] == [0, 1]
    local, dask = (load_recipe(tmp_path / engine / "recipe")[0] for engine in ("local", "dask"))
    assert (local.statistics, dask.statistics["n_rows"]) == (None, 300)
    check_equal(dask, local)
    pages = [(tmp_path / engine / "report").read_text(encoding="utf-8") for engine in ("local", "dask")]
    assert ["of this machine: engine=dask was asked for." in page for page in pages] == [False, True]
    # Both pages count the same changes.
    assert pages[0].count("<td") == pages[1].count("<td")
