"""Rows for a model to predict, read in the same way as its training rows."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._readings.inference import ColumnFaults, read_batches
from components._readings.model_columns import ModelColumns
from components._table.reading import Reading
from components._table.schema import Column, Schema
from components._table.storage import open_table
from components.errors import InvalidData, InvalidSetting
from components.ingest.run import run_rows
from tests.tables import read_kinds

SCHEMA = Schema(
    (
        Column("paid", "float", reading=Reading("float", decimal=",", thousands=".", affixes=("€",))),
        Column("when", "datetime", reading=Reading("datetime", formats=("%d/%m/%Y",))),
        Column("zip", "string", reading=Reading("string", is_folded=True)),
        Column("n", "integer", reading=Reading("integer")),
        Column("answer", "string", categories=("Yes", "no"), reading=Reading("string", is_folded=True)),
        Column("spare", "integer", reading=Reading("integer")),
        Column("ticket", "string", reading=Reading("string")),
    ),
    9,
    {"delimiter": ";"},
)
USED = ["paid", "when", "zip", "n", "answer"]
ROW = {"paid": "1.050 €", "when": "01/02/2024", "zip": "01234", "n": "5", "answer": "YES"}
VALUES = {
    "paid": [1050.0], "when": [dt.datetime(2024, 2, 1)], "zip": ["01234"], "n": [5], "answer": ["Yes"],
}  # fmt: skip


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    SCHEMA.save(folder / "schema.json")
    (folder / "signature.json").write_text(json.dumps({"columns": dict.fromkeys(USED, "string")}))
    return folder


def ingest(model: Path, source: Path, unreadable: str = "refuse") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facts of rows, and their values."""
    out = model.parent / "out"
    facts = run_rows(dataset=str(out), model=str(model), source=str(source), unreadable=unreadable, seed=0)
    return facts, open_table(out).to_table().to_pydict()


def write_csv(model: Path, **changed: str) -> Path:
    row = {**ROW, **changed}
    source = model.parent / "rows.csv"
    source.write_text(";".join(row) + "\n" + ";".join(row.values()) + "\n", encoding="utf-8")
    return source


def test_texts_are_read_as_in_training(model: Path) -> None:
    facts, values = ingest(model, write_csv(model))
    assert values == VALUES
    assert (facts["rows"], facts["unreadable"]) == (1, {})


def test_json_lines_are_read_as_in_training(model: Path) -> None:
    source = model.parent / "rows.jsonl"
    rows = [
        ROW,
        {**ROW, "paid": 1050, "when": "2024-02-01", "zip": 8001, "n": 5.0, "answer": "no"},
        {**ROW, "paid": 1050.0, "n": None, "answer": "other"},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    values = ingest(model, source)[1]
    assert values["paid"] == [1050.0] * 3
    assert values["when"] == [dt.datetime(2024, 2, 1)] * 3
    assert values["n"] == [5, 5, None]
    assert values["answer"] == ["Yes", "no", "other"]


def test_parquet_is_read_as_in_training(model: Path) -> None:
    source = model.parent / "rows.parquet"
    columns = {
        "paid": pa.array([1050]),
        "when": pa.array([dt.date(2024, 2, 1)]),
        "zip": pa.array(["01234"]).dictionary_encode(),
        "n": pa.array([5.0]),
        "answer": pa.array(["YES"]),
    }
    pq.write_table(pa.table(columns), source)
    assert ingest(model, source)[1] == VALUES


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"when": "31/02/2024"}, "Column 'when' .* row 0 '31/02/2024' day is out of range"),
        ({"when": "02/13/2024"}, "Column 'when' .* row 0 '02/13/2024' month must be in 1..12"),
        ({"paid": "1.05 €"}, "Column 'paid' .* row 0 '1.05 €' is not a number in this column's format"),
        (
            {"n": "5.5"},
            "Column 'n' .* row 0 '5.5' is not a whole number, but all training rows have whole numbers",
        ),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_or_null(
    model: Path, changed: dict[str, str], expected: str
) -> None:
    source = write_csv(model, **changed)
    with pytest.raises(InvalidData, match=expected) as caught:
        ingest(model, source)
    assert "UNREADABLE=null" in str(caught.value)
    assert not (model.parent / "out").exists()
    (name,) = changed
    facts, values = ingest(model, source, "null")
    assert values[name] == [None]
    assert facts["unreadable"] == {name: 1}


def test_all_columns_that_do_not_fit_are_named_at_once(model: Path) -> None:
    with pytest.raises(InvalidData, match="has cells") as caught:
        ingest(model, write_csv(model, n="x", when="y"))
    assert [line.split(" has cells")[0] for line in caught.value.what.splitlines()] == [
        "Column 'when'",
        "Column 'n'",
    ]


@pytest.mark.parametrize(
    ("cell", "kind", "expected"), [("7", "integer", 7), ("seven", "string", "seven"), ("NA", "integer", None)]
)
def test_a_column_that_the_model_does_not_use_may_be_anything(
    model: Path, cell: str, kind: str, expected: object
) -> None:
    facts, values = ingest(model, write_csv(model, spare=cell, unknown="31/02/2024"))
    assert values == {**VALUES, "spare": [expected], "unknown": ["31/02/2024"]}
    assert read_kinds(model.parent / "out")["spare"] == kind
    assert facts["unreadable"] == {}


def test_a_column_of_the_model_that_is_not_there_is_not_made_up(model: Path) -> None:
    source = model.parent / "rows.csv"
    source.write_text("n;zip\n5;01234\n", encoding="utf-8")
    assert ingest(model, source)[1] == {"n": [5], "zip": ["01234"]}


def test_only_two_words_say_what_becomes_of_them(model: Path) -> None:
    with pytest.raises(InvalidSetting, match="unreadable = 'drop' is out of range"):
        ingest(model, write_csv(model), "drop")


def test_a_misfit_in_any_batch_keeps_an_unused_column_as_it_stands(model: Path) -> None:
    columns = ModelColumns.load(model, is_lenient=False)
    batches = [pa.record_batch({"spare": pa.array([cell])}) for cell in ("7", "seven")]
    readers = columns.build_readers(batches)
    faults: dict[str, ColumnFaults] = {}
    assert pa.Table.from_batches(list(read_batches(batches, readers, faults))).to_pydict() == {
        "spare": ["7", "seven"]
    }
    assert faults == {}
    columns.check_faults(faults)
