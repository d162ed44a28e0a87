"""Transformations of files: how text is delimited, what stands around a table, and other formats."""

import csv

import pyarrow as pa

from benchmarks.mess import arrangements as arranged
from benchmarks.mess.arrangements import Arrange, sum_row
from benchmarks.mess.files import (
    Rows,
    Write,
    as_float,
    blank_separated,
    delimited,
    fixed_width,
    gzipped,
    json_lines,
    native,
    only_text,
    parquet,
    xlsx,
)
from benchmarks.mess.sheet import Field, Sheet
from benchmarks.mess.transformation import Client, Group, Transformation


def _file(name: str, write: Write, group: Group = "text file", client: Client = "text") -> Transformation:
    return Transformation(name, group, write=write, client=client)


def _without_lines_end(text: str) -> str:
    return text.rstrip("\n")


def _units(sheet: Sheet, rows: Rows) -> Rows:
    units = {"amount": "EUR", "decimal": "kg", "percent": "%", "whole": "n", "day": "date", "clock": "hh:mm"}
    return [rows[0], [units.get(field.role, "-") for field in sheet.fields], *rows[1:]]


def _header_again(sheet: Sheet, rows: Rows) -> Rows:
    middle = len(rows) // 2
    return [*rows[:middle], rows[0], *rows[middle:]]


def _totals(sheet: Sheet, rows: Rows) -> Rows:
    return [*rows, sum_row(sheet)]


def _below(lines: str) -> Write:
    return delimited(edit_text=lambda text: lines + text)


TEXT_WAYS = (
    _file("semicolon", delimited(";")),
    _file("tab", delimited("\t")),
    _file("pipe", delimited("|")),
    _file("caret", delimited("^")),
    _file("control A", delimited("\x01")),
    _file("fixed width", fixed_width),
    _file("blanks between", blank_separated),
    _file("everything quoted", delimited(quoting=csv.QUOTE_ALL)),
    _file("texts quoted", delimited(quoting=csv.QUOTE_NONNUMERIC)),
    _file("single quotes", delimited(quotechar="'", quoting=csv.QUOTE_ALL)),
    _file("escapes instead of quotes", delimited(quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None)),
    _file("escaped quotes", delimited(doublequote=False, escapechar="\\")),
    _file("CRLF", delimited(lineterminator="\r\n")),
    _file("CR", delimited(lineterminator="\r")),
    _file("no end of the last line", delimited(edit_text=_without_lines_end)),
    _file("cp1252", delimited(encoding="cp1252")),
    _file("latin-1", delimited(encoding="latin-1")),
    _file("UTF-8 with its mark", delimited(encoding="utf-8-sig")),
    _file("UTF-16", delimited(encoding="utf-16")),
    _file("cp1252, semicolon, CRLF", delimited(";", encoding="cp1252", lineterminator="\r\n")),
    _file(
        "a comma at the end of every line", delimited(edit=lambda sheet, rows: [[*row, ""] for row in rows])
    ),
    _file(
        "a comma at the end of all lines but the header's",
        delimited(edit=lambda sheet, rows: [rows[0], *([*row, ""] for row in rows[1:])]),
    ),
)

AROUND_WAYS = tuple(
    _file(name, write, "around the table")
    for name, write in (
        ("a title", _below("Customers of the third quarter\n")),
        ("titles and an empty line", _below("ACME Ltd.\nReport of customers, 3 March 2024\n\n")),
        ("comment lines", _below("# exported by tool 3.1\n# rows: all\n")),
        ("sep=,", _below("sep=,\n")),
        ("sep=; and semicolons", delimited(";", edit_text=lambda text: "sep=;\n" + text)),
        ("empty lines before", _below("\n\n")),
        ("empty lines after", delimited(edit_text=lambda text: text + "\n\n\n")),
        ("empty lines between", delimited(edit_text=lambda text: text.replace("\n", "\n\n"))),
        (
            "rows of empty cells after",
            delimited(edit=lambda sheet, rows: [*rows, *[[""] * len(rows[0])] * 3]),
        ),
        ("a row of units", delimited(edit=_units)),
        ("the header again", delimited(edit=_header_again)),
        ("a row of totals", delimited(edit=_totals)),
        ("a row of totals, semicolons", delimited(";", edit=_totals)),
        ("a footer", delimited(edit_text=lambda text: text + "Source: office of statistics\n")),
        (
            "an empty line and a footer",
            delimited(edit_text=lambda text: text + "\nGenerated on 2024-03-03\n"),
        ),
        ("the number of rows after", delimited(edit_text=lambda text: text + "(300 rows)\n")),
        ("blanks around names", delimited(edit=lambda sheet, rows: [[f" {n} " for n in rows[0]], *rows[1:]])),
    )
)


def _order(name: str, arrange: Arrange) -> Transformation:
    return Transformation(name, "order", arrange=arrange)


ORDER_WAYS = (
    _order("rows with nulls first", arranged.nulls_first),
    _order("smallest rows first", arranged.smallest_first),
    _order("largest rows first", arranged.largest_first),
    _order("rows sorted by the last column", arranged.by_last_column),
    _order("rows reversed", arranged.reversed_rows),
    _order("rows shuffled", arranged.shuffled),
    _order("columns reversed", arranged.reversed_columns),
    _order("columns shuffled", arranged.shuffled_columns),
    _order("a column of row numbers without a name", arranged.with_row_numbers),
    _order("a column that no model uses", arranged.with_remarks),
    _order("an empty column", arranged.with_an_empty_column),
)

_PLAIN_TYPES = {
    "whole": pa.int64(), "amount": pa.float64(), "decimal": pa.float64(), "percent": pa.float64(),
    "flag": pa.bool_(), "day": pa.date32(), "moment": pa.timestamp("us"),
}  # fmt: skip
_OTHER_TYPES = {
    "whole": pa.int32(), "amount": pa.decimal128(18, 2), "category": pa.dictionary(pa.int32(), pa.string()),
    "day": pa.timestamp("ms"), "moment": pa.timestamp("ns", "UTC"), "text": pa.large_string(),
}  # fmt: skip


def _plain_type(field: Field) -> pa.DataType | None:
    return _PLAIN_TYPES.get(field.role)


def _other_type(field: Field) -> pa.DataType | None:
    return _OTHER_TYPES.get(field.role, _PLAIN_TYPES.get(field.role))


def _format(name: str, write: Write, client: Client = "native", *, widens: bool = False) -> Transformation:
    return Transformation(name, "formats", write=write, client=client, widens=widens)


FORMAT_WAYS = (
    _format("gzip", gzipped, "text"),
    _format("JSON lines", json_lines(native)),
    _format("JSON lines without nulls", json_lines(native, keeps_null=False)),
    _format("JSON lines, numbers as floats", json_lines(as_float), widens=True),
    _format("JSON lines of texts", json_lines(only_text), "text"),
    _format("JSON array", json_lines(native, is_array=True)),
    _format("Parquet", parquet(_plain_type)),
    _format("Parquet of other types", parquet(_other_type)),
    _format("Parquet of texts", parquet(lambda field: None), "text"),
    _format("XLSX", xlsx()),
    _format("XLSX of texts", xlsx(is_native=False), "text"),
    _format("XLSX with a title", xlsx(title=True)),
    _format("XLSX with totals", xlsx(total=True)),
)
