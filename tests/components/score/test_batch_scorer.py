from pathlib import Path

import pyarrow as pa

from components._model.scorer import Scorer
from components._table.storage import read_arrow_schema, read_rows
from components.score.batch_scorer import BatchScorer
from tests.components.score.models import IDS, write_model, write_rows


def test_a_batch_has_the_identifiers_and_predictions_of_its_rows(tmp_path: Path) -> None:
    package, rows = write_model(tmp_path, "regression"), write_rows(tmp_path)
    schema = pa.schema(
        [
            ("row", pa.int64()),
            ("customer", pa.string()),
            ("prediction", pa.float64()),
            ("model_version", pa.string()),
        ]
    )
    table = tmp_path / "dataset"
    scorer = BatchScorer(Scorer(tmp_path / "model"), "7", read_arrow_schema(table), schema, IDS)
    assert "extra" not in scorer.columns
    batch = scorer.score(range(20, 30), read_rows(table, range(20, 30), scorer.columns))
    assert batch.table.schema == schema
    assert batch.table["row"].to_pylist() == list(range(20, 30))
    assert batch.table["customer"].to_pylist() == rows["customer"][20:30].tolist()
    expected = package.predict(rows[20:30])
    assert abs(batch.table["prediction"].to_numpy() - expected).max() < 1e-6
    assert batch.table["model_version"].unique().to_pylist() == ["7"]
    assert sum(batch.counts.outputs) == 10
