"""A test table of the user's own: read as the training rows are, and never cut."""

from pathlib import Path
from typing import Any

import pytest

from components._problem.spec import Problem
from components._table.storage import open_table
from components.errors import InvalidData, InvalidSetting, InvalidSource
from components.ingest.run import run_both

# Decimal commas, and a day before its month: only the training rows show both.
TRAIN = "id;amount;day;color;y\n" + "".join(f"{i};{i},5;{13 + i}.01.2026;red;{i % 2}\n" for i in range(9))
HEADER = "id;amount;day;color;y"


def _ingest(folder: Path, test: str | None, **problem: Any) -> dict[str, dict[str, Any]]:
    (folder / "train.csv").write_text(TRAIN)
    Problem.from_settings({"target": "y", "identifiers": ["id"], **problem}).save(folder / "problem")
    if test is not None:
        (folder / "test.csv").write_text(test)
    return run_both(
        dataset=str(folder / "out" / "dataset"),
        own_test=str(folder / "out" / "own_test"),
        reading=str(folder / "reading"),
        problem=str(folder / "problem"),
        source=str(folder / "train.csv"),
        test="" if test is None else str(folder / "test.csv"),
        seed=0,
    )


def _read(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = open_table(folder / "out" / "own_test").to_table().to_pylist()
    return rows


def test_without_a_test_table_there_are_no_test_rows(tmp_path: Path) -> None:
    facts = _ingest(tmp_path, None)
    assert (facts["dataset"]["rows"], facts["own_test"]["rows"]) == (9, 0)
    names = [open_table(tmp_path / "out" / name).schema.names for name in ("dataset", "own_test")]
    assert names[0] == names[1] == HEADER.split(";")


def test_its_cells_mean_what_they_mean_in_the_training_rows(tmp_path: Path) -> None:
    # Alone, 1,500 could be fifteen hundred, and 02.03.2026 a day of February or of March.
    facts = _ingest(tmp_path, f"{HEADER}\n1;1,500;02.03.2026;blue;1\n2;;02.03.2026;;0\n")
    rows = _read(tmp_path)
    assert [row["amount"] for row in rows] == [1.5, None]
    assert {f"{row['day']:%d %B}" for row in rows} == {"02 March"}
    assert [row["color"] for row in rows] == ["blue", None]
    assert (facts["own_test"]["rows"], facts["own_test"]["notes"]) == (2, [])


def test_its_columns_may_have_another_order_and_delimiter(tmp_path: Path) -> None:
    facts = _ingest(tmp_path, "more,y,color,day,amount\nx,1,red,02.03.2026,3\n")
    assert list(_read(tmp_path)[0]) == HEADER.split(";")
    assert _read(tmp_path)[0]["id"] is None
    note = "Columns that the training rows do not have are not used: more."
    assert facts["own_test"]["notes"] == [note]


@pytest.mark.parametrize(("event_time", "is_needed"), [("day", True), ("amount", False)])
def test_an_event_time_is_needed_if_it_is_a_date(tmp_path: Path, event_time: str, is_needed: bool) -> None:
    rest = [name for name in HEADER.split(";") if name != event_time]
    cells = {"id": "1", "amount": "1,5", "day": "02.03.2026", "color": "red", "y": "1"}
    test = f"{';'.join(rest)}\n{';'.join(cells[name] for name in rest)}\n"
    if is_needed:
        with pytest.raises(InvalidData, match=r"rows: day\.\n.*`identifiers: \[day\]` and remove event_time"):
            _ingest(tmp_path, test, event_time=event_time)
    else:
        assert _ingest(tmp_path, test, event_time=event_time)["own_test"]["rows"] == 1


def test_cells_that_cannot_be_read_become_null_if_the_problem_says_so(tmp_path: Path) -> None:
    facts = _ingest(tmp_path, f"{HEADER}\n1;lots;02.03.2026;red;1\n", unreadable="null")
    assert _read(tmp_path)[0]["amount"] is None
    assert "Column 'amount' has cells that do not fit its type: row 1 'lots'" in facts["own_test"]["notes"][0]


@pytest.mark.parametrize(
    ("test", "error", "message"),
    [
        (f"{HEADER}\n", InvalidSource, "test.csv has no rows"),
        ("id;amount;day;color\n1;1;02.03.2026;red\n", InvalidData, "has no target column 'y'"),
        (
            "id;amount;y\n1;1;1\n",
            InvalidData,
            r"lacks columns .*: day, color\.\n.*: \[day, color\]`",
        ),
        (
            f"{HEADER}\n1;lots;02.03.2026;red;1\n",
            InvalidData,
            r"test.csv cannot be read:\nColumn 'amount' .* row 1 'lots'[\s\S]* {unreadable: null}",
        ),
    ],
)
def test_a_table_that_no_model_can_be_tested_on_is_refused(
    tmp_path: Path, test: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _ingest(tmp_path, test)
    assert not (tmp_path / "out" / "own_test").exists()


def test_there_is_one_choice_of_test_rows(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"two choices of test rows: .*test.csv and split_column"):
        _ingest(tmp_path, f"{HEADER}\n1;1;02.03.2026;red;1\n", split_column="color")
