"""The check of a table."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from components._app.batch_model import BatchModel
from components._app.table_check import MOST_SHOWN, TableCheck, check_columns, filter_remedy
from components._app.uploads import open_upload
from components.errors import InvalidData
from tests.components._app.batch_models import make_batch_model, make_rows, write_csv


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> BatchModel:
    return make_batch_model(tmp_path_factory.mktemp("model"))


def check(model: BatchModel, content: bytes, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "t"
    file.write_bytes(content)
    found = TableCheck(model, open_upload(file, "t", model), "t")
    assert list(found.iterate_steps())
    return found.build_answer(file)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"visits": "many"}, "unreadable"),
        ({"visits": "2.5"}, "unreadable"),
        ({"amount": "999"}, "out_of_range"),
        ({"since": "2031-01-01"}, "out_of_range"),
        ({"city": "Atlantis"}, "unknown_category"),
        ({"visits": ""}, "null"),
    ],
)
def test_a_cell_to_look_at_is_named(
    model: BatchModel, cells: dict[str, str], kind: str, tmp_path: Path
) -> None:
    found = check(model, write_csv(make_rows(4, **cells)), tmp_path)
    ((column, cell),) = cells.items()
    assert found["counts"] == [{"column": column, "kind": kind, "n": 1}]
    (problem,) = found["problems"]
    assert (problem["row"], problem["column"], problem["cell"], problem["kind"]) == (3, column, cell, kind)
    assert found["is_refused"] == (kind == "unreadable")


def test_only_the_first_are_shown_and_what_cannot_be_read_comes_first(
    model: BatchModel, tmp_path: Path
) -> None:
    rows = make_rows(3_000, visits="many")
    for row in rows:
        row["city"] = "Atlantis"
    found = check(model, write_csv(rows), tmp_path)
    assert len(found["problems"]) == MOST_SHOWN
    assert [problem["kind"] for problem in found["problems"][:2]] == ["unreadable", "unknown_category"]
    assert {count["kind"]: count["n"] for count in found["counts"]} == {
        "unreadable": 1,
        "unknown_category": 3_000,
    }


@pytest.mark.parametrize(
    ("content", "row", "are_lines"),
    [
        (write_csv(make_rows(4, visits="x")), 3, True),
        (write_csv(make_rows(4, visits="x")) + b"\r\n\r\n", 3, True),
        (b"A title\r\n\r\n" + write_csv(make_rows(4, visits="x")), 5, True),
        # A note of two lines: rows and lines do not agree.
        (write_csv([{"note": "a\nb", **row} for row in make_rows(4, visits="x", note="a\nb")]), 2, False),
    ],
)
def test_rows_are_counted_as_an_editor_does_if_each_is_a_line(
    model: BatchModel, content: bytes, row: int, are_lines: bool, tmp_path: Path
) -> None:
    found = check(model, content, tmp_path)
    assert (found["problems"][0]["row"], found["are_rows_lines"]) == (row, are_lines)


@pytest.mark.parametrize(("blank", "row", "are_lines"), [(False, 4, True), (True, 2, False)])
def test_rows_of_a_sheet_are_counted_as_a_spreadsheet_does(
    model: BatchModel, blank: bool, row: int, are_lines: bool, tmp_path: Path
) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    rows = make_rows(4, visits="x")
    sheet.append(["Visits of the year"])
    sheet.append(list(rows[0]))
    for i, cells in enumerate(rows):
        if blank and i == 1:
            sheet.append([])
            # A row of nothing is only in the file if something follows.
            sheet.append([])
        sheet.append(list(cells.values()))
    content = io.BytesIO()
    workbook.save(content)
    found = check(model, content.getvalue(), tmp_path)
    assert (found["problems"][0]["row"], found["are_rows_lines"]) == (row, are_lines)


def test_a_missing_column_is_unknown_or_refused(model: BatchModel, tmp_path: Path) -> None:
    rows = [{name: cell for name, cell in row.items() if name != "city"} for row in make_rows(4)]
    assert check(model, write_csv(rows), tmp_path)["missing"] == ["city"]
    with pytest.raises(InvalidData, match="'visits' is missing"):
        check_columns([name for name in model.columns.used if name != "visits"], "t", model)


def test_a_table_of_one_column_is_probably_not_cut(model: BatchModel) -> None:
    with pytest.raises(InvalidData, match=r"only one column, 'a\?b'"):
        check_columns(["a?b"], "t", model)


def test_a_remedy_for_those_who_train_is_left_out() -> None:
    assert filter_remedy("Write in problem.yaml: sheet: Data") == ""
    assert filter_remedy("Save it again.") == "Save it again."


def test_natives_are_shown_as_values(model: BatchModel, tmp_path: Path) -> None:
    rows = make_rows(3)
    for row in rows:
        row.update(member=True, amount=2.0)
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), content)
    found = check(model, content.getvalue(), tmp_path)
    examples = {column["name"]: column["examples"] for column in found["columns"]}
    assert examples["member"] == [["true", True]]
    assert examples["amount"] == [["2", 2]]
    assert not found["are_rows_lines"]
