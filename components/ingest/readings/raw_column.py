"""A column whose reading is to be decided, and the decision."""

from typing import NamedTuple

from components._problem.reading_options import ColumnOptions
from components._problem.yaml_lines import format_column_line
from components._table.kinds import Kind
from components._table.notice import Notice
from components._table.reading import NULL_MARKS, CellReader, Reading, UnreadableCell, trim
from components._table.table_reading import Example, format_cell_value
from components.ingest.readings.column_evidence import ColumnEvidence
from components.ingest.readings.facts import FEW_NUMBERS

# Texts in a column of numbers or dates that stand for no value, where they are so few and the rest so many.
MOST_MARKS = 3
LEAST_SHARE = 0.5
_SHOWN = 3


class Decision(NamedTuple):
    """The reading of a column, and what a person should know of it.

    Attributes
    ----------
    reading : Reading
        How its cells are read.
    categories : tuple of str
        The spelling of each of its texts, where they are few.
    notices : tuple of Notice
        What was decided that is not plain; an error where a person must decide.
    """

    reading: Reading
    categories: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    def choose_examples(self, evidence: ColumnEvidence) -> tuple[Example, ...]:
        """Return a few cells before and after."""
        reader = CellReader(self.reading, self.categories)
        cells = [*evidence.plain.examples, *(facts.first for _, facts in evidence.iterate_shapes())]
        return tuple(Example(cell, _format_cell(reader, cell)) for cell in cells[:_SHOWN])


class RawColumn(NamedTuple):
    """A column whose reading is to be decided.

    Attributes
    ----------
    name : str
        Its name.
    evidence : Evidence
        What its cells look like.
    options : ColumnOptions
        What a person decided.
    is_target : bool
        Whether it is the column to predict, in which only the empty cell stands for no value.
    """

    name: str
    evidence: ColumnEvidence
    options: ColumnOptions
    is_target: bool

    @property
    def is_lenient(self) -> bool:
        """Whether a person chose its kind, or lets cells that cannot be read become null."""
        return self.options.kind is not None or self.options.unreadable == "null"

    def build_reading(self, kind: Kind, marks: tuple[str, ...] = (), **facts: object) -> Reading:
        """Return a reading with the column's null marks, and some more."""
        known = get_null_marks(self.options, is_target=self.is_target)
        # What a person names stands for no value beside the usual marks, which no number or date is.
        usual = () if kind == "string" or self.is_target else NULL_MARKS
        return Reading(
            kind,
            nulls=tuple(dict.fromkeys((*known, *usual, *marks))),
            unreadable=self.options.unreadable or "refuse",
            **facts,  # type: ignore[arg-type]
        )

    def find_null_marks(self, others: list[str], n_fitting: int, n_different: int) -> tuple[str, ...] | None:
        """Return the texts beside numbers or dates that stand for no value; None where they may be values.

        Parameters
        ----------
        others : list of str
            The shapes that are neither.
        n_fitting, n_different : int
            Cells that are, and at least how many different ones.
        """
        is_most = n_fitting >= LEAST_SHARE * self.evidence.n_known
        if not self.is_target:
            others = [shape for shape in others if shape.casefold() not in NULL_MARKS]
        if not others or self.options.kind is not None:
            return ()
        if self.options.unreadable == "null":
            return () if is_most else None
        has_digits = any("9" in shape for shape in others)
        is_decided = self.is_target or self.options.nulls is not None
        if is_decided or has_digits or len(others) > MOST_MARKS or not is_most or n_different <= FEW_NUMBERS:
            return None
        return tuple(sorted({shape.casefold() for shape in others}))

    def format_line(self, **options: object) -> str:
        """Return the line for problem.yaml that sets options of the column."""
        return format_column_line(self.name, **options)

    def build_warning(self, text: str, remedy: str = "") -> Notice:
        """Return a warning about the column."""
        return Notice("warning", f"Column {self.name!r} {text}", remedy)


def get_null_marks(options: ColumnOptions, *, is_target: bool) -> tuple[str, ...]:
    """Return the texts that stand for no value in a column, in small letters."""
    if options.nulls is not None:
        return tuple(dict.fromkeys(text.casefold() for mark in options.nulls if (text := trim(mark))))
    return () if is_target else NULL_MARKS


def _format_cell(reader: CellReader, cell: str) -> str:
    try:
        return format_cell_value(reader.read(cell))
    except UnreadableCell as error:
        return str(error)
