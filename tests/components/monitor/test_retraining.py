import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._files.parquet import open_parquet
from components._problem.registration import RegisteredModel
from components._problem.spec import Problem
from components._store.folder import open_folder
from components._table.reading import Reading
from components._table.schema import Column, Schema
from components._table.table_reading import TableReading
from components.environment import Environment
from components.errors import InvalidSource
from components.ingest.run import run as ingest
from components.monitor.retraining import (
    RetrainingTables,
    build_tables,
    describe_expectations,
    describe_problem,
    plan_retraining,
)
from components.monitor.retraining_rows import TableLayout
from tests.components._model.tables import KINDS, make_problem
from tests.components.monitor.test_retraining_rows import collect


def test_the_newest_labelled_rows_test_the_new_model(tmp_path: Path) -> None:
    labelled, drawn, _, model = collect(tmp_path, "binary", n_days=3)
    tables = build_tables(labelled, model.monitored.reference, model.layout, 0)
    assert tables.test["y"].to_pylist() == drawn["y"].tolist()[420:]
    # Rows like those of training: the older ones help, and come first.
    assert tables.train.num_rows == 3_000 + 420
    assert tables.train.slice(3_000).equals(labelled.table.slice(0, 420))
    assert tables.reason.startswith("It learns from 420 labelled rows of the log, and 3,000 rows of the last")


def test_older_rows_than_a_retraining_takes_are_left_out_and_said(tmp_path: Path) -> None:
    labelled, drawn, _, model = collect(tmp_path, "binary", n_days=3, most_rows=400)
    assert labelled.table["y"].to_pylist() == drawn["y"].tolist()[200:]
    tables = build_tables(labelled, model.monitored.reference, model.layout, 0)
    assert tables.reason.startswith(
        "It learns from 280 labelled rows of the log (of the newest 400, the most that a retraining takes), "
    )


def test_without_a_group_in_the_reference_the_log_stands_alone(tmp_path: Path) -> None:
    labelled, _, _, model = collect(tmp_path, "binary")
    layout = model.layout._replace(problem=make_problem("binary", group="household"))
    tables = build_tables(labelled, model.monitored.reference, layout, 0)
    assert tables.train.equals(labelled.table.slice(0, 280))
    assert tables.reason.endswith("alone: earlier training rows are not kept with their group.")


SCHEMA = Schema(
    (
        Column("price", "float", reading=Reading("float", decimal=",", thousands=".")),
        Column("day", "datetime", reading=Reading("datetime", formats=("%d.%m.%Y",))),
        Column("code", "string", categories=("007", "8"), reading=Reading("string", nulls=("x",))),
        Column("y", "string", reading=Reading("string", nulls=())),
    ),
    3,
    {"delimiter": ";"},
)


def store_tables(folder: Path, **roles: Any) -> tuple[dict[str, Any], RegisteredModel]:
    table = pa.table(
        {
            "price": [1.5, None, 2_000.25],
            "day": pa.array([datetime(2026, 1, 2), None, datetime(2026, 12, 1)], pa.timestamp("us")),
            "code": ["007", "8", None],
            "y": ["left", "stayed", "left"],
        }
    )
    layout = TableLayout(
        make_problem("binary", **roles),
        SCHEMA,
        {"price": "float", "day": "datetime", "code": "string"},
        [],
    )
    model = folder / "model"
    model.mkdir()
    members = [{"trial": 4, "family": "linear", "parameters": {"C": 0.5}, "weight": 1.0}]
    (model / "lineage.json").write_text(json.dumps({"models": members}))
    registered = RegisteredModel("churn", "3")
    wanted = plan_retraining(
        RetrainingTables(table, table.slice(1), "Why."),
        layout,
        model,
        open_folder(str(folder / "monitoring"), Environment()),
        registered,
        datetime(2026, 11, 29, 12, 30),
    )
    assert (wanted.rows_source, wanted.rows_test, wanted.reason) == (3, 2, "Why.")
    return {"source": wanted.source, "test": wanted.test, **wanted.parameters}, registered


def test_a_training_gets_its_tables_its_problem_and_the_trials_of_the_model(tmp_path: Path) -> None:
    wanted, _ = store_tables(tmp_path, owner="Care", gates=({"metric": "roc_auc", "min": 0.7},))
    place = tmp_path / "monitoring" / "churn" / "retraining" / "20261129T123000"
    assert wanted["source"] == str(place / "train.parquet")
    assert pq.read_table(wanted["test"])["y"].to_pylist() == ["stayed", "left"]
    assert wanted["known_trials"] == [{"family": "linear", "parameters": {"C": 0.5}}]
    assert (wanted["model_name"], wanted["must_beat"], wanted["target"]) == ("churn", "3", "y")
    details = {name: wanted[name] for name in ("target", "task", "metric")} | wanted["problem"]
    problem = Problem.from_settings(details)
    # The classes are read from the table again.
    assert problem == make_problem(
        "binary", owner="Care", gates=({"metric": "roc_auc", "min": 0.7},), classes=()
    )


def test_its_table_is_read_as_the_first_one_was(tmp_path: Path) -> None:
    wanted, _ = store_tables(tmp_path)
    Problem.from_settings({"target": "y"}).save(tmp_path / "problem")
    facts = ingest(
        dataset=str(tmp_path / "dataset"),
        reading=str(tmp_path / "reading"),
        problem=str(tmp_path / "problem"),
        source=wanted["source"],
        seed=0,
    )
    assert facts["rows"] == 3
    reading = TableReading.load(tmp_path / "reading")
    assert {name: column.reading for name, column in reading.columns.items()} == {
        column.name: column.reading for column in SCHEMA.columns
    }
    assert reading.columns["code"].categories == ("007", "8")
    # Files of later rows have the same delimiter.
    assert reading.file == {"delimiter": ";"}


def test_details_that_the_table_cannot_have_are_left_out() -> None:
    problem = make_problem(
        "binary",
        split_column="part",
        keep=("amount", "gone"),
        actionable=("visits", "gone"),
        monotonic={"visits": "rising", "gone": "falling"},
        delimiter=";",
        columns={"amount": {"decimal": ","}},
    )
    schema = Schema(tuple(Column(name, of) for name, of in KINDS.items()), 9)
    details = describe_problem(problem, TableLayout(problem, schema, KINDS, []))
    assert details == {
        "positive_label": "left",
        "keep": ["amount"],
        "actionable": ["visits"],
        "monotonic": {"visits": "rising"},
    }


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"columns": {"a": 1}, "notices": [], "file": {}}'])
def test_a_damaged_description_of_columns_is_refused(tmp_path: Path, content: bytes) -> None:
    table = pa.table({"a": [1]}).replace_schema_metadata({TableReading.PARQUET_KEY: content})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InvalidSource, match="description of its columns that cannot be read"):
        open_parquet(tmp_path / "t.parquet", "t.parquet")


def test_what_was_expected_is_expected_again_of_the_cells_that_a_log_has() -> None:
    expected = {
        "rows": {"min": 10_000},
        "columns": {
            "amount": {"type": "float", "min": 0, "unique": True},
            "city": {"nullable": False},
            "member": {"nullable": False},
            "gone": {},
            "y": {"type": "string", "allowed": ["left", "stayed"]},
        },
        "rules": [
            {"name": "kept", "expression": "amount >= 0", "when": "visits > 0"},
            {"name": "gone", "expression": "gone > amount"},
        ],
        "quarantine": True,
    }
    problem = make_problem("binary", identifiers=("city",))
    schema = Schema(tuple(Column(name, of) for name, of in KINDS.items()), 9, {}, expected)
    logged = {name: of for name, of in KINDS.items() if name not in ("member", "y")}
    assert describe_expectations(TableLayout(problem, schema, logged, ["member"])) == {
        "columns": {
            "amount": {"type": "float", "min": 0},
            "y": {"type": "string", "allowed": ["left", "stayed"]},
        },
        "rules": [{"name": "kept", "expression": "amount >= 0", "when": "visits > 0"}],
        "quarantine": True,
    }
