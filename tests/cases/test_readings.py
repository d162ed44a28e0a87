"""How real tables are read: values, kinds and warnings."""

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.storage import read_frame
from components._table.table_reading import TableReading
from components.errors import SuiteError
from components.ingest.run import run


class Ingested(NamedTuple):
    frame: pd.DataFrame
    reading: TableReading

    def list_warnings(self) -> str:
        return "\n".join(str(notice) for notice in self.reading.notices if notice.level == "warning")


def ingest(folder: Path, source: Path, target: str, **more: Any) -> Ingested:
    Problem.from_settings({"target": target, **more}).save(folder / "problem.json")
    paths = {name: str(folder / name) for name in ("dataset", "reading")}
    run(**paths, problem=str(folder / "problem.json"), source=str(source), seed=0)
    return Ingested(read_frame(paths["dataset"]), TableReading.load(paths["reading"]))


def draw_moments(*texts: str) -> list[dt.datetime]:
    return [dt.datetime.fromisoformat(text) for text in texts]


INCOME = [14830.22, 49021.07, 20863.14]
JOINED = draw_moments("2022-12-01", "2020-11-14", "2023-10-06")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("file", "target", "column", "kind", "first"),
    [
        ("dots_thousands.csv", "gekauft", "umsatz", "integer", [1013, 2244, 2069]),
        ("dots_thousands_plain.csv", "gekauft", "umsatz", "integer", [1013, 2244, 2069]),
        ("currency.csv", "left", "income", "float", INCOME),
        ("thousands.csv", "left", "income", "float", INCOME),
        ("decimal_comma.csv", "verlassen", "umsatz", "float", INCOME),
        ("percent.csv", "left", "usage", "float", [38.7, 88.1, 33.4]),
        ("units.csv", "left", "weight", "float", [52.1, 14.2, 22.1]),
        ("signed_plus.csv", "won", "goal_difference", "integer", [-2, -7, 0]),
        ("null_dash.csv", "left", "income", "float", [None, *INCOME[1:]]),
        ("null_na_lower.csv", "left", "income", "float", INCOME),
        ("dates_two_digit_year.csv", "left", "joined", "datetime", JOINED),
        ("dates_month_name.csv", "left", "joined", "datetime", JOINED),
        ("score_dates_train.csv", "left", "joined", "datetime", JOINED),
        ("sentinel_9999.csv", "left", "end", "datetime", [*draw_moments("2023-03-11"), None, None]),
        ("time_of_day.csv", "won", "opened_at", "float", [1402, 395, 850]),
        ("duration.csv", "left", "call_time", "float", [521, 142, 221]),
        ("class_none.csv", "disorder", "disorder", "string", ["None", "Severe", "Severe"]),
        ("class_case.csv", "left", "left", "string", ["No", "yes", "yes"]),
        ("class_floats.csv", "segment", "segment", "float", [0, None, 2]),
        ("null_in_target.csv", "left", "left", "string", ["no", "yes", "-"]),
        ("score_version_train.csv", "crash", "version", "string", ["3", "3", "1.10"]),
        ("serve_na_train.csv", "left", "country", "string", ["AO", "ZA", "AO"]),
        ("bool_words_train.csv", "bought", "member", "boolean", [False, True, False]),
        ("whole_numbers_dropped.csv", "bought", "income", "integer", [142837, 101262, 108943]),
        ("encoding_french.csv", "parti", "âge", "integer", [47, 49, 64]),
        ("encoding_french.csv", "parti", "ville", "string", ["Orléans", "Orléans", "Orléans"]),
        ("encoding_pound.csv", "left", "price_£", "integer", [0, 1, 2]),
        ("header_spectra.csv", "protein", "404.27", "float", [-1.324, 0.83, -0.256]),
        ("header_month_columns.csv", "left", "2025-02-01", "float", [-0.84, -1.09, 1.53]),
        ("preamble_title.csv", "left", "income", "float", INCOME),
        ("preamble_sep.csv", "left", "income", "float", INCOME),
        ("header_again.csv", "left", "income", "float", INCOME),
        ("delimiter_space.data", "left", "income", "float", INCOME),
        ("json_array.json", "left", "age", "integer", [47, 49, 64]),
        ("total_row.csv", "price", "income", "float", INCOME),
    ],
)
def test_values_are_read(
    tmp_path: Path, cases: Path, file: str, target: str, column: str, kind: str, first: list[Any]
) -> None:
    found = ingest(tmp_path, cases / file, target)
    assert found.reading.columns[column].reading.kind == kind
    values = found.frame[column].head(3)
    assert [None if pd.isna(value) else value for value in values.tolist()] == first


@pytest.mark.parametrize(
    ("file", "target", "warning"),
    [
        ("dots_thousands.csv", "gekauft", 'columns: {umsatz: {decimal: "."}}'),
        ("class_case.csv", "left", "columns: {left: {case: keep}}"),
        ("sentinel_9999.csv", "left", "9999-12-31"),
        ("encoding_french.csv", "parti", "cp1252"),
        ("preamble_title.csv", "left", "line"),
        ("header_again.csv", "left", "header"),
        ("total_row.csv", "price", "row"),
    ],
)
def test_surprises_have_a_warning(tmp_path: Path, cases: Path, file: str, target: str, warning: str) -> None:
    assert warning in ingest(tmp_path, cases / file, target).list_warnings()


@pytest.mark.parametrize(
    ("file", "target", "n_rows"),
    [
        ("header_again.csv", "left", 300),
        ("total_row.csv", "price", 300),
        ("preamble_title.csv", "left", 300),
        ("preamble_sep.csv", "left", 300),
    ],
)
def test_rows_are_those_of_the_table(
    tmp_path: Path, cases: Path, file: str, target: str, n_rows: int
) -> None:
    assert len(ingest(tmp_path, cases / file, target).frame) == n_rows


def test_nulls_that_the_problem_names_are_null_in_the_target(tmp_path: Path, cases: Path) -> None:
    options = {"columns": {"left": {"nulls": ["-"]}}}
    frame = ingest(tmp_path, cases / "null_in_target.csv", "left", **options).frame
    assert frame["left"].isna().sum() == 23
    assert set(frame["left"].dropna()) == {"no", "yes"}


def test_a_sentinel_that_the_problem_names_is_null(tmp_path: Path, cases: Path) -> None:
    options = {"columns": {"age": {"nulls": ["-999"]}}}
    frame = ingest(tmp_path, cases / "null_sentinel_999.csv", "left", **options).frame
    assert frame["age"].isna().sum() == 70
    assert frame["age"].min() > 0


def test_one_date_of_two_meanings_is_asked_about(tmp_path: Path, cases: Path) -> None:
    with pytest.raises(SuiteError, match="two ways") as caught:
        ingest(tmp_path, cases / "score_dates_score.csv", "age")
    assert 'format: "%d/%m/%Y"' in caught.value.remedy
    assert 'format: "%m/%d/%Y"' in caught.value.remedy
    assert not (tmp_path / "dataset").exists()
