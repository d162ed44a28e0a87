"""The user's options for reading a table: its file and its columns."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

# YAML reads the word null as None. As a text it differs from an option that is not set.
_null_as_text = BeforeValidator(lambda value: "null" if value is None else value)
Unreadable = Annotated[Literal["refuse", "null"], _null_as_text]


class FileOptions(BaseModel):
    """How to read a file, if its content does not decide.

    Attributes
    ----------
    delimiter : str or None
        Character between cells; "whitespace" for any number of blanks, "fixed" for fixed-width columns.
    encoding : str or None
        Text encoding, by its name in Python.
    header : bool, int or None
        False: no row holds the names. A number: the line with the names, counted from 1 after ``skip_rows``.
    skip_rows : int or None
        Lines before the table.
    skip_footer : int or None
        Rows after the table; 0 keeps every row, even one that looks like a total.
    sheet : str or None
        Sheet of a workbook.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: Annotated[str, Field(min_length=1)] | None = None
    encoding: Annotated[str, Field(min_length=1)] | None = None
    header: StrictBool | Annotated[StrictInt, Field(ge=1)] | None = None
    skip_rows: Annotated[int, Field(ge=0)] | None = None
    skip_footer: Annotated[int, Field(ge=0)] | None = None
    sheet: Annotated[str, Field(min_length=1)] | None = None


class ColumnOptions(BaseModel):
    """How to read a column, if its values do not decide, or decide wrongly.

    Attributes
    ----------
    kind : {"number", "integer", "boolean", "text", "date", "time", "duration"} or None
        Kind of its values.
    decimal, thousands : str or None
        The decimal mark, and the mark between thousands.
    nulls : tuple of str or None
        The null marks besides the empty cell. Columns of numbers and dates keep the usual null marks too;
        columns of texts have only these.
    format : str or None
        Format of its dates, in the notation of Python's strptime.
    case : {"keep", "fold"} or None
        Whether texts that differ only in case are one category.
    unreadable : {"refuse", "null", ""}
        Whether a value that cannot be read is an error or null; empty: as the problem says for all columns.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["number", "integer", "boolean", "text", "date", "time", "duration"] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'", ""] | None = None
    nulls: tuple[str, ...] | None = None
    format: Annotated[str, Field(min_length=1)] | None = None
    case: Literal["keep", "fold"] | None = None
    unreadable: Annotated[Literal["refuse", "null", ""], _null_as_text] = ""
