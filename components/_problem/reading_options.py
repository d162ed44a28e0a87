"""What a person decides about reading a table: its file, and its columns."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

# YAML's null is the word that a person writes for it. What is not given must differ from it.
_as_word = BeforeValidator(lambda given: "null" if given is None else given)
Unreadable = Annotated[Literal["refuse", "null"], _as_word]


class FileOptions(BaseModel):
    """How a file is read where its content does not decide.

    Attributes
    ----------
    delimiter : str or None
        Character between cells; "whitespace" for any number of blanks, "fixed" for columns of fixed width.
    encoding : str or None
        Text encoding, as Python's codecs call it.
    header : bool, int or None
        False: no row holds the names; a number: the line that does, counted from 1 after the rows skipped.
    skip_rows : int or None
        Lines before the table.
    skip_footer : int or None
        Rows at the end that are no part of the table; 0 keeps every row, also one that looks like a total.
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
    """How a column is read where its values do not decide, or decide wrongly.

    Attributes
    ----------
    kind : {"number", "integer", "boolean", "text", "date", "time", "duration"} or None
        What its values are.
    decimal, thousands : str or None
        The decimal mark, and the mark between thousands.
    nulls : tuple of str or None
        The texts that stand for no value, beside the empty cell: among numbers and dates with the usual
        marks, among texts without them.
    format : str or None
        Form of its dates, as Python's strptime knows it.
    case : {"keep", "fold"} or None
        Whether texts that differ in upper and lower case only are one category.
    unreadable : {"refuse", "null", ""}
        What becomes of a value that cannot be read; empty: what the problem says of all columns.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["number", "integer", "boolean", "text", "date", "time", "duration"] | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'", ""] | None = None
    nulls: tuple[str, ...] | None = None
    format: Annotated[str, Field(min_length=1)] | None = None
    case: Literal["keep", "fold"] | None = None
    unreadable: Annotated[Literal["refuse", "null", ""], _as_word] = ""
