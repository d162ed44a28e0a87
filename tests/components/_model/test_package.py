import json
from pathlib import Path

import numpy as np
import pytest

from components._model.files import IncompatibleModel, get_library_versions
from components._model.package import Package
from components._problem.task import TaskKind
from components.json_file import write_json
from tests.components._estimators.fits import EVERY
from tests.components._model.tables import CLASSES, draw_rows, fit_package


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_a_model_predicts_the_same_after_a_round_trip(tmp_path: Path, family: str, kind: TaskKind) -> None:
    package = fit_package(family, kind, threshold=0.4 if kind == "binary" else None)
    package.save(tmp_path / "model")
    loaded = Package.load(tmp_path / "model")
    rows = draw_rows(50, seed=1)
    rows.loc[:5, "city"] = "unknown"
    predicted = loaded.predict(rows)
    np.testing.assert_array_equal(predicted, package.predict(rows))
    assert predicted.shape == ((50,) if kind == "regression" else (50, len(CLASSES[kind])))
    np.testing.assert_array_equal(loaded.pipeline.predict(rows), package.pipeline.predict(rows))
    assert len(np.unique(predicted)) > 10
    assert loaded.signature == package.signature
    assert loaded.lineage == {"seed": 0, "models": [], "versions": get_library_versions()}


def test_the_positive_class_is_decided_on_from_its_threshold(tmp_path: Path) -> None:
    package = fit_package("linear", "binary", threshold=0.8)
    rows = draw_rows(100, seed=2)
    positive = package.predict(rows)[:, 1]
    assert package.signature.classes == ["stayed", "left"]
    assert package.pipeline.predict(rows).tolist() == np.where(positive >= 0.8, "left", "stayed").tolist()


def test_a_model_of_other_versions_is_refused_by_name(tmp_path: Path) -> None:
    fit_package("linear", "binary").save(tmp_path)
    lineage = json.loads((tmp_path / "lineage.json").read_text(encoding="utf-8"))
    lineage["versions"]["scikit-learn"] = "0.24"
    write_json(tmp_path / "lineage.json", lineage)
    with pytest.raises(IncompatibleModel, match=r"The model in .* was made with scikit-learn 0\.24 \(here"):
        Package.load(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_is_strict(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        write_json(tmp_path / "file.json", {"score": value})
    assert not list(tmp_path.iterdir())
