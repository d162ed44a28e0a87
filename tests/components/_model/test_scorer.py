from pathlib import Path

import numpy as np
import pytest

from components._model.scorer import Scorer
from components._problem.task import TASKS, TaskKind
from tests.components._compiled.hostile import make_hostile_rows
from tests.components.score.models import write_model

NAMES = {
    "binary": ["prediction", "probability"],
    "regression": ["prediction"],
    "multiclass": ["prediction", "probability", "probability_a", "probability_b", "probability_c"],
}


@pytest.mark.parametrize("kind", TASKS)
def test_the_compiled_model_and_the_pipeline_predict_the_same(tmp_path: Path, kind: TaskKind) -> None:
    package = write_model(tmp_path, kind, threshold=0.3 if kind == "binary" else None)
    compiled = Scorer(tmp_path / "model")
    (tmp_path / "model" / "compiled").rename(tmp_path / "elsewhere")
    pipeline = Scorer(tmp_path / "model")
    assert compiled.digest == pipeline.digest
    rows = make_hostile_rows(50)[list(package.signature.columns)]
    found, expected = compiled.predict(rows), pipeline.predict(rows)
    assert len(found) == len(expected) == len(compiled.names)
    if kind != "regression":
        assert found[0].equals(expected[0])
    for ours, theirs in zip(found[kind != "regression" :], expected[kind != "regression" :], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    assert [name.partition("_")[0] for name in compiled.names] == [
        name.partition("_")[0] for name in NAMES[kind]
    ]
