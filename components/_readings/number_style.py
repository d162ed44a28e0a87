"""Number style: find the style of writing numbers that fits all cells of a column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from components._problem.reading_options import ColumnOptions
from components._readings.column_evidence import ColumnEvidence
from components._readings.facts import ShapeFacts
from components._table.clock_text import is_time_unit
from components._table.number_text import (
    NumberParts,
    NumberStyle,
    build_core_pattern,
    build_number_reader,
    split_number,
)

# The plainest first: among styles that give the same numbers, the first is taken.
_MARKS = (
    (".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"),
)  # fmt: skip
# A whole number of more digits is an identifier: a float cannot distinguish it from its neighbours.
MOST_DIGITS = 18
_TELEPHONE_DIGITS = 9


class NumberCore(NamedTuple):
    """Digits and marks of numbers of one shape.

    Attributes
    ----------
    text : str
        The digits and marks of one of them.
    has_zero : bool
        Whether the first digits of any are a single zero.
    """

    text: str
    has_zero: bool


@dataclass
class NumberTexts:
    """The texts of a column that are numbers in some style.

    Attributes
    ----------
    n : int
        How many cells.
    cores : list of NumberCore
        Their digits and marks, by shape.
    affixes : set of tuple
        The combinations of units, currencies and the like beside the digits.
    n_signed : int
        Cells with a sign.
    is_scaled, has_codes, is_long : bool
        Whether any has a suffix such as k, a leading zero, or more than ``MOST_DIGITS`` digits.
    n_exponents : int
        Cells such as 12E5, which may be codes.
    longest : int
        Digits of the longest cell.
    n_bare : int
        Cells without anything beside the digits.
    """

    n: int = 0
    cores: list[NumberCore] = field(default_factory=list)
    affixes: set[tuple[str, ...]] = field(default_factory=set)
    n_signed: int = 0
    is_scaled: bool = False
    has_codes: bool = False
    is_long: bool = False
    n_exponents: int = 0
    longest: int = 0
    n_bare: int = 0

    @property
    def has_time_units(self) -> bool:
        """Whether all units beside the digits are units of time, and there are several."""
        units = {affix for affixes in self.affixes for affix in affixes}
        return len(units) > 1 and all(map(is_time_unit, units))


class NumberMarks(NamedTuple):
    """The marks of a column's numbers.

    Attributes
    ----------
    style : NumberStyle or None
        How they are written; None if no style fits all.
    other : NumberStyle or None
        Another style that also fits all, but gives other numbers.
    is_by_rule : bool
        Whether whole numbers below 1,000 without a mark decided between the two.
    example : str
        A number that the two read differently.
    """

    style: NumberStyle | None
    other: NumberStyle | None = None
    is_by_rule: bool = False
    example: str = ""

    def read_example(self) -> tuple[float, float]:
        """Return the value of the example in the style and in the other style."""
        if self.style is None or self.other is None:
            raise ValueError("there is only one style")
        return build_number_reader(self.style)(self.example), build_number_reader(self.other)(self.example)


def collect_numbers(evidence: ColumnEvidence) -> tuple[NumberTexts, list[str]]:
    """Return the texts that are numbers in some style, and the shapes of those that are not."""
    plain = evidence.plain
    found = NumberTexts(n=plain.n_numbers, n_bare=plain.n_numbers)
    others = []
    for shape, facts in evidence.iterate_shapes():
        parts = split_number(facts.last)
        if parts is None:
            others.append(shape)
        else:
            _add_shape(found, facts, parts)
    return found, others


def find_marks(evidence: ColumnEvidence, numbers: NumberTexts, options: ColumnOptions) -> NumberMarks:
    """Return the marks that all numbers of a column fit.

    If two styles fit and give different numbers, they differ in one mark before three digits: 1.050 is 1050
    or 1.05. The mark separates thousands if the column also has whole numbers without it, all below 1,000.
    Otherwise a person must decide.
    """
    is_scaled = numbers.is_scaled
    affixes = tuple(sorted({affix for combination in numbers.affixes for affix in combination}))
    by_values: dict[tuple[str, ...], NumberStyle] = {}
    cores = list(_iterate_cores(evidence, numbers))
    for decimal, thousands in _MARKS:
        if options.decimal not in (None, decimal) or options.thousands not in (None, thousands):
            continue
        if evidence.plain.n_decimal and decimal != ".":
            continue
        literals = _parse_cores(cores, decimal, thousands)
        if literals is not None:
            by_values.setdefault(literals, NumberStyle(decimal, thousands, affixes, is_scaled))
    styles = list(by_values.values())
    if len(styles) < 2:
        return NumberMarks(styles[0] if styles else None)
    with_thousands, without_thousands = sorted(styles[:2], key=lambda style: style.thousands == "")
    example = _find_example(evidence, cores)
    n_small, n_large = _count_unmarked(evidence, cores)
    if n_small and not n_large:
        return NumberMarks(with_thousands, without_thousands, True, example)
    return NumberMarks(without_thousands, with_thousands, False, example)


def can_fit_marks(numbers: NumberTexts) -> bool:
    """Return whether each number fits some style, not necessarily the same; 1.1.2 fits none."""
    patterns = [re.compile(build_core_pattern(decimal, thousands)) for decimal, thousands in _MARKS]
    return all(any(pattern.fullmatch(core.text) for pattern in patterns) for core in numbers.cores)


def are_identifiers(numbers: NumberTexts) -> bool:
    """Return whether numbers are identifiers: postal codes, house numbers, telephone numbers, long keys."""
    is_telephone = numbers.n_signed == numbers.n and numbers.longest >= _TELEPHONE_DIGITS
    # House numbers and seats: 12A beside 14 or 12B. The same letter in all cells is a unit.
    letters = {
        affix for affixes in numbers.affixes for affix in affixes if len(affix) == 1 and affix.isalpha()
    }
    has_letters = bool(letters) and (numbers.n_bare > 0 or numbers.is_scaled)
    is_code = numbers.has_codes or numbers.is_long or numbers.n_exponents == numbers.n
    return is_code or is_telephone or has_letters


def _add_shape(found: NumberTexts, facts: ShapeFacts, parts: NumberParts) -> None:
    digits = re.sub(r"\D", "", parts.core)
    found.n += facts.n
    found.cores.append(NumberCore(parts.core, facts.has_zero))
    if parts.affixes:
        found.affixes.add(parts.affixes)
    elif not parts.scale:
        found.n_bare += facts.n
    found.n_signed += facts.n if parts.is_signed else 0
    found.is_scaled |= parts.scale > 0
    found.has_codes |= facts.is_code and digits == parts.core
    found.is_long |= digits == parts.core and len(digits) > MOST_DIGITS
    found.longest = max(found.longest, len(digits))
    found.n_exponents += facts.n if parts.exponent and digits == parts.core else 0


def _iterate_cores(evidence: ColumnEvidence, numbers: NumberTexts) -> Iterator[NumberCore]:
    yield from numbers.cores
    if evidence.plain.n_three_decimals:
        yield NumberCore("1.050", False)


def _parse_cores(cores: list[NumberCore], decimal: str, thousands: str) -> tuple[str, ...] | None:
    """Return the digits of each core as a style reads them; None if the style does not fit a core."""
    pattern = re.compile(build_core_pattern(decimal, thousands))
    literals = []
    for core in cores:
        whole = core.text.partition(decimal)[0]
        # A number with a thousands mark does not begin with a zero.
        if not pattern.fullmatch(core.text) or (core.has_zero and re.search(r"\D", whole)):
            return None
        fraction = core.text.rpartition(decimal)[2] if decimal in core.text else ""
        literals.append(re.sub(r"\D", "", whole) + "." + fraction)
    return tuple(literals)


def _find_example(evidence: ColumnEvidence, cores: list[NumberCore]) -> str:
    if evidence.plain.three_decimals:
        return evidence.plain.three_decimals
    return next(core.text for core in cores if re.search(r"\D", core.text))


def _count_unmarked(evidence: ColumnEvidence, cores: list[NumberCore]) -> tuple[int, int]:
    """Return how many shapes and plain numbers without marks are below 1,000, and how many are not."""
    lengths = [len(core.text) for core in cores if core.text.isdigit()]
    n_small = evidence.plain.n_small + sum(length <= 3 for length in lengths)
    n_large = evidence.plain.n_whole - evidence.plain.n_small + sum(length > 3 for length in lengths)
    return n_small, n_large
