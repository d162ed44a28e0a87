import json
from pathlib import Path

import numpy as np

from components._compiled.model import CompiledModel, ServingForm
from components._model.package import Package
from components._model.reference_rows import ReferenceRows
from components._problem.spec import Problem
from components._recipe.model_input import to_columns
from components._table.schema import Schema
from components.train.model_folder import write_model_folder
from components.train.parity import Parity
from tests.components.train.conftest import Training


def test_a_folder_has_the_model_and_what_judges_it(training: Training, tmp_path: Path) -> None:
    built, inputs = training.trained.built, training.inputs
    write_model_folder(tmp_path, built, inputs, seed=0)
    package = Package.load(tmp_path)
    expected = package.predict(inputs.frame)
    np.testing.assert_array_equal(expected, built.package.predict(inputs.frame))
    compiled = CompiledModel(ServingForm.load(tmp_path / "compiled"))
    outputs = compiled.predict_columns(to_columns(inputs.frame, package.signature.columns))
    np.testing.assert_allclose(outputs[:, 0], expected[:, 1], atol=1e-6)
    assert Schema.load(tmp_path / "schema.json") == inputs.schema
    assert len(json.loads((tmp_path / "golden.json").read_text())["rows"]) == 20
    profile = json.loads((tmp_path / "profile.json").read_text())
    assert profile["columns"].keys() == package.signature.columns.keys()
    assert Problem.load(tmp_path / "problem.json") == inputs.problem
    assert list(ReferenceRows.load(tmp_path).columns) == list(package.signature.columns)


def test_a_model_without_a_compiled_form_has_none_in_its_folder(training: Training, tmp_path: Path) -> None:
    built = training.trained.built
    slow = built._replace(parity=built.parity._replace(compiled=None))
    assert isinstance(slow.parity, Parity)
    write_model_folder(tmp_path, slow, training.inputs, seed=0)
    assert not (tmp_path / "compiled").exists()
