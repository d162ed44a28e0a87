from pathlib import Path

import pyarrow as pa
import pytest

from components._files.row_stream import RowStream
from components._problem.reading_options import FileOptions
from components._table.batch_size import LARGEST_TEXT
from components._table.cells import MIXED
from components._table.reading import CellReader, Reading
from components._table.storage import open_table
from components.errors import InvalidSource
from components.ingest.tables import (
    make_scratch_folder,
    move_table,
    open_source,
    refuse_largest_texts,
    require_rows,
    show_progress,
    write_rows,
)


def test_a_table_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\ntwo,y\n")
    place = tmp_path / "out" / "table"
    place.mkdir(parents=True)
    (place / "old.parquet").touch()
    with make_scratch_folder(str(place)) as scratch:
        rows = open_source(str(tmp_path / "t.csv"), scratch, FileOptions(), ["a"], 0).rows
        readers = {"a": CellReader(Reading("integer")), "b": CellReader(Reading("string"))}
        info, faults = write_rows(rows, readers, scratch / "table")
        move_table(scratch / "table", str(place))
    assert info.rows == 2
    assert [(found.n, found.first[0].cell) for found in faults.values()] == [(1, "two")]
    assert open_table(place).to_table().to_pydict() == {"a": [1, None], "b": ["x", "y"]}
    assert [path.name for path in place.parent.iterdir()] == ["table"]


def test_a_sample_needs_no_file(tmp_path: Path) -> None:
    rows, facts, _ = open_source("sample:churn?rows=10", tmp_path, FileOptions(), [], 3)
    batches = [pa.Table.from_batches(rows.iterate_batches()) for _ in range(2)]
    assert (batches[0].num_rows, facts) == (10, {})
    assert batches[0].equals(batches[1])


def test_a_table_needs_rows() -> None:
    require_rows(1, "t.csv")
    with pytest.raises(InvalidSource, match=r"t\.csv has no rows"):
        require_rows(0, "t.csv")


def test_each_pass_over_a_source_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KFP_TABULAR_EVENTS", raising=False)
    monkeypatch.setattr("components.events._LOG_PAUSE", -1.0)
    batch = pa.record_batch({"a": ["1", "2"]})
    rows = show_progress(RowStream("CSV", lambda: iter([batch]), n_bytes=2002, count_read=lambda: 1500))
    for _ in range(2):
        assert list(rows.iterate_batches()) == [batch]
    assert capsys.readouterr().out == "1.5 of 2 kB, 0:00 left\n" * 2


@pytest.mark.parametrize("type_", [pa.string(), MIXED])
def test_a_text_too_large_for_every_stage_is_named(type_: pa.DataType) -> None:
    texts = ["x" * LARGEST_TEXT, "y" * (LARGEST_TEXT + 1)]
    cells = [{"text": text} for text in texts] if type_ == MIXED else texts
    batches = [
        pa.record_batch({"n": [1, 2], "text": pa.array(column, type_)})
        for column in (cells[:1] * 2, [None, cells[1]])
    ]
    rows = refuse_largest_texts(RowStream("JSON lines", lambda: iter(batches)), "t.jsonl")
    found = rows.iterate_batches()
    assert next(found) == batches[0]
    with pytest.raises(InvalidSource, match=r"'text' of t\.jsonl has a text of 8,388,609 bytes in row 4\."):
        next(found)
