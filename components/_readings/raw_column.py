"""Raw columns: a column whose reading must be decided, and the decision."""

from typing import NamedTuple

from components._problem.reading_options import ColumnOptions
from components._problem.yaml_lines import format_column_line
from components._readings.column_evidence import ColumnEvidence
from components._readings.facts import FEW_NUMBERS
from components._table.kinds import Kind
from components._table.notice import Notice
from components._table.reading import NULL_MARKS, CellReader, Reading, UnreadableCell, trim
from components._table.table_reading import Example, format_cell_value

# Other texts in a column of numbers or dates are null marks if there are at most so many, and if at least
# this share of the cells are numbers or dates.
MOST_MARKS = 3
LEAST_SHARE = 0.5
_SHOWN = 3


class Decision(NamedTuple):
    """The reading of a column, with notices.

    Attributes
    ----------
    reading : Reading
        How its cells are read.
    categories : tuple of str
        The spelling of each of its texts, if they are few.
    notices : tuple of Notice
        What was decided and may surprise; an error if a person must decide.
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
    """A column whose reading must be decided.

    Attributes
    ----------
    name : str
        Its name.
    evidence : ColumnEvidence
        What its cells look like.
    options : ColumnOptions
        How to read it, where the problem says so.
    is_target : bool
        Whether it is the column to predict, in which only empty cells are null.
    """

    name: str
    evidence: ColumnEvidence
    options: ColumnOptions
    is_target: bool

    @property
    def is_lenient(self) -> bool:
        """Whether the options set its kind, or make cells that cannot be read null."""
        return self.options.kind is not None or self.options.unreadable == "null"

    def build_reading(self, kind: Kind, marks: tuple[str, ...] = (), **facts: object) -> Reading:
        """Return a reading with the null marks of the column and some more marks."""
        own = get_null_marks(self.options, is_target=self.is_target)
        # The marks of the options are added to the usual ones, because those cannot be numbers or dates.
        usual = () if kind == "string" or self.is_target else NULL_MARKS
        return Reading(
            kind,
            nulls=tuple(dict.fromkeys((*own, *usual, *marks))),
            unreadable=self.options.unreadable or "refuse",
            **facts,  # type: ignore[arg-type]
        )

    def find_null_marks(self, others: list[str], n_fitting: int, n_different: int) -> tuple[str, ...] | None:
        """Return the texts among numbers or dates that are null marks; None if they may be values.

        Parameters
        ----------
        others : list of str
            The shapes that are neither numbers nor dates.
        n_fitting, n_different : int
            Cells that are numbers or dates, and a lower bound of how many different ones there are.
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
    """Return the null marks of a column, as ``str.casefold`` makes them."""
    if options.nulls is not None:
        return tuple(dict.fromkeys(text.casefold() for mark in options.nulls if (text := trim(mark))))
    return () if is_target else NULL_MARKS


def _format_cell(reader: CellReader, cell: str) -> str:
    try:
        return format_cell_value(reader.read(cell))
    except UnreadableCell as error:
        return str(error)
