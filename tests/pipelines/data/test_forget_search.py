import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from components._problem.registration import RegisteredModel
from components._table.storage import write_table
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.errors import InvalidSetting
from pipelines.data.forget_search import list_sources, search_rows
from pipelines.local.run_folder import RunFolder
from tests.components._tracking.test_registry import log_folder
from tests.pipelines.data.training_runs import PROBLEM, write_training

_COLUMNS: dict[str, list] = {"id": [1, 2, 3, 4], "y": ["no", "yes"] * 2}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("sys.orig_argv", ["python"])
    return tmp_path / "runs"


def register_versions(runs: Path, database: Path, *tags: dict[str, str]) -> None:
    """Make a registry beside the runs, with a version of churn for each of some tags."""
    package = runs.parent / "package"
    package.mkdir()
    PROBLEM.save(package / "problem.json")
    copy = shutil.copy(database, runs)
    with connect_to_mlflow(f"sqlite:///{copy}", "keep") as client:
        registry = Registry(client, "churn")
        for facts in tags:
            registry.register(log_folder(client, package), None, facts, "")


def read_hash(run: RunFolder) -> str:
    return str(run.read_metadata("ingest", "dataset")["sha256"])


@pytest.mark.parametrize(
    ("row", "tables", "use"),
    [
        ("1", {"ingest/dataset": 1, "split/train": 1}, "It learned from the row."),
        (
            "4",
            {"ingest/dataset": 1, "split/test": 1},
            "It did not learn from the row, but its score is of it.",
        ),
    ],
)
def test_the_tables_of_a_training_say_what_its_model_has_of_a_row(
    runs: Path, row: str, tables: dict[str, int], use: str
) -> None:
    write_training(runs, "first", _COLUMNS, n_test=1)
    write_training(runs, "other", {"id": [9], "y": ["no"]})
    found = search_rows(runs, {"id": row})
    (run,) = found.runs
    assert (run.name, run.rows, run.use) == ("first", tables, use)
    assert str(run.command) == "python -m pipelines run training --source table.csv --target y"
    assert list_sources(found) == ["table.csv"]
    # The other run has no test rows, but a table for them.
    assert (found.n_tables, found.is_clean) == (6, False)


def test_nothing_is_found_only_if_all_was_searched(runs: Path) -> None:
    run = write_training(runs, "first", _COLUMNS)
    assert search_rows(runs, {"id": "9"}).is_clean
    shutil.rmtree(run.artifacts / "training-1" / "ingest")
    found = search_rows(runs, {"id": "9"})
    assert (found.unsearched, found.is_clean) == (["the run first: its table is gone"], False)


def test_a_table_that_cannot_be_searched_is_named_with_the_reason(runs: Path) -> None:
    run = write_training(runs, "first", _COLUMNS)
    (run.artifacts / "training-1" / "ingest" / "bad.parquet").write_bytes(b"PAR1")
    (runs / "broken").mkdir()
    (runs / "broken" / "run.json").write_text("{")
    broken, bad = search_rows(runs, {"id": "9"}).unsearched
    assert broken.startswith("the run broken: its files cannot be read")
    assert bad.startswith("ingest/bad.parquet of the run first: it cannot be read")


def test_a_value_that_is_read_as_missing_leaves_the_tables_unsearched(runs: Path) -> None:
    write_training(runs, "first", _COLUMNS)
    found = search_rows(runs, {"y": "null"})
    assert found.unsearched[0] == "ingest/dataset of the run first: The value of 'y' is read as missing."
    assert not found.is_clean


def test_a_table_without_the_column_is_named(runs: Path) -> None:
    run = write_training(runs, "first", _COLUMNS)
    table = pa.table({"row": [1]})
    write_table(table.to_batches(), table.schema, run.artifacts / "training-1" / "score" / "predictions")
    assert search_rows(runs, {"id": "9"}).without_key == ["score/predictions of the run first"]


def test_a_column_that_no_table_has_is_an_error_and_so_is_an_empty_place(runs: Path) -> None:
    with pytest.raises(InvalidSetting, match="There is nothing to search"):
        search_rows(runs, {"id": "1"})
    write_training(runs, "first", _COLUMNS)
    with pytest.raises(InvalidSetting, match=r"No table has a column 'ids'.\nDid you mean 'id'\?"):
        search_rows(runs, {"ids": "1"})


def test_a_source_of_test_rows_is_named_if_they_are_those(runs: Path) -> None:
    run = write_training(runs, "first", _COLUMNS)
    record = run.load_record()
    record["parameters"] |= {"source": "https://me:secret@host/a.csv", "test": "test.csv"}
    run.save_record(record)
    table = pa.table({"id": [9], "y": ["no"]})
    write_table(table.to_batches(), table.schema, run.artifacts / "training-1" / "ingest" / "own_test")
    assert list_sources(search_rows(runs, {"id": "9"})) == ["test.csv"]
    assert list_sources(search_rows(runs, {"id": "1"})) == ["https://host/a.csv"]


def test_versions_are_found_by_their_run_or_by_the_content_of_their_table(
    runs: Path, mlflow_database: Path
) -> None:
    run = write_training(runs, "first", _COLUMNS, registered=RegisteredModel("churn", "1"))
    write_training(runs, "second", {"id": [9], "y": ["no"]}, registered=RegisteredModel("churn", "2"))
    fetched = RunFolder(runs / "use")
    task = fetched.artifacts / "scoring-1" / "register-fetch"
    RegisteredModel("churn", "1").save(task / "registration")
    (task / "model").mkdir()
    fetched.save_record({"pipeline": "scoring"})
    facts = {"dataset_sha256": read_hash(run), "source": "table.csv"}
    register_versions(runs, mlflow_database, facts, {"dataset_sha256": "other"}, facts, {})
    found = search_rows(runs, {"id": "2"})
    assert [(version.title, version.run) for version in found.versions] == [
        ("version 3 of churn", None),
        ("version 1 of churn", "first"),
    ]
    assert all("package" not in version.files and version.files for version in found.versions)
    assert found.copies == [task]
    assert [text.partition(":")[0] for text in found.unsearched] == [
        "the table of version 4 of churn (challenger)",
        "the table of version 2 of churn",
    ]


def test_the_table_of_a_version_without_its_run_is_read_again(runs: Path, mlflow_database: Path) -> None:
    source = runs.parent / "a.csv"
    source.write_text("id,y\n1,no\n2,yes\n3,no\n4,yes\n")
    run = write_training(runs, "first", _COLUMNS)
    facts = {"dataset_sha256": read_hash(run), "source": str(source)}
    register_versions(runs, mlflow_database, facts)
    shutil.rmtree(run.path)
    (version,) = search_rows(runs, {"id": "4"}).versions
    assert (version.title, version.run, version.source) == (
        "version 1 of churn (challenger)",
        None,
        str(source),
    )
    assert search_rows(runs, {"id": "5"}).is_clean


def test_a_version_without_its_files_does_not_stop_the_search(runs: Path, mlflow_database: Path) -> None:
    run = write_training(runs, "first", _COLUMNS)
    facts = {"dataset_sha256": "other", "source": "a.csv"}
    register_versions(runs, mlflow_database, {"dataset_sha256": read_hash(run)}, facts)
    for file in runs.parent.glob("files/**/problem.json"):
        file.unlink()
    found = search_rows(runs, {"id": "1"})
    assert [version.title for version in found.versions] == ["version 1 of churn"]
    assert "cannot be read again as it was" in found.unsearched[0]


def test_a_registry_that_does_not_answer_is_said_beside_what_the_runs_have(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_training(runs, "first", _COLUMNS)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "ftp://host")
    found = search_rows(runs, {"id": "1"})
    assert len(found.runs) == 1
    assert found.unsearched[0].startswith("the registry: ")
