"""Evidence: what the cells of a column look like, gathered over all rows and in any order.

Texts are told apart by their shape: each digit is a 9, so that dates and prices of a column have a few
shapes, however many they are. A column of more shapes than ``MOST_SHAPES`` is free text.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from components._table.cells import MIXED, trim_texts
from components._table.date_text import FIRST_YEAR, LAST_YEAR
from components._table.kinds import Kind

MOST_SHAPES = 2_000
# A text column of more different texts has no list of categories.
MOST_CATEGORIES = 1_000
# More different numbers than these are surely no codes for a few categories.
FEW_NUMBERS = 20
DIGITS = str.maketrans("0123456789", "9" * 10)
_GROUP = re.compile(r"\d+")
# A text whose first digit is a zero, and the digits after it.
_ZERO = re.compile(r"\D*0(\d*)")
_NATIVES: dict[pa.DataType, Kind] = {
    pa.int64(): "integer",
    pa.float64(): "float",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "datetime",
}
# Plain texts, in the order in which they are told.
_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"
_THREE_DECIMALS = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"
_DECIMAL = r"^[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][+-][0-9]{1,3}|(?i:inf(inity)?))$"
_ISO_DATE = r"^(1[0-9]{3}|2[0-8][0-9]{2})-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?$"
_FIRST_PACKED, _LAST_PACKED = 19_000_101, 20_991_231
_PACKED_DATE = r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$"


@dataclass
class ShapeFacts:
    """The texts of a shape.

    Attributes
    ----------
    n : int
        How many cells have it.
    first, last : str
        The first and the last of its texts by their code points, which are examples.
    largest : list of int
        The largest number in each group of digits; empty where they are no part of a date.
    is_code : bool
        Whether any of its texts begins with a zero before another digit.
    has_zero : bool
        Whether the first digits of any are a single zero, as in 0,125.
    """

    n: int
    first: str
    last: str
    largest: list[int]
    is_code: bool
    has_zero: bool

    @classmethod
    def begin(cls, text: str, n: int) -> "ShapeFacts":
        """Return what is known of the first text of a shape."""
        groups = _GROUP.findall(text)
        # Longer groups are no part of a date.
        may_be_date = bool(groups) and max(map(len, groups[:3])) <= len("2026")
        facts = cls(0, text, text, [0] * len(groups) if may_be_date else [], False, False)
        facts.add(text, n)
        return facts

    def add(self, text: str, n: int) -> None:
        """Add cells with a text of the shape."""
        self.n += n
        if text < self.first:
            self.first = text
        elif text > self.last:
            self.last = text
        if self.largest:
            self.largest = [
                max(known, int(group))
                for known, group in zip(self.largest, _GROUP.findall(text), strict=True)
            ]
        zero = _ZERO.match(text)
        if zero:
            self.is_code |= zero[1] != ""
            self.has_zero |= zero[1] == ""


@dataclass
class PlainFacts:
    """The texts that are plain numbers and ISO dates.

    Attributes
    ----------
    n_whole, n_three_decimals, n_decimal : int
        Whole numbers; those with three digits after a dot, which may cut off thousands; all other numbers.
    n_iso : int
        Dates of ISO 8601.
    n_packed : int
        Whole numbers that are dates without marks, such as 20260131.
    n_small : int
        Whole numbers below 1,000, which no mark of thousands would have.
    smallest, largest : int or None
        Ends of the whole numbers.
    three_decimals : str
        The first number with three digits after a dot by its code points; empty where there is none.
    distinct : set of str
        Some of the different plain numbers, at most ``FEW_NUMBERS`` and one more.
    examples : tuple of str
        The first and the last of the texts by their code points.
    """

    n_whole: int = 0
    n_three_decimals: int = 0
    n_decimal: int = 0
    n_iso: int = 0
    n_packed: int = 0
    n_small: int = 0
    smallest: int | None = None
    largest: int | None = None
    three_decimals: str = ""
    distinct: set[str] = field(default_factory=set)
    examples: tuple[str, ...] = ()

    @property
    def n_numbers(self) -> int:
        """How many are numbers."""
        return self.n_whole + self.n_three_decimals + self.n_decimal

    def add_whole(self, numbers: pa.Int64Array) -> None:
        """Add whole numbers."""
        if not len(numbers):
            return
        ends = pc.min_max(numbers).as_py()
        self.n_whole += len(numbers)
        self.n_small += int(pc.sum(pc.and_(pc.less(numbers, 1000), pc.greater(numbers, -1000))).as_py())
        self.smallest = min(ends["min"], ends["min"] if self.smallest is None else self.smallest)
        self.largest = max(ends["max"], ends["max"] if self.largest is None else self.largest)
        if ends["max"] >= _FIRST_PACKED and ends["min"] <= _LAST_PACKED:
            is_packed = pc.match_substring_regex(numbers.cast(pa.string()), _PACKED_DATE)
            self.n_packed += int(pc.sum(is_packed).as_py())
        self.add_distinct(numbers)

    def add_distinct(self, numbers: pa.Array) -> None:
        """Add different numbers, or their texts, until there are more than a few."""
        if len(self.distinct) <= FEW_NUMBERS:
            self.distinct.update(numbers.unique()[: FEW_NUMBERS + 1].cast(pa.string()).to_pylist())
            self.distinct = set(sorted(self.distinct)[: FEW_NUMBERS + 1])


class Evidence:
    """What the cells of one column look like.

    Parameters
    ----------
    nulls : iterable of str
        Texts that stand for no value, in small letters; they are left out.

    Attributes
    ----------
    n_known, n_null : int
        Cells with and without a value.
    natives : Counter
        Native cells by kind.
    whole : PlainFacts
        Native numbers that are whole.
    n_far : int
        Native dates that stand for none, such as 9999-12-31.
    plain : PlainFacts
        Texts that are plain numbers and dates.
    shapes : dict of str to ShapeFacts, or None
        All other texts; None where they have too many shapes.
    spellings : dict of str to Counter, or None
        Those texts by what they are without regard to case, each with its spellings; None where there are
        too many.
    """

    def __init__(self, nulls: Iterable[str]) -> None:
        self._nulls = pa.array(sorted({"", *nulls}), pa.string())
        self.n_known = self.n_null = 0
        self.natives: Counter[Kind] = Counter()
        self.whole = PlainFacts()
        self.n_far = 0
        self.plain = PlainFacts()
        self.shapes: dict[str, ShapeFacts] | None = {}
        self.spellings: dict[str, Counter[str]] | None = {}

    def add(self, cells: pa.Array) -> None:
        """Add cells: texts, native values, or ``MIXED`` ones."""
        if cells.type == MIXED:
            texts, numbers = cells.field("text"), cells.field("number")
            self.add(texts.drop_null())
            self.add(numbers.drop_null())
            self.n_null += texts.null_count + numbers.null_count - len(cells)
        elif pa.types.is_string(cells.type):
            self._add_texts(cells)
        elif not pa.types.is_null(cells.type):
            kind = _NATIVES[cells.type]
            self.natives[kind] += len(cells) - cells.null_count
            if kind in ("integer", "float"):
                self.whole.add_whole(_find_whole(cells.drop_null()))
            if kind == "datetime":
                years = pc.year(cells)
                far = pc.or_(pc.less(years, FIRST_YEAR), pc.greater(years, LAST_YEAR))
                self.n_far += pc.sum(far).as_py() or 0
            self._count(len(cells), cells.null_count)
        else:
            self._count(len(cells), len(cells))

    def _count(self, n_cells: int, n_null: int) -> None:
        self.n_known += n_cells - n_null
        self.n_null += n_null

    def _add_texts(self, cells: pa.StringArray) -> None:
        texts = trim_texts(cells)
        texts = texts.filter(pc.invert(pc.is_in(pc.utf8_lower(texts), self._nulls))).drop_null()
        self._count(len(cells), len(cells) - len(texts))
        for pattern, add in (
            (_WHOLE, self._add_whole),
            (_THREE_DECIMALS, self._add_three_decimals),
            (_DECIMAL, self._add_decimals),
            (_ISO_DATE, self._add_iso),
        ):
            if not len(texts):
                return
            matching = pc.match_substring_regex(texts, pattern)
            found = texts.filter(matching)
            if len(found):
                add(found)
                texts = texts.filter(pc.invert(matching))
        if len(texts) and (self.shapes is not None or self.spellings is not None):
            self._add_others(texts)

    def _add_whole(self, texts: pa.StringArray) -> None:
        self.plain.add_whole(texts.cast(pa.int64()))
        self._note_examples(texts)

    def _add_three_decimals(self, texts: pa.StringArray) -> None:
        plain = self.plain
        plain.n_three_decimals += len(texts)
        plain.three_decimals = min(filter(None, (plain.three_decimals, pc.min(texts).as_py())))
        plain.add_distinct(texts)
        self._note_examples(texts)

    def _add_decimals(self, texts: pa.StringArray) -> None:
        self.plain.n_decimal += len(texts)
        self.plain.add_distinct(texts)
        self._note_examples(texts)

    def _add_iso(self, texts: pa.StringArray) -> None:
        self.plain.n_iso += len(texts)
        self._note_examples(texts)

    def _note_examples(self, texts: pa.StringArray) -> None:
        ends = pc.min_max(texts).as_py()
        known = {*self.plain.examples, ends["min"], ends["max"]}
        self.plain.examples = tuple(sorted({min(known), max(known)}))

    def _add_others(self, texts: pa.StringArray) -> None:
        counted = pc.value_counts(texts)
        for text, n in zip(
            counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
        ):
            self._add_shape(text, n)
            self._add_spelling(text, n)

    def _add_shape(self, text: str, n: int) -> None:
        if self.shapes is None:
            return
        shape = text.translate(DIGITS)
        facts = self.shapes.get(shape)
        if facts is not None:
            facts.add(text, n)
        elif len(self.shapes) < MOST_SHAPES:
            self.shapes[shape] = ShapeFacts.begin(text, n)
        else:
            self.shapes = None

    def _add_spelling(self, text: str, n: int) -> None:
        if self.spellings is None:
            return
        spelling = self.spellings.setdefault(text.casefold(), Counter())
        spelling[text] += n
        if len(self.spellings) > MOST_CATEGORIES:
            self.spellings = None

    def known_shapes(self) -> Iterator[tuple[str, ShapeFacts]]:
        """Yield the shapes, in an order that no order of the rows changes."""
        yield from sorted((self.shapes or {}).items())


def _find_whole(numbers: pa.Array) -> pa.Int64Array:
    """Return those of native numbers that are whole."""
    if pa.types.is_integer(numbers.type):
        return numbers
    is_whole = pc.and_(pc.equal(pc.trunc(numbers), numbers), pc.less(pc.abs(numbers), 2.0**53))
    return numbers.filter(is_whole).cast(pa.int64())
