from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._app.batch_model import BatchModel, ChangedVersion
from tests.components._app.batch_models import make_batch_model, run_all


def test_values_are_sent_as_json_and_nulls_as_null(tmp_path: Path) -> None:
    model = make_batch_model(tmp_path)
    asked: list[dict[str, Any]] = []

    async def infer(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        tensors = [
            {"name": "probabilities", "data": [0.4, 0.6, 0.9, 0.1]},
            {"name": "decision", "data": model.signature.labels[::-1]},
        ]
        return {"model_version": model.version, "outputs": tensors}

    remote = BatchModel(model.signature, model.columns, model.version, infer)
    since = pa.array(["2026-01-02 03:04:05", None]).cast(pa.timestamp("us"))
    columns = run_all(remote.predict(pa.record_batch([since], names=["since"])))
    assert asked[0]["inputs"] == [
        {"name": "since", "shape": [2], "datatype": "BYTES", "data": ["2026-01-02T03:04:05", None]}
    ]
    assert [column.to_pylist() for column in columns] == [model.signature.classes[::-1], [0.6, 0.1]]


def test_an_answer_of_another_version_is_refused(tmp_path: Path) -> None:
    model = make_batch_model(tmp_path)
    older = BatchModel(model.signature, model.columns, "older", model.infer)
    values = pa.record_batch(
        [pa.array([1]), pa.array([1]), pa.array(["p1"])], names=["amount_is_null", "visits", "product"]
    )
    with pytest.raises(ChangedVersion, match="from version older to"):
        run_all(older.predict(values))


def test_only_the_models_columns_have_readers(tmp_path: Path) -> None:
    assert list(make_batch_model(tmp_path).build_readers(["visits", "other"])) == ["visits"]
