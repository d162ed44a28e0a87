from pathlib import Path

from components._model.reference_rows import FILE
from components._table.reading import Reading
from components._table.schema import Column, Schema
from components._table.table_reading import ColumnReading, TableReading
from pipelines.data.table_list import list_tables, load_table_readings
from pipelines.local.run_folder import RunFolder
from tests.pipelines.data.training_runs import write_training

_READING = Reading("integer", thousands=".")


def test_the_tables_of_all_tasks_are_listed_but_not_the_rows_of_a_model(tmp_path: Path) -> None:
    run = write_training(tmp_path, "first", {"id": [1, 2], "y": ["no", "yes"]}, n_test=1)
    artifacts = run.artifacts / "training-1"
    (artifacts / "ingest" / "bad.parquet").write_bytes(b"")
    (artifacts / "train" / "model").mkdir(parents=True)
    (artifacts / "train" / "model" / FILE).write_bytes(b"")
    assert [(table.name, table.path) for table in list_tables(run)] == [
        ("ingest/bad.parquet", artifacts / "ingest" / "bad.parquet"),
        ("ingest/dataset", artifacts / "ingest" / "dataset"),
        ("split/test", artifacts / "split" / "test"),
        ("split/train", artifacts / "split" / "train"),
    ]


def test_the_readings_are_those_of_the_run_or_of_the_model_that_it_used(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    assert load_table_readings(run) == {}
    model = run.artifacts / "scoring-1" / "register-fetch" / "model"
    model.mkdir(parents=True)
    Schema((Column("id", "integer", reading=_READING), Column("y", "string")), 2).save(model / "schema.json")
    assert load_table_readings(run) == {"id": ColumnReading(_READING)}
    (run.artifacts / "scoring-1" / "ingest").mkdir()
    TableReading({"y": ColumnReading(_READING)}).save(run.artifacts / "scoring-1" / "ingest" / "reading")
    assert load_table_readings(run) == {"y": ColumnReading(_READING)}
