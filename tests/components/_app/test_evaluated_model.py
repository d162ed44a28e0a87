import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._app.evaluated_model import (
    NotCompiled,
    read_evaluated_model,
)
from components._app.export import export_page
from components._compiled.recipe import CompiledRecipe
from components._estimators import FAMILIES, FitOptions, fit
from components._estimators.ensemble import EnsembleRegressor
from components._model.serving_form import build_serving_form
from components._problem.task import TASKS, TaskKind
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.select import Selector
from components._table.row_reader import RowDeviations
from components._table.schema import Column, Schema
from components._table.target import encode_target
from components.serve.served_model import ServedModel
from tests.browser import Browser
from tests.components._app.models import (
    MOST_DIFFERENCE,
    find_difference,
    make_hostile_requests,
    make_package,
    make_requests,
    open_page,
    predict_as_served,
    predict_in_page,
    save_model,
    save_usual_model,
    wrap_estimator,
)
from tests.components._estimators.fits import EVERY_PORTFOLIO
from tests.components._model.ensembles import fit_ensemble
from tests.components._model.tables import (
    DERIVED,
    KINDS,
    SMALL,
    draw_table,
    fit_package,
    make_problem,
    make_recipe,
)
from tests.components.serve.models import write_model
from tests.texts import draw_hostile_texts, draw_reviews


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    write_model(path, threshold=0.4)
    return path


def unpack(data: str) -> bytes:
    return gzip.decompress(base64.b64decode(data))


def test_the_parts_of_the_compiled_form_come_back(folder: Path, tmp_path: Path) -> None:
    package = fit_package("neighbours", "binary")
    form = build_serving_form(package)
    model = read_evaluated_model(save_usual_model(tmp_path, package))
    assert model["form"] == form.form
    assert model["steps"] == json.loads(json.dumps(form.steps))
    for name, values in form.arrays.items():
        stored = model["arrays"][name]
        np.testing.assert_array_equal(
            np.frombuffer(unpack(stored["data"]), stored["dtype"]).reshape(stored["shape"]), values
        )
    assert {stored["dtype"] for stored in model["arrays"].values()} == {"int32", "float32", "float64"}
    trees = build_serving_form(fit_package("lightgbm", "binary", 0.4)).trees
    stored_trees = read_evaluated_model(folder)["trees"]
    assert {name: unpack(text) for name, text in stored_trees.items()} == {
        name: gzip.decompress(text) for name, text in trees.items()
    }


def test_each_column_has_its_usual_value(folder: Path) -> None:
    usual = dict(zip(KINDS, read_evaluated_model(folder)["usual"], strict=True))
    assert usual["city"] == "Bern"
    assert usual["since"].startswith("19")


def test_a_model_without_a_compiled_form_is_refused_with_the_reason(tmp_path: Path) -> None:
    write_model(tmp_path, is_compiled=False)
    lineage = json.loads((tmp_path / "lineage.json").read_text())
    lineage["serving"] = {"refused_because": "Other has no serving form"}
    (tmp_path / "lineage.json").write_text(json.dumps(lineage))
    file = tmp_path / "page.html"
    with pytest.raises(NotCompiled, match="it has no compiled form: Other has no serving form"):
        export_page(tmp_path, file, None, None)
    assert not file.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_every_family_predicts_in_a_page_as_on_the_server(
    family: str, i: int, kind: TaskKind, tmp_path: Path, browser: Browser
) -> None:
    small = {name: value for name, value in SMALL[family].items() if name in ("min_samples_leaf", "width")}
    parameters = {**FAMILIES[family].portfolio[i], **small}
    threshold = 0.4 if kind == "binary" else None
    compare(save_usual_model(tmp_path, fit_package(family, kind, threshold, parameters)), tmp_path, browser)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_an_ensemble_predicts_in_a_page_as_on_the_server(
    kind: TaskKind, tmp_path: Path, browser: Browser
) -> None:
    compare(save_usual_model(tmp_path, fit_ensemble(kind)), tmp_path, browser)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "metric", ["neg_mean_absolute_percentage_error", "neg_mean_poisson_deviance", "neg_mean_gamma_deviance"]
)
def test_trees_of_every_loss_predict_in_a_page_as_on_the_server(
    metric: str, tmp_path: Path, browser: Browser
) -> None:
    table = draw_table("regression")
    recipe, y = make_recipe("regression"), np.exp(table["y"].to_numpy())
    matrix = recipe.fit_transform(table[list(KINDS)], y)
    fitted = fit("lightgbm", matrix, y, SMALL["lightgbm"], FitOptions("regression", metric, seed=0), 8)
    pipeline = Pipeline([*recipe.steps, ("model", EnsembleRegressor([fitted.estimator], [1.0]))])
    model = save_usual_model(tmp_path, make_package(pipeline, "regression", KINDS))
    compare(model, tmp_path, browser)


def compare(model: Path, folder: Path, browser: Browser) -> None:
    served = ServedModel.load(model)
    requests = make_hostile_requests()
    expected = predict_as_served(served, requests)
    with open_page(browser, model, folder) as visit:
        predicted = predict_in_page(visit, requests)
        assert visit.faults == []
    assert find_difference(predicted, expected) <= MOST_DIFFERENCE
    if served.labels:
        decisions = [served.labels[one.decision] for one in expected if one.decision is not None]
        assert [one["decision"] for one in predicted] == decisions
        assert list(predicted[0]["probabilities"]) == served.labels


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_contributions_are_those_of_the_server(kind: TaskKind, tmp_path: Path, browser: Browser) -> None:
    write_model(tmp_path, kind)
    served = ServedModel.load(tmp_path)
    requests = make_hostile_requests(100)
    with open_page(browser, tmp_path, tmp_path) as visit:
        explained = json.loads(
            visit.frame.evaluate(
                "async (rows) => JSON.stringify(await predictor.predict(JSON.parse(rows), true))",
                json.dumps(requests),
            )
        )
    for request, prediction in zip(requests, explained, strict=True):
        row = served.row_reader.read(request, RowDeviations([], [], []))
        (expected,) = served.predict([row])
        contributions = served.explain(row, expected)
        assert list(prediction["contributions"]) == list(contributions)
        assert prediction["contributions"] == pytest.approx(contributions, rel=1e-12, abs=1e-12)


def find_features(page: Any, requests: list[dict[str, Any]]) -> np.ndarray:
    """Return the features that a page computes of rows."""
    code = """(rows) => JSON.stringify(JSON.parse(rows).map(
        (row) => [...predictor.recipe.transform(predictor.reader.read(row))]))"""
    return np.array(json.loads(page.frame.evaluate(code, json.dumps(requests))), dtype=np.float32)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(
    "encoding", [{"one_hot_up_to": 40, "target_above": 2}, {"one_hot_up_to": 1, "target_above": 1}]
)
def test_derived_features_are_the_recipes_to_the_last_bit(
    kind: TaskKind, encoding: dict[str, int], tmp_path: Path, browser: Browser
) -> None:
    table, recipe = draw_table(kind), make_recipe(kind)
    recipe.set_params(engineer__derived=DERIVED, **{f"engineer__{name}": of for name, of in encoding.items()})
    y = encode_target(table["y"], make_problem(kind))
    recipe.fit(table[list(KINDS)], y)
    pipeline = wrap_estimator(recipe, kind, y, table[list(KINDS)])
    model = save_usual_model(tmp_path, make_package(pipeline, kind, KINDS))
    served = ServedModel.load(model)
    requests = make_hostile_requests()
    rows = [served.row_reader.read(row, RowDeviations([], [], [])) for row in requests]
    compiled = CompiledRecipe({name: step.export() for name, step in recipe.steps}, list(KINDS))
    with open_page(browser, model, tmp_path) as visit:
        np.testing.assert_array_equal(find_features(visit, requests), compiled.transform(rows))
        predicted = predict_in_page(visit, requests)
    assert find_difference(predicted, predict_as_served(served, requests)) <= MOST_DIFFERENCE


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_features_of_texts_are_the_recipes_to_the_last_bit(
    kind: TaskKind, tmp_path: Path, browser: Browser
) -> None:
    reviews, worth = draw_reviews(600)
    table = pd.DataFrame({"a": np.arange(600.0) % 5, "review": np.array(reviews, dtype=object)})
    table.loc[::9, "review"] = None
    derived = [[of, "review"] for of in ("text_length", "text_topics", "text_target")]
    recipe = Pipeline(
        [
            ("preprocess", Preprocessor(["a"], [], [], {"review": "review"})),
            ("engineer", Engineer(kind, derived=derived)),
            ("select", Selector(kind)),
        ]
    )
    y = worth if kind == "regression" else pd.qcut(worth, 2 if kind == "binary" else 3, labels=False)
    recipe.fit(table, y)
    schema = Schema((Column("a", "float", 0, 5, 0.0, 4.0), Column("review", "string", 67, 533)), 600)
    pipeline = wrap_estimator(recipe, kind, np.asarray(y), table)
    package = make_package(pipeline, kind, {"a": "float", "review": "string"})
    model = save_model(tmp_path, package, table, schema)
    served = ServedModel.load(model)
    # A half of a pair of surrogates is in no valid JSON.
    texts = [text.replace("\ud800", "") for text in draw_hostile_texts(600)]
    known, _ = draw_reviews(400, seed=1)
    texts += [*known, "ΟΔΟΣ ΣΑΣ", "N/A", " x" * 5_000]
    requests = make_requests(pd.DataFrame({"a": 1.0, "review": [*texts, None]}, dtype=object))
    rows = [served.row_reader.read(row, RowDeviations([], [], [])) for row in requests]
    compiled = CompiledRecipe({name: step.export() for name, step in recipe.steps}, ["a", "review"])
    with open_page(browser, model, tmp_path) as visit:
        np.testing.assert_array_equal(find_features(visit, requests), compiled.transform(rows))
        predicted = predict_in_page(visit, requests)
    assert find_difference(predicted, predict_as_served(served, requests)) <= MOST_DIFFERENCE
