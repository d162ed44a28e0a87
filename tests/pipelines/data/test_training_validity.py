import json
from pathlib import Path

import pytest

from components._table.schema import Column, Schema
from pipelines.data.table_diff import compare_tables
from pipelines.data.table_version import TableVersion
from pipelines.data.training_validity import judge_training
from pipelines.data.version_search import open_run
from tests.pipelines.data.training_runs import write_training
from tests.pipelines.data.versions import write_version

_COLUMNS = {
    "id": [*range(10)],
    "size": [float(n) for n in range(10)],
    "plan": ["a", "b"] * 5,
    "y": ["no", "yes"] * 5,
}
_EVERY = "The table has every column that the model uses, as in training."
_ALL = ("Of its 8 training rows, 8 (100.0%) are unchanged in the table.",)
_TEST = ("Of its 2 test rows, 2 (100.0%) are unchanged in the table.",)
_LEARNT = "All that the model learned from is still in the table, so"


@pytest.fixture
def trained(tmp_path: Path) -> TableVersion:
    """A run whose last two rows are test rows, with its model."""
    run = write_training(tmp_path / "runs", "first", _COLUMNS, n_test=2)
    model = run.artifacts / "training-1" / "train" / "model"
    model.mkdir(parents=True)
    columns = (
        Column("id", "integer", 0, 10, 0, 9),
        Column("size", "float", 0, 10, 0.0, 9.0),
        Column("plan", "string", 1, 2, None, None, ("a", "b")),
        Column("y", "string", 0, 2, None, None, ("no", "yes")),
    )
    Schema(columns, 10).save(model / "schema.json")
    (model / "signature.json").write_text(json.dumps({"columns": {"size": "float", "plan": "string"}}))
    return open_run(run, "first")


def _judge(trained: TableVersion, folder: Path, changes: dict, *, rows: slice = slice(None)) -> list[str]:
    columns = {name: values[rows] for name, values in {**_COLUMNS, **changes}.items() if values}
    validity = judge_training(compare_tables(trained, write_version(folder / "new", columns)))
    assert validity is not None
    assert validity.title == "The model of the run first, on the table new"
    return [text for _, text in validity.messages]


def test_all_is_valid_for_the_same_rows(trained: TableVersion, tmp_path: Path) -> None:
    assert _judge(trained, tmp_path, {}) == [
        _EVERY, *_ALL, *_TEST, f"{_LEARNT} nothing here calls for a retraining.",
    ]  # fmt: skip


def test_new_rows_do_not_call_for_a_retraining_by_themselves(trained: TableVersion, tmp_path: Path) -> None:
    more = {name: [*values, values[0]] for name, values in _COLUMNS.items()} | {"id": [*range(11)]}
    assert _judge(trained, tmp_path, more)[-1] == (
        f"{_LEARNT} no changed row calls for a retraining. It would add 1 new row; only scores on them tell "
        "whether they follow the same pattern."
    )


def test_changed_rows_and_targets_are_counted_by_side(trained: TableVersion, tmp_path: Path) -> None:
    targets = ["yes", *_COLUMNS["y"][1:9], "no"]
    assert _judge(trained, tmp_path, {"y": targets}, rows=slice(0, 10)) == [
        _EVERY,
        "Of its 8 training rows, 7 (87.5%) are unchanged in the table, 1 rewritten.",
        "Of its 2 test rows, 1 (50.0%) are unchanged in the table, 1 rewritten.",
        "The table has another target for 1 training row: the model learned the earlier one.",
        "Its reported ROC AUC is of rows as they were: 1 test row changed, 1 of them with another target. "
        "Only a new evaluation tells its score on the rows of the table.",
        "A retraining is called for if the table is right: 1 of its training rows (12.5%) no longer exist in "
        "the form that it learned from.",
    ]


def test_values_outside_of_training_are_named(trained: TableVersion, tmp_path: Path) -> None:
    said = _judge(
        trained, tmp_path, {"size": [*_COLUMNS["size"][:9], 99.5], "plan": ["c", *_COLUMNS["plan"][1:]]}
    )
    assert said[1:3] == [
        "Column 'size': 1 row outside of the range of training, 0 to 9; it is 0 to 99.5 now.",
        "Column 'plan': 1 row with a value that the training table did not have: 'c'.",
    ]


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        (
            {"size": []},
            "Column 'size' is missing, and was never null: the model cannot predict these rows.",
            "A retraining is called for: the model cannot read the table as it is.",
        ),
        (
            {"plan": []},
            "Column 'plan' is missing. The model would predict as if all of it were null.",
            f"{_LEARNT} nothing here calls for a retraining.",
        ),
        (
            {"plan": [*range(10)]},
            "Column 'plan' is of type integer, and was string: cells that cannot be read as in training are "
            "refused.",
            "A retraining is called for: the model cannot read the table as it is.",
        ),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_is_named(
    trained: TableVersion, tmp_path: Path, changes: dict, first: str, last: str
) -> None:
    said = _judge(trained, tmp_path, changes)
    assert (said[0], said[-1]) == (first, last)


def test_without_the_training_rows_it_is_not_said_that_they_are_valid(
    trained: TableVersion, tmp_path: Path
) -> None:
    for file in trained.run.artifacts.glob("*/split/*/*.parquet") if trained.run else ():
        file.unlink()
    assert _judge(trained, tmp_path, {})[1:] == [
        "Its training rows and test rows are not on this machine: it is not known which still exist.",
        "Whether a retraining is called for cannot be told without its training rows.",
    ]


def test_tables_without_a_model_have_no_such_part(tmp_path: Path) -> None:
    old, new = (write_version(tmp_path / name, _COLUMNS) for name in ("old", "new"))
    assert judge_training(compare_tables(old, new)) is None
