from pathlib import Path

import pytest

from components._app.batch_model import FailedPrediction
from components.serve.served_model import ServedModel
from pipelines.local.batch_inference import build_infer
from tests.components._app.batch_models import run_all
from tests.components.serve.models import ROW, make_handler, make_tensors, write_model


def test_the_handler_predicts_and_what_it_refuses_is_an_error(tmp_path: Path) -> None:
    write_model(tmp_path)
    infer = build_infer(make_handler(ServedModel.load(tmp_path))[0])
    answer = run_all(infer(make_tensors(ROW, ROW)))
    assert [tensor["name"] for tensor in answer["outputs"]] == ["class", "probabilities", "decision"]
    with pytest.raises(FailedPrediction, match="at most 50"):
        run_all(infer(make_tensors(*[ROW] * 51)))
