import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components._compiled.model import FORMAT, CompiledModel, DamagedModel, ServingForm
from components._estimators import FAMILIES
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._estimators.logarithm import LogarithmRegressor
from components._model.package import Package
from components._model.serving_form import NoServingForm, build_serving_form
from components._problem.task import TaskKind
from components._recipe.model_input import to_columns, to_rows
from tests.components._compiled.hostile import hostile_rows
from tests.components._estimators.fits import EVERY_PORTFOLIO
from tests.components._model.tables import KINDS, SMALL, fitted_package


def outputs_of(package: Package) -> tuple[np.ndarray, np.ndarray]:
    """Return the compiled model's outputs and the pipeline's, for hostile rows."""
    rows = hostile_rows()
    model = CompiledModel(build_serving_form(package))
    values = to_rows(rows, KINDS)
    outputs = model.predict(values)
    np.testing.assert_allclose(
        model.predict_columns(to_columns(rows, KINDS)), outputs, rtol=1e-12, atol=1e-12
    )
    alone = np.concatenate([model.predict([row]) for row in values[:50]])
    np.testing.assert_allclose(alone, outputs[:50], rtol=1e-6, atol=1e-6)
    return outputs, package.predict_outputs(rows)


@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_every_family_predicts_the_same(family: str, i: int, kind: TaskKind) -> None:
    small = {name: value for name, value in SMALL[family].items() if name in ("min_samples_leaf", "width")}
    outputs, expected = outputs_of(
        fitted_package(family, kind, parameters={**FAMILIES[family].portfolio[i], **small})
    )
    np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-6)


def ensemble(kind: TaskKind) -> Package:
    """Return a package of several families, calibrated where it classifies."""
    packages = [fitted_package(family, kind) for family in ("lightgbm", "linear", "extra_trees")]
    members = [member for package in packages for member in estimator_of(package).members]
    weights = [0.5, 0.3, 0.2]
    one = packages[0]
    if kind == "regression":
        last = EnsembleRegressor([LogarithmRegressor(members[0]), *members[1:]], weights)
    else:
        whole = EnsembleClassifier(kind, members, weights, slope=1.3, intercept=0.2 * (kind == "binary"))
        last = LabelledClassifier(whole, one.signature.classes)
    one.pipeline.steps[-1] = ("model", last)
    return one


def estimator_of(package: Package) -> object:
    last = package.pipeline.steps[-1][1]
    return last.estimator if isinstance(last, LabelledClassifier) else last


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_an_ensemble_predicts_the_same(kind: TaskKind) -> None:
    outputs, expected = outputs_of(ensemble(kind))
    np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-6)


def test_an_unknown_estimator_has_no_serving_form() -> None:
    package = fitted_package("linear", "binary")

    class Other:
        pass

    estimator_of(package).members[0] = Other()  # type: ignore[attr-defined]
    with pytest.raises(NoServingForm, match="Other has no serving form"):
        build_serving_form(package)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    build_serving_form(ensemble("binary")).save(folder)
    return folder


def test_what_is_stored_comes_back(stored: Path) -> None:
    rows = to_rows(hostile_rows(20), KINDS)
    loaded = CompiledModel(ServingForm.load(stored))
    np.testing.assert_array_equal(
        loaded.predict(rows), CompiledModel(build_serving_form(ensemble("binary"))).predict(rows)
    )
    assert json.loads((stored / "plan.json").read_text())["format"] == FORMAT


def cut(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])

    return spoil


def with_plan(**changed: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        plan = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps({**plan, **changed}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut("plan.json"), "cannot be read: JSONDecodeError"),
        (cut("arrays.npz"), "arrays.npz has changed since it was written"),
        (cut("trees-0.txt"), "trees-0.txt has changed since it was written"),
        (lambda folder: (folder / "trees-1.txt").unlink(), "cannot be read: FileNotFoundError"),
        (with_plan(format=99), f"a newer version .* has format 99, this version reads {FORMAT}"),
        (with_plan(format=2), "made by an older version of kfp-tabular: it has format 2"),
        (with_plan(columns=["amount"]), "does not hold together: KeyError"),
        (with_plan(form={"kind": "wizardry"}), "does not hold together: KeyError: 'wizardry'"),
        (
            with_plan(form={"kind": "trees", "trees": "trees-9"}),
            "does not hold together: KeyError: 'trees-9'",
        ),
        (
            with_plan(form={"kind": "trees", "trees": "trees-0", "n_features": 2}),
            "does not hold together: Damaged",
        ),
    ],
)
def test_a_damaged_model_is_refused(
    stored: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    for file in stored.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoil(tmp_path)
    with pytest.raises(DamagedModel, match=message):
        CompiledModel(ServingForm.load(tmp_path))
