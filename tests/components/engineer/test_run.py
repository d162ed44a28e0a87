import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._model import files
from components._model.files import IncompatibleModel, load_recipe
from components._problem.spec import Problem
from components._problem.task import TASKS, TaskKind
from components._recipe.recipe import list_required_columns
from components._table.findings import ColumnFinding
from components._table.kinds import Kind
from components._table.schema import Column, Schema
from components.engineer.run import Settings, run
from components.errors import InvalidData
from components.preprocess.run import Settings as CleaningSettings
from components.preprocess.run import run as preprocess
from tests.components._model.tables import draw_rows, write_inputs
from tests.tables import write_frame
from tests.texts import draw_reviews


def engineer(folder: Path, kind: TaskKind, settings: Settings, **problem: Any) -> Pipeline:
    return engineer_files(folder, write_inputs(folder, kind, **problem), settings)


def engineer_files(folder: Path, inputs: dict[str, Any], settings: Settings) -> Pipeline:
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


@pytest.mark.slow_variants
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


def test_an_event_time_without_a_calendar_that_pays_is_no_column_of_the_recipe(tmp_path: Path) -> None:
    recipe = engineer(tmp_path, "binary", Settings(budget_minutes=0.25), event_time="since")
    assert "since" not in list_required_columns(recipe)
    assert not any("since" in name for name in recipe.get_feature_names_out())
    assert recipe["engineer"].event_time == ""


def test_a_calendar_that_pays_is_kept_without_the_position_in_time(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path, "regression")
    name = "when"
    rng = np.random.default_rng(0)
    days = rng.integers(0, 200, 800)
    table = pd.DataFrame(
        {"amount": rng.normal(size=800), name: pd.Timestamp("2024-01-01") + pd.to_timedelta(days, "D")}
    )
    table["y"] = 3.0 * (days % 7 >= 5) + table["amount"] + rng.normal(0, 0.3, 800)
    kinds: dict[str, Kind] = {"amount": "float", name: "datetime", "y": "float"}
    write_frame(table, kinds, inputs["train"])
    Schema(tuple(Column(column, kind) for column, kind in kinds.items()), 800).save(inputs["schema"])
    Problem(target="y", task="regression", metric="r2", event_time=name).save(inputs["problem"])
    fitted = engineer_files(tmp_path, inputs, Settings(budget_minutes=0.25))
    assert list_required_columns(load_recipe(tmp_path / "cleaned")) == ["amount"]
    assert list_required_columns(fitted) == ["amount", name]
    # A week was seen many times, a year not twice.
    derivations = fitted["engineer"].derived
    assert ["week_cycle", name] in derivations
    assert ["year_cycle", name] not in derivations
    assert not any(feature.endswith("_days") for feature in fitted.get_feature_names_out())
    decision = json.loads((tmp_path / "recipe" / "blocks.json").read_text(encoding="utf-8"))["decision"]
    assert "kept: Calendar of the event time (" in decision
    assert name in (tmp_path / "engineering").read_text(encoding="utf-8")


def test_a_recipe_of_other_versions_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: dict[str, Any] = write_inputs(tmp_path, "binary")
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


def write_reviews(folder: Path, *, decide: bool, columns: list[str]) -> dict[str, str]:
    """Write inputs of rows whose reviews decide the target, or are only noise beside it."""
    inputs = write_inputs(folder, "regression", ColumnFinding("review", "free_text", "It is free text."))
    reviews, worth = draw_reviews(800)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"amount": rng.normal(size=800), "review": reviews})
    table["y"] = worth if decide else rng.normal(size=800)
    kinds: dict[str, Kind] = {"amount": "float", "review": "string", "y": "float"}
    kinds = {name: kinds[name] for name in [*columns, "y"]}
    write_frame(table[list(kinds)], kinds, inputs["train"])
    Schema(tuple(Column(column, kind) for column, kind in kinds.items()), 800).save(inputs["schema"])
    Problem(target="y", task="regression", metric="r2").save(inputs["problem"])
    return inputs


@pytest.mark.slow_variants
@pytest.mark.parametrize("columns", [["amount", "review"], ["review"]], ids=["number", "text-alone"])
def test_words_that_pay_are_kept(tmp_path: Path, columns: list[str]) -> None:
    inputs = write_reviews(tmp_path, decide=True, columns=columns)
    fitted = engineer_files(tmp_path, inputs, Settings(budget_minutes=0.25))
    assert list_required_columns(fitted) == columns
    assert {"review_words_target", "review_characters"} <= set(fitted.get_feature_names_out())
    blocks = json.loads((tmp_path / "recipe" / "blocks.json").read_text(encoding="utf-8"))
    assert blocks["texts"] == ["review"]
    assert "kept: Words of review (squared error -" in blocks["decision"]
    page = (tmp_path / "engineering").read_text(encoding="utf-8")
    assert "Words of review" in page
    assert "review_words_target" in page


def test_a_text_whose_words_do_not_pay_is_no_column_of_the_recipe(tmp_path: Path) -> None:
    inputs = write_reviews(tmp_path, decide=False, columns=["amount", "review"])
    fitted = engineer_files(tmp_path, inputs, Settings(budget_minutes=0.25))
    assert list_required_columns(load_recipe(tmp_path / "cleaned")) == ["amount", "review"]
    assert list_required_columns(fitted) == ["amount"]
    assert fitted.get_feature_names_out().tolist() == ["amount"]
    assert "Words of review" in (tmp_path / "engineering").read_text(encoding="utf-8")


def test_a_table_of_nothing_but_text_that_says_nothing_is_refused(tmp_path: Path) -> None:
    inputs = write_reviews(tmp_path, decide=False, columns=["review"])
    with pytest.raises(InvalidData, match=r"No column is left to learn from\. 0 of 1 blocks kept\."):
        engineer_files(tmp_path, inputs, Settings(budget_minutes=0.25))
    assert not (tmp_path / "recipe").exists()
