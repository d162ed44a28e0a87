import sys
from pathlib import Path

import numpy as np
import pytest

from components._model.serving_form import build_serving_form
from components.json_file import read_json
from pipelines.comparison.model_measurement import write_measurement
from tests.components._model.tables import KINDS, draw_rows, fit_package
from tests.tables import write_frame


@pytest.fixture
def model(tmp_path: Path) -> Path:
    package = fit_package("linear", "binary", threshold=0.4)
    package.save(tmp_path / "model")
    build_serving_form(package).save(tmp_path / "model" / "compiled")
    write_frame(draw_rows(40), KINDS, tmp_path / "test")
    return tmp_path / "model"


def measure(model: Path) -> tuple[np.ndarray, float | None]:
    folder = model.parent
    write_measurement(model, folder / "test", folder / "predictions.npy", folder / "time.json")
    return np.load(folder / "predictions.npy"), read_json(folder / "time.json")


def test_a_model_is_predicted_and_timed(model: Path) -> None:
    predictions, milliseconds = measure(model)
    assert predictions.shape == (40, 2)
    np.testing.assert_array_equal(predictions, fit_package("linear", "binary").predict(draw_rows(40)))
    assert milliseconds is not None
    assert 0 < milliseconds < 1000


def test_older_code_without_a_clock_measures_no_time(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "components.train.latency", None)
    assert measure(model)[1] is None
