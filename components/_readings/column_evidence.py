"""Evidence: what the cells of a column look like, collected from all rows in any order.

Texts are counted by their shape, in which each digit is a 9. So the dates or prices of a column have only a
few shapes. A column with more shapes than ``MOST_SHAPES``, or with longer ones, is free text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._readings.facts import PlainFacts, ShapeFacts
from components._readings.shape_groups import ShapeGroups
from components._table.cells import MIXED, find_nulls, fold_texts, trim_texts
from components._table.date_text import FIRST_YEAR, LAST_YEAR
from components._table.kinds import Kind
from components._table.plain_texts import PlainTexts, TextBytes, find_first, find_last
from components._table.text_cells import TextCells

MOST_SHAPES = 2_000
# A text column with more different texts has no list of categories.
MOST_CATEGORIES = 1_000
# Characters of all shapes, or of all different texts, that are kept of a column.
MOST_CHARACTERS = 1 << 24
# The first texts, which mostly suffice to find that there are more.
_SAMPLE = 4_000
DIGITS = str.maketrans("0123456789", "9" * 10)
_NATIVES: dict[pa.DataType, Kind] = {
    pa.int64(): "integer",
    pa.float64(): "float",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "datetime",
}
# Plain texts, in the order in which they are tried.
_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"
_THREE_DECIMALS = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"
_DECIMAL = r"^[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][+-][0-9]{1,3}|(?i:inf(inity)?))$"
_ISO_DATE = r"^(1[0-9]{3}|2[0-8][0-9]{2})-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?$"
# Which bytes the plain texts do not have.
_IS_OTHER = np.ones(256, np.bool_)
_IS_OTHER[list(b"0123456789+-.eE infinityINFINITY:T")] = False


class ColumnEvidence:
    """What the cells of one column look like.

    Parameters
    ----------
    nulls : iterable of str
        Null marks, as ``str.casefold`` makes them; cells with them are counted as null.

    Attributes
    ----------
    n_known, n_null : int
        Cells with and without a value.
    natives : Counter
        Native cells by kind.
    whole : PlainFacts
        Native numbers that are whole.
    n_far : int
        Native placeholder dates, such as 9999-12-31.
    plain : PlainFacts
        Texts that are plain numbers and dates.
    shapes : dict of str to ShapeFacts, or None
        All other texts by shape; None if there are too many shapes.
    spellings : dict of str to Counter, or None
        These texts by their case-folded form, each with its spellings; None if there are too many.
    """

    def __init__(self, nulls: Iterable[str]) -> None:
        self._nulls = pa.array(sorted({"", *nulls}), pa.string())
        self._has_plain_nulls = any(mark[-1:].isdigit() for mark in nulls)
        self.n_known = self.n_null = 0
        self.natives: Counter[Kind] = Counter()
        self.whole = PlainFacts()
        self.n_far = 0
        self.plain = PlainFacts()
        self.shapes: dict[str, ShapeFacts] | None = {}
        self.spellings: dict[str, Counter[str]] | None = {}

    def add(self, cells: pa.Array | TextCells) -> None:
        """Add cells: texts, native values, or ``MIXED`` ones."""
        if isinstance(cells, TextCells):
            self._add_texts(cells)
        elif cells.type == MIXED:
            texts, numbers = cells.field("text"), cells.field("number")
            self.add(texts.drop_null())
            self.add(numbers.drop_null())
            self.n_null += texts.null_count + numbers.null_count - len(cells)
        elif pa.types.is_string(cells.type):
            self.n_null += cells.null_count
            self._add_texts(TextCells(cells.drop_null()))
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

    def _add_texts(self, cells: TextCells) -> None:
        texts = cells.texts
        plain = None if self._has_plain_nulls else cells.plain
        if plain is not None and self._add_plain(cells, plain):
            self.n_known += len(plain.texts)
            if plain.is_plain is None:
                return
            if len(TextBytes.from_texts(plain.texts).data) == len(TextBytes.from_texts(texts).data):
                # The others are empty.
                self.n_null += len(texts) - len(plain.texts)
                return
            texts = texts.filter(pa.array(~plain.is_plain))
            cells = TextCells(texts)
        if self.shapes is None and self.spellings is None:
            cells = self._count_words(texts)
            texts = cells.texts
        if not len(texts):
            return
        if cells.has_repeats:
            self.add_counted(cells.encoded.dictionary, cells.count_different())
        else:
            self.add_counted(texts, None)

    def _count_words(self, texts: pa.StringArray) -> TextCells:
        """Count texts of which nothing else must be known, and return the others."""
        found = TextBytes.from_texts(texts)
        if not found.are_ascii():
            return TextCells(texts)
        is_word = found.find_words(pc.max(pc.utf8_length(self._nulls)).as_py())
        self.n_known += int(np.count_nonzero(is_word))
        return TextCells(texts.filter(pa.array(~is_word)))

    def _add_plain(self, cells: TextCells, plain: PlainTexts) -> bool:
        """Add texts that may be plain; return whether they are."""
        if plain.are_dates:
            moments = cells.moments
            if moments is None:
                return False
            # Texts of one form and their times have the same order, and numbers are faster to compare.
            ends = [pc.index(moments, end).as_py() for end in pc.min_max(moments).values()]
            self.plain.n_iso += len(moments)
            self._update_examples(*plain.texts.take(pa.array(ends)).to_pylist())
            return True
        numbers = cells.sort_numbers(plain)
        if numbers is None:
            return False
        facts, fractions, scientific = self.plain, numbers.fractions, numbers.scientific
        facts.add_whole(numbers.integers)
        n_marked = int(np.count_nonzero(numbers.has_mark))
        if n_marked:
            self._add_three_decimals(fractions.filter(pa.array(numbers.has_mark)))
        facts.n_decimal += len(fractions) + len(scientific) - n_marked
        facts.add_distinct(fractions)
        facts.add_distinct(scientific)
        if len(plain.texts):
            self._update_examples(find_first(plain.texts), find_last(plain.texts))
        return True

    def add_counted(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> None:
        """Add texts of any form, each of which occurs some times, or once."""
        texts = trim_texts(texts)
        is_known = pc.invert(find_nulls(texts, self._nulls))
        n_cells = _count(texts, counts)
        texts, counts = _filter(texts, counts, is_known)
        n_known = _count(texts, counts)
        self._count(n_cells, n_cells - n_known)
        if not len(texts):
            return
        is_other = _find_others(texts)
        if not is_other.all():
            is_plain = self._add_matching(*_filter(texts, counts, pa.array(~is_other)))
            is_other[~is_other] = ~is_plain
            texts, counts = _filter(texts, counts, pa.array(is_other))
        if len(texts) and (self.shapes is not None or self.spellings is not None):
            self._add_unknown(texts, counts)

    def _add_matching(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> np.ndarray:
        """Add the texts that match a pattern; return which ones do."""
        is_known = pa.array(np.zeros(len(texts), np.bool_))
        for pattern, add in (
            (_WHOLE, self._add_whole),
            (_THREE_DECIMALS, self._add_three_decimals),
            (_DECIMAL, self._add_decimals),
            (_ISO_DATE, self._add_iso),
        ):
            is_match = pc.and_not(pc.match_substring_regex(texts, pattern), is_known)
            if pc.any(is_match).as_py():
                matching, their_counts = _filter(texts, counts, is_match)
                add(matching, their_counts)
                self._update_examples(find_first(matching), find_last(matching))
                is_known = pc.or_(is_known, is_match)
        return np.asarray(is_known)

    def _add_whole(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> None:
        self.plain.add_whole(texts.cast(pa.int64()), counts)

    def _add_three_decimals(self, texts: pa.StringArray, counts: pa.Int64Array | None = None) -> None:
        plain = self.plain
        plain.n_three_decimals += _count(texts, counts)
        plain.three_decimals = min(filter(None, (plain.three_decimals, find_first(texts))))
        plain.add_distinct(texts)

    def _add_decimals(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> None:
        self.plain.n_decimal += _count(texts, counts)
        self.plain.add_distinct(texts)

    def _add_iso(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> None:
        self.plain.n_iso += _count(texts, counts)

    def _update_examples(self, first: str, last: str) -> None:
        known = {*self.plain.examples, first, last}
        self.plain.examples = tuple(sorted({min(known), max(known)}))

    def _add_unknown(self, texts: pa.StringArray, counts: pa.Int64Array | None) -> None:
        if counts is None and self.spellings is not None:
            is_free = len(fold_texts(texts[:_SAMPLE]).unique()) > MOST_CATEGORIES
            self.spellings = None if is_free else self.spellings
        if counts is None and self.spellings is None:
            counts = pa.array(np.ones(len(texts), np.int64))
        elif counts is None:
            counted = pc.value_counts(texts)
            texts, counts = counted.field("values"), counted.field("counts")
        if self.shapes is not None:
            self._add_shapes(self.shapes, ShapeGroups(texts, counts))
        if self.spellings is not None:
            self._add_spellings(self.spellings, texts, counts)

    def _add_shapes(self, shapes: dict[str, ShapeFacts], groups: ShapeGroups) -> None:
        known = shapes.keys() | groups.shapes
        if len(known) > MOST_SHAPES or sum(map(len, known)) > MOST_CHARACTERS:
            self.shapes = None
            return
        for shape, facts in groups.iterate_facts():
            if shape in shapes:
                shapes[shape].merge(facts)
            else:
                shapes[shape] = facts

    def _add_spellings(
        self, spellings: dict[str, Counter[str]], texts: pa.StringArray, counts: pa.Int64Array
    ) -> None:
        if len(texts) > MOST_CATEGORIES and len(fold_texts(texts).unique()) > MOST_CATEGORIES:
            self.spellings = None
            return
        for text, n in zip(texts.to_pylist(), counts.to_pylist(), strict=True):
            spellings.setdefault(text.casefold(), Counter())[text] += n
        if len(spellings) > MOST_CATEGORIES or sum(map(len, spellings)) > MOST_CHARACTERS:
            self.spellings = None

    def iterate_shapes(self) -> Iterator[tuple[str, ShapeFacts]]:
        """Yield the shapes, in an order that does not depend on the order of the rows."""
        yield from sorted((self.shapes or {}).items())


def _find_others(texts: pa.StringArray) -> np.ndarray:
    """Return which texts, none of which is empty, have bytes that plain texts do not have."""
    data, starts, ends = TextBytes.from_texts(texts)
    is_other: np.ndarray = _IS_OTHER[data[starts]] | _IS_OTHER[data[ends - 1]]
    if not is_other.all():
        rest = TextBytes.from_texts(texts.filter(pa.array(~is_other)))
        is_other[~is_other] = rest.mark_texts(np.flatnonzero(_IS_OTHER[rest.data]))
    return is_other


def _filter(
    texts: pa.StringArray, counts: pa.Int64Array | None, is_kept: pa.BooleanArray
) -> tuple[pa.StringArray, pa.Int64Array | None]:
    return texts.filter(is_kept), None if counts is None else counts.filter(is_kept)


def _count(texts: pa.StringArray, counts: pa.Int64Array | None) -> int:
    return len(texts) if counts is None else int(pc.sum(counts, min_count=0).as_py())


def _find_whole(numbers: pa.Array) -> pa.Int64Array:
    """Return the whole numbers among native numbers."""
    if pa.types.is_integer(numbers.type):
        return numbers
    is_whole = pc.and_(pc.equal(pc.trunc(numbers), numbers), pc.less(pc.abs(numbers), 2.0**53))
    return numbers.filter(is_whole).cast(pa.int64())
