import gzip
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from components._compiled.model import CompiledModel
from components._estimators import FAMILIES
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._model.package import Package
from components._model.serving_form import NoServingForm, build_serving_form
from components._model.signature import Signature
from components._problem.task import TaskKind
from components._recipe.engineer import Engineer
from components._recipe.model_input import to_columns, to_rows
from components._recipe.preprocess import Preprocessor
from components._recipe.select import Selector
from components._table.target import encode_target, order_classes
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._estimators.fits import EVERY_PORTFOLIO
from tests.components._model.ensembles import fit_ensemble, get_estimator
from tests.components._model.tables import KINDS, SMALL, draw_table, fit_estimator, fit_package, make_problem


def compute_outputs(package: Package) -> tuple[np.ndarray, np.ndarray]:
    """Return the compiled model's outputs and the pipeline's, for hostile rows."""
    rows = make_hostile_rows()
    model = CompiledModel(build_serving_form(package))
    values = to_rows(rows, KINDS)
    outputs = model.predict(values)
    np.testing.assert_allclose(
        model.predict_columns(to_columns(rows, KINDS)), outputs, rtol=1e-12, atol=1e-12
    )
    alone = np.concatenate([model.predict([row]) for row in values[:50]])
    np.testing.assert_allclose(alone, outputs[:50], rtol=1e-6, atol=1e-6)
    return outputs, package.predict_outputs(rows)


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_every_family_predicts_the_same(family: str, i: int, kind: TaskKind) -> None:
    small = {name: value for name, value in SMALL[family].items() if name in ("min_samples_leaf", "width")}
    outputs, expected = compute_outputs(
        fit_package(family, kind, parameters={**FAMILIES[family].portfolio[i], **small})
    )
    np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_every_family_predicts_the_same_from_a_single_feature(family: str, i: int, kind: TaskKind) -> None:
    table, question = draw_table(kind), make_problem(kind)
    y = encode_target(table["y"], question)
    recipe = Pipeline(
        [
            ("preprocess", Preprocessor(["visits"], [], [])),
            ("engineer", Engineer(kind)),
            ("select", Selector(kind)),
        ]
    )
    matrix = recipe.fit_transform(table[["visits"]], y)
    estimator = fit_estimator(family, kind, matrix, y, FAMILIES[family].portfolio[i])
    wrapped: Any = EnsembleRegressor([estimator], [1.0])
    if kind != "regression":
        classes = list(order_classes(question))
        wrapped = LabelledClassifier(EnsembleClassifier(kind, [estimator], [1.0]), classes)
    signature = Signature(kind, "y", {"visits": "integer"}, [], None, family, "", question.metric)
    package = Package(Pipeline([*recipe.steps, ("model", wrapped)]), signature, {})
    rows = make_hostile_rows()[["visits"]]
    outputs = CompiledModel(build_serving_form(package)).predict(to_rows(rows, {"visits": "integer"}))
    np.testing.assert_allclose(outputs, package.predict_outputs(rows), rtol=1e-6, atol=1e-6)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_an_ensemble_predicts_the_same(kind: TaskKind) -> None:
    outputs, expected = compute_outputs(fit_ensemble(kind))
    np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-6)


def test_trees_hold_what_predictions_need_and_no_more() -> None:
    package = fit_package("lightgbm", "multiclass")
    whole = get_estimator(package).members[0].booster_.model_to_string()
    (packed,) = build_serving_form(package).trees.values()
    text = gzip.decompress(packed).decode()
    assert "leaf_weight" in whole
    assert "leaf_weight" not in text
    assert len(packed) < len(text) / 2 < len(whole) / 4
    assert packed == build_serving_form(package).trees["trees-0"]


def test_an_unknown_estimator_has_no_serving_form() -> None:
    package = fit_package("linear", "binary")

    class Other:
        pass

    get_estimator(package).members[0] = Other()
    with pytest.raises(NoServingForm, match="Other has no serving form"):
        build_serving_form(package)
