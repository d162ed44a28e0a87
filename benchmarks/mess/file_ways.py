"""Transformations of files: how text is delimited, what stands around a table, and other formats."""

import csv

import pyarrow as pa

from benchmarks.mess import arrangements as arranged
from benchmarks.mess.arrangements import Arrange, sum_row
from benchmarks.mess.files import (
    Rows,
    Write,
    as_float,
    make_delimited_writer,
    make_json_lines_writer,
    make_parquet_writer,
    make_xlsx_writer,
    to_native,
    to_text,
    write_blank_separated,
    write_fixed_width,
    write_gzipped,
)
from benchmarks.mess.sheet import Field, Sheet
from benchmarks.mess.transformation import Client, Group, Transformation


def _make_file(
    name: str, write: Write, group: Group = "text file", client: Client = "text"
) -> Transformation:
    return Transformation(name, group, write=write, client=client)


def _strip_lines_end(text: str) -> str:
    return text.rstrip("\n")


def _add_units(sheet: Sheet, rows: Rows) -> Rows:
    units = {"amount": "EUR", "decimal": "kg", "percent": "%", "whole": "n", "day": "date", "clock": "hh:mm"}
    return [rows[0], [units.get(field.role, "-") for field in sheet.fields], *rows[1:]]


def _repeat_header(sheet: Sheet, rows: Rows) -> Rows:
    middle = len(rows) // 2
    return [*rows[:middle], rows[0], *rows[middle:]]


def add_totals(sheet: Sheet, rows: Rows) -> Rows:
    return [*rows, sum_row(sheet)]


def _put_below(lines: str) -> Write:
    return make_delimited_writer(edit_text=lambda text: lines + text)


TEXT_WAYS = (
    _make_file("semicolon", make_delimited_writer(";")),
    _make_file("tab", make_delimited_writer("\t")),
    _make_file("pipe", make_delimited_writer("|")),
    _make_file("caret", make_delimited_writer("^")),
    _make_file("control A", make_delimited_writer("\x01")),
    _make_file("fixed width", write_fixed_width),
    _make_file("blanks between", write_blank_separated),
    _make_file("everything quoted", make_delimited_writer(quoting=csv.QUOTE_ALL)),
    _make_file("texts quoted", make_delimited_writer(quoting=csv.QUOTE_NONNUMERIC)),
    _make_file("single quotes", make_delimited_writer(quotechar="'", quoting=csv.QUOTE_ALL)),
    _make_file(
        "escapes instead of quotes",
        make_delimited_writer(quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None),
    ),
    _make_file("escaped quotes", make_delimited_writer(doublequote=False, escapechar="\\")),
    _make_file("CRLF", make_delimited_writer(lineterminator="\r\n")),
    _make_file("CR", make_delimited_writer(lineterminator="\r")),
    _make_file("no end of the last line", make_delimited_writer(edit_text=_strip_lines_end)),
    _make_file("cp1252", make_delimited_writer(encoding="cp1252")),
    _make_file("latin-1", make_delimited_writer(encoding="latin-1")),
    _make_file("UTF-8 with its mark", make_delimited_writer(encoding="utf-8-sig")),
    _make_file("UTF-16", make_delimited_writer(encoding="utf-16")),
    _make_file(
        "cp1252, semicolon, CRLF", make_delimited_writer(";", encoding="cp1252", lineterminator="\r\n")
    ),
    _make_file(
        "a comma at the end of every line",
        make_delimited_writer(edit=lambda sheet, rows: [[*row, ""] for row in rows]),
    ),
    _make_file(
        "a comma at the end of all lines but the header's",
        make_delimited_writer(edit=lambda sheet, rows: [rows[0], *([*row, ""] for row in rows[1:])]),
    ),
)

AROUND_WAYS = tuple(
    _make_file(name, write, "around the table")
    for name, write in (
        ("a title", _put_below("Customers of the third quarter\n")),
        ("titles and an empty line", _put_below("ACME Ltd.\nReport of customers, 3 March 2024\n\n")),
        ("comment lines", _put_below("# exported by tool 3.1\n# rows: all\n")),
        ("sep=,", _put_below("sep=,\n")),
        ("sep=; and semicolons", make_delimited_writer(";", edit_text=lambda text: "sep=;\n" + text)),
        ("empty lines before", _put_below("\n\n")),
        ("empty lines after", make_delimited_writer(edit_text=lambda text: text + "\n\n\n")),
        ("empty lines between", make_delimited_writer(edit_text=lambda text: text.replace("\n", "\n\n"))),
        (
            "rows of empty cells after",
            make_delimited_writer(edit=lambda sheet, rows: [*rows, *[[""] * len(rows[0])] * 3]),
        ),
        ("a row of units", make_delimited_writer(edit=_add_units)),
        ("the header again", make_delimited_writer(edit=_repeat_header)),
        ("a row of totals", make_delimited_writer(edit=add_totals)),
        ("a row of totals, semicolons", make_delimited_writer(";", edit=add_totals)),
        ("a footer", make_delimited_writer(edit_text=lambda text: text + "Source: office of statistics\n")),
        (
            "an empty line and a footer",
            make_delimited_writer(edit_text=lambda text: text + "\nGenerated on 2024-03-03\n"),
        ),
        ("the number of rows after", make_delimited_writer(edit_text=lambda text: text + "(300 rows)\n")),
        (
            "blanks around names",
            make_delimited_writer(edit=lambda sheet, rows: [[f" {n} " for n in rows[0]], *rows[1:]]),
        ),
    )
)


def _order(name: str, arrange: Arrange) -> Transformation:
    return Transformation(name, "order", arrange=arrange)


ORDER_WAYS = (
    _order("rows with nulls first", arranged.put_nulls_first),
    _order("smallest rows first", arranged.put_smallest_first),
    _order("largest rows first", arranged.put_largest_first),
    _order("rows sorted by the last column", arranged.sort_by_last_column),
    _order("rows reversed", arranged.reverse_rows),
    _order("rows shuffled", arranged.shuffle_rows),
    _order("columns reversed", arranged.reverse_columns),
    _order("columns shuffled", arranged.shuffle_columns),
    _order("a column of row numbers without a name", arranged.add_row_numbers),
    _order("a column that no model uses", arranged.add_remarks),
    _order("an empty column", arranged.add_an_empty_column),
)

_PLAIN_TYPES = {
    "whole": pa.int64(), "amount": pa.float64(), "decimal": pa.float64(), "percent": pa.float64(),
    "flag": pa.bool_(), "day": pa.date32(), "moment": pa.timestamp("us"),
}  # fmt: skip
_OTHER_TYPES = {
    "whole": pa.int32(), "amount": pa.decimal128(18, 2), "category": pa.dictionary(pa.int32(), pa.string()),
    "day": pa.timestamp("ms"), "moment": pa.timestamp("ns", "UTC"), "text": pa.large_string(),
}  # fmt: skip


def _get_plain_type(field: Field) -> pa.DataType | None:
    return _PLAIN_TYPES.get(field.role)


def _get_other_type(field: Field) -> pa.DataType | None:
    return _OTHER_TYPES.get(field.role, _PLAIN_TYPES.get(field.role))


def _format(name: str, write: Write, client: Client = "native", *, widens: bool = False) -> Transformation:
    return Transformation(name, "formats", write=write, client=client, widens=widens)


FORMAT_WAYS = (
    _format("gzip", write_gzipped, "text"),
    _format("JSON lines", make_json_lines_writer(to_native)),
    _format("JSON lines without nulls", make_json_lines_writer(to_native, keeps_null=False)),
    _format("JSON lines, numbers as floats", make_json_lines_writer(as_float), widens=True),
    _format("JSON lines of texts", make_json_lines_writer(to_text), "text"),
    _format("JSON array", make_json_lines_writer(to_native, is_array=True)),
    _format("Parquet", make_parquet_writer(_get_plain_type)),
    _format("Parquet of other types", make_parquet_writer(_get_other_type)),
    _format("Parquet of texts", make_parquet_writer(lambda field: None), "text"),
    _format("XLSX", make_xlsx_writer()),
    _format("XLSX of texts", make_xlsx_writer(is_native=False), "text"),
    _format("XLSX with a title", make_xlsx_writer(title=True)),
    _format("XLSX with totals", make_xlsx_writer(total=True)),
)
