from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._inference_log.reader import LogReader
from components._problem.task import TaskKind
from components._table.schema import Column, Schema
from components.monitor.comparison import LoadedModel
from components.monitor.retraining_rows import (
    LabelledRows,
    TableLayout,
    collect_labelled_rows,
    convert_reference_rows,
)
from components.monitor.truth import KnownTruth
from tests.components._model.tables import KINDS, make_problem
from tests.components.monitor.models import draw_day, write_day, write_monitored_model
from tests.components.monitor.truths import store_truth

FIRST = datetime(2026, 11, 2)
NOW = np.datetime64("2026-11-30", "us")


def collect(
    folder: Path,
    kind: TaskKind,
    n_days: int = 2,
    days: float = 28.0,
    most_rows: int = 1_000,
    **settings: Any,
) -> tuple[LabelledRows, pd.DataFrame, KnownTruth, LoadedModel]:
    """Return the labelled rows of a log of some days of 200 rows, the rows, their truth and the model."""
    scorer = write_monitored_model(folder, kind, **settings)
    drawn, truths = [], []
    for number in range(n_days):
        drawn.append(draw_day(kind, number, n_rows=200))
        day = FIRST + timedelta(days=number)
        truths.append(write_day(folder / "monitoring", scorer, drawn[-1], day))
    model = LoadedModel.load(folder / "model")
    truth = store_truth(pd.concat(truths, ignore_index=True), model.monitored.problem, folder)
    files = sorted((folder / "monitoring").rglob("*.jsonl"))
    log = LogReader(files, model.kinds, model.monitored.problem.identifiers).read()
    labelled = collect_labelled_rows(log, model.layout, truth, NOW, days, most_rows)
    return labelled, pd.concat(drawn, ignore_index=True), truth, model


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_rows_of_the_log_become_rows_of_the_first_table(tmp_path: Path, kind: TaskKind) -> None:
    labelled, drawn, _, _ = collect(tmp_path, kind)
    found = labelled.table.to_pandas()
    assert found.columns.tolist() == [*KINDS, "customer", "y"]
    assert found["y"].tolist() == drawn["y"].tolist()
    for name in KINDS:
        expected = [None if pd.isna(value) else value for value in drawn[name]]
        assert [None if pd.isna(value) else value for value in found[name]] == expected
    assert found["customer"].tolist() == [f"{day:02}-{i}" for day in (2, 3) for i in range(200)]
    assert str(labelled.table.schema.field("visits").type) == "int64"
    assert str(labelled.table.schema.field("member").type) == "bool"


def test_old_rows_and_rows_from_the_future_are_left_out(tmp_path: Path) -> None:
    labelled, drawn, truth, model = collect(tmp_path, "binary", n_days=3, days=1.0)
    assert 200 <= labelled.table.num_rows <= 201
    files = sorted((tmp_path / "monitoring").rglob("*.jsonl"))
    log = LogReader(files, model.kinds, ["customer"]).read()
    early = collect_labelled_rows(log, model.layout, truth, np.datetime64("2026-11-04", "us"), 28.0)
    # The row at the stroke of midnight is the third day's.
    assert early.table["y"].to_pylist() == drawn["y"].tolist()[:401]


def test_a_key_that_comes_again_counts_once_with_its_newest_row(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary")
    day = draw_day("binary", 0, n_rows=50)
    truth = write_day(tmp_path / "monitoring", scorer, day, FIRST)
    # The same day a month later: the same keys.
    again = draw_day("binary", 1, n_rows=50)
    write_day(tmp_path / "monitoring", scorer, again, datetime(2026, 12, 2))
    model = LoadedModel.load(tmp_path / "model")
    known = store_truth(truth, model.monitored.problem, tmp_path)
    log = LogReader(sorted((tmp_path / "monitoring").rglob("*.jsonl")), model.kinds, ["customer"]).read()
    labelled = collect_labelled_rows(log, model.layout, known, np.datetime64("2026-12-31", "us"), 60.0)
    assert labelled.table["visits"].to_pylist() == again["visits"].tolist()


def test_reference_rows_have_the_same_columns_with_unknown_keys(tmp_path: Path) -> None:
    labelled, _, _, model = collect(tmp_path, "binary")
    older = convert_reference_rows(model.monitored.reference, model.layout)
    assert older.table.schema == labelled.table.schema
    assert older.table["customer"].null_count == older.table.num_rows == 3_000
    assert set(older.table["y"].to_pylist()) == {"left", "stayed"}
    assert older.rows.columns.columns.tolist() == labelled.rows.columns.columns.tolist()


def make_layout(*names: str, **roles: Any) -> TableLayout:
    columns = (*(Column(name, of) for name, of in KINDS.items()), *(Column(name, "string") for name in names))
    problem = make_problem("binary", identifiers=("customer",), **roles)
    return TableLayout(
        problem, Schema((*columns, Column("customer", "string"), Column("y", "string")), 9), KINDS, []
    )


KNOWN = KnownTruth.from_targets(("customer",), pd.Series([1.0], ["a"]))._replace(others=("sex",))


@pytest.mark.parametrize(
    ("roles", "n_labelled", "obstacle"),
    [
        ({}, 300, ""),
        ({}, 299, "299 labelled rows of the log are too few to train on; at least 300 are needed."),
        ({"sensitive": ("sex",)}, 300, ""),
        (
            {"sensitive": ("sex", "origin"), "group": "household"},
            300,
            "The log does not have origin, household, which training needs. Add them to the table of the "
            "truth.",
        ),
        (
            {"weight": "n"},
            300,
            "The log does not have n, which training needs. Add it to the table of the truth.",
        ),
        # The rows of its tests are the newest.
        ({"split_column": "part"}, 300, ""),
    ],
)
def test_what_a_training_lacks_is_named(roles: dict[str, Any], n_labelled: int, obstacle: str) -> None:
    layout = make_layout("sex", "origin", "household", "n", "part", **roles)
    assert layout.find_obstacle(KNOWN, n_labelled) == obstacle
    assert layout.has_reference == (not {"group", "weight"} & roles.keys())


def test_an_event_time_is_the_time_of_the_request(tmp_path: Path) -> None:
    scorer = write_monitored_model(tmp_path, "binary", event_time="asked")
    stored = Schema.load(tmp_path / "model" / "schema.json")
    Schema((*stored.columns, Column("asked", "datetime")), 9).save(tmp_path / "model" / "schema.json")
    truth = write_day(tmp_path / "monitoring", scorer, draw_day("binary", 0, n_rows=50), FIRST)
    model = LoadedModel.load(tmp_path / "model")
    known = store_truth(truth, model.monitored.problem, tmp_path)
    assert model.layout.find_obstacle(known, 300) == ""
    log = LogReader(sorted((tmp_path / "monitoring").rglob("*.jsonl")), model.kinds, ["customer"]).read()
    labelled = collect_labelled_rows(log, model.layout, known, NOW, 28.0)
    assert labelled.table["asked"].to_pylist()[0] == FIRST
    older = convert_reference_rows(model.monitored.reference, model.layout)
    assert older.table.schema == labelled.table.schema
