from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._files.row_stream import RowStream
from components._problem.reading_options import ColumnOptions
from components._readings.inference import CellEvidence, build_schema, infer_readings, read_batches
from components._table.storage import open_table, write_table
from components.ingest.draft import write_draft


class CountedBatches:
    """Batches of texts, a column per argument, which count how often they are read."""

    def __init__(self, *batches: dict[str, list[str]]) -> None:
        self.batches = [
            pa.record_batch({name: pa.array(cells, pa.string()) for name, cells in batch.items()})
            for batch in batches
        ]
        self.n_passes = 0

    def iterate(self) -> Iterator[pa.RecordBatch]:
        self.n_passes += 1
        yield from self.batches


WORDS = [f"word {chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(600)]


@pytest.mark.parametrize(
    ("batches", "options", "is_kept"),
    [
        ([{"a": ["1", "2"]}], {}, True),
        ([{"a": ["1", "2"], "b": ["x", ""]}, {"a": ["3"], "b": ["y"]}], {}, True),
        ([{"a": ["1", "x"]}, {"a": ["2", "y"]}], {"kind": "number", "unreadable": None}, True),
        ([{"a": ["x", "X", "x"]}, {"a": ["x", "X"]}], {}, True),
        ([{"a": ["1", "2"]}, {"a": ["3.5"]}, {"a": ["4"]}], {}, False),
        ([{"a": ["1", "2"]}, {"a": ["x"]}], {}, False),
        ([{"a": ["", ""]}, {"a": ["1"]}], {}, False),
        ([{"a": ["01.02.2024"]}, {"a": ["02/01/2024"]}], {}, False),
        ([{"a": ["x", "X", "x"]}, {"a": ["X", "X"]}], {}, False),
        ([{"a": ["x"]}, {"a": ["X", "X"]}], {}, False),
        ([{"a": WORDS}, {"a": [f"{word} b" for word in WORDS]}], {}, False),
        ([{"a": ["1"]}, {"a": ["2"], "b": ["3"]}], {}, False),
        ([{"a": ["1"]}] * 9 + [{"a": ["1.5"]}], {}, False),
        ([], {}, True),
    ],
)
def test_a_draft_is_kept_if_it_is_the_table_of_all_rows(
    batches: list[dict[str, list[str]]], options: dict[str, Any], is_kept: bool, tmp_path: Path
) -> None:
    def get_options(_: str) -> ColumnOptions:
        return ColumnOptions.model_validate(options)

    rows = CountedBatches(*batches)
    found, draft = write_draft(RowStream("CSV", rows.iterate), CellEvidence(get_options), tmp_path / "draft")
    assert rows.n_passes == 1
    assert found == infer_readings(rows.batches, get_options)
    assert (draft is not None) == (tmp_path / "draft").exists() == is_kept
    if draft is not None:
        faults: dict[str, Any] = {}
        values = read_batches(rows.iterate(), found.readers, faults)
        assert draft == (write_table(values, build_schema(found.readers), tmp_path / "table"), faults)
        assert open_table(tmp_path / "draft").to_table() == open_table(tmp_path / "table").to_table()
