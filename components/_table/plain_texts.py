"""Plain texts: numbers and dates of a whole array, recognised by their bytes instead of by patterns.

To match a pattern takes longer than to read a number. So Arrow reads the texts first, and a few facts about
all bytes at once then prove that the texts are nothing but plain numbers or dates.
"""

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A whole number of so many characters fits 64 bits.
_MOST_CHARACTERS = 18
# Besides ``e``, numbers have no bytes but ``+,-./`` and digits, and Arrow refuses commas and slashes.
_FIRST_BYTE, _LAST_BYTE = ord("+"), ord("9")
_ZERO, _NINE, _PLUS, _MINUS, _DOT, _E = b"09+-.e"
_LOWER = _SPACE = 0x20
_LAST_ASCII = 0x7F
_A, _I, _Z = b"aiz"
_FEW = 10
# The first texts, which mostly suffice to find that a column is not one of numbers.
_SAMPLE = 1_000
# A dot and three digits.
_THREE_DECIMALS = 4
# Digits of an exponent.
_MOST_POWER = 3
# A column with more such bytes is not one of numbers and a few other texts.
_MOST_OTHER_BYTES = 0.1
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?", re.ASCII)
# Characters of a date alone, with minutes, with seconds, and with microseconds.
_DAY, _MINUTE, _SECOND, _MICROSECOND = 10, 16, 19, 26
_MIDDLE = 10
# Other years mean no value.
_FIRST_MOMENT, _END_MOMENT = (int(np.datetime64(f"{year}-01-01", "us").astype(int)) for year in (1000, 2900))


class PlainTexts(NamedTuple):
    """The texts of an array that may be plain numbers or dates.

    Attributes
    ----------
    texts : StringArray
        These texts, of which none is empty.
    is_plain : ndarray of bool, or None
        Which texts of the array they are; None if they are all of them.
    are_dates : bool
        Whether they may be dates rather than numbers.
    """

    texts: pa.StringArray
    is_plain: np.ndarray | None
    are_dates: bool


class PlainNumbers(NamedTuple):
    """Plain numbers by their form.

    Attributes
    ----------
    whole : StringArray
        Whole numbers without leading zeros.
    integers : Int64Array
        Their values.
    fractions : StringArray
        Numbers with a dot.
    has_mark : ndarray of bool
        Which of the fractions have a dot before three digits that may be a thousands mark.
    scientific : StringArray
        Numbers with an exponent.
    values : DoubleArray or None
        The values of all numbers in their order; None if all are whole.
    """

    whole: pa.StringArray
    integers: pa.Int64Array
    fractions: pa.StringArray
    has_mark: np.ndarray
    scientific: pa.StringArray
    values: pa.DoubleArray | None


class TextBytes(NamedTuple):
    """The texts of an array as bytes.

    Attributes
    ----------
    data : ndarray of uint8
        The UTF-8 of all texts, one text after the other.
    starts, ends : ndarray of int32, shape (n_texts,)
        Where each text begins and ends.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @classmethod
    def from_texts(cls, texts: pa.StringArray) -> "TextBytes":
        """Return the bytes of texts without nulls."""
        _, offsets, data = texts.buffers()
        if not len(texts) or data is None:
            nowhere = np.zeros(len(texts), np.int32)
            return cls(np.zeros(0, np.uint8), nowhere, nowhere)
        bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        first, last = bounds[0], bounds[-1]
        if first:
            bounds = bounds - first
        return cls(np.frombuffer(data, np.uint8)[first:last], bounds[:-1], bounds[1:])

    @property
    def lengths(self) -> np.ndarray:
        """Bytes of each text."""
        lengths: np.ndarray = self.ends - self.starts
        return lengths

    def mark_texts(self, positions: np.ndarray) -> np.ndarray:
        """Return which texts contain the bytes at some positions."""
        found = np.zeros(len(self.ends), np.bool_)
        found[np.searchsorted(self.ends, positions, side="right")] = True
        return found

    def are_ascii(self) -> bool:
        """Return whether all texts are ASCII."""
        return bool(self.data.max(initial=0) <= _LAST_ASCII)

    def are_trimmed(self) -> bool:
        """Return whether all texts are ASCII, and none begins or ends with a blank."""
        if not self.are_ascii():
            return False
        starts, ends = self.starts, self.ends
        lengths = self.lengths
        if not lengths.all():
            starts, ends = starts[lengths > 0], ends[lengths > 0]
        return bool((self.data[starts] > _SPACE).all() and (self.data[ends - 1] > _SPACE).all())

    def find_words(self, longest: int) -> np.ndarray:
        """Return which of texts in ASCII are longer, and begin with a letter that begins no number."""
        is_long: np.ndarray = self.lengths > longest
        # Infinite numbers begin with an i.
        firsts = self.data[self.starts[is_long]] | _LOWER
        lasts = self.data[self.ends[is_long] - 1]
        is_long[is_long] = (firsts >= _A) & (firsts <= _Z) & (firsts != _I) & (lasts > _SPACE)
        return is_long

    def leave_out_empty(self) -> pa.StringArray:
        """Return the texts that are not empty, without a copy of them."""
        bounds = np.append(np.zeros(1, np.int32), self.ends[self.lengths > 0])
        return pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(self.data))

    def replace(self, others: np.ndarray) -> pa.StringArray:
        """Return the texts with another byte, of an array of all 256, for each of theirs."""
        bounds = np.append(np.zeros(1, np.int32), self.ends)
        return pa.StringArray.from_buffers(
            len(self.ends), pa.py_buffer(bounds), pa.py_buffer(others[self.data])
        )


def find_plain(texts: pa.StringArray) -> PlainTexts | None:
    """Return the texts that may be plain numbers or dates; None if they are few.

    Parameters
    ----------
    texts : StringArray
        Texts without nulls; none of them must be trimmed.
    """
    if not len(texts):
        return None
    data, _, ends = found = TextBytes.from_texts(texts)
    if not len(data):
        return None
    # An empty text has no last byte. The byte before it may be a digit.
    # Bytes below the first digit wrap around.
    is_plain = (data[ends - 1] - np.uint8(_ZERO) <= _NINE - _ZERO) & (found.lengths > 0)
    n_plain, n_filled = np.count_nonzero(is_plain), np.count_nonzero(found.lengths)
    if n_plain * 2 < n_filled:
        return None
    plain = texts
    if n_plain < len(texts):
        plain = found.leave_out_empty() if n_plain == n_filled else texts.filter(pa.array(is_plain))
        data, _, _ = found = TextBytes.from_texts(plain)
    if _DATE.fullmatch(plain[0].as_py()):
        return PlainTexts(plain, is_plain if n_plain < len(texts) else None, True)
    few = found.ends[min(len(plain), _SAMPLE) - 1]
    if np.count_nonzero(_find_others(data[:few])) > _MOST_OTHER_BYTES * few:
        return None
    is_other = _find_others(data)
    n_other = np.count_nonzero(is_other)
    if n_other > _MOST_OTHER_BYTES * len(data):
        return None
    if n_other:
        others = found.mark_texts(np.flatnonzero(is_other))
        is_plain[np.flatnonzero(is_plain)[others]] = False
        plain = plain.filter(pa.array(~others))
    return PlainTexts(plain, is_plain if len(plain) < len(texts) else None, False)


def _find_others(data: np.ndarray) -> np.ndarray:
    """Return which bytes are not those of plain numbers."""
    # Bytes below the first one wrap around.
    is_other: np.ndarray = data - np.uint8(_FIRST_BYTE) > _LAST_BYTE - _FIRST_BYTE
    if is_other.any():
        is_other &= data | _LOWER != _E
    return is_other


def parse_whole(texts: pa.StringArray) -> pa.Int64Array | None:
    """Return the values of plain texts that are whole numbers; None if some are not."""
    if not TextBytes.from_texts(texts).lengths.max(initial=0) <= _MOST_CHARACTERS:
        return None
    return _cast(texts, pa.int64())


def parse_numbers(texts: pa.StringArray) -> pa.DoubleArray | None:
    """Return the values of plain texts that are numbers; None if some are not, or are too large."""
    return _parse_numbers(texts, _find_powers(texts))


def parse_dates(texts: pa.StringArray) -> pa.TimestampArray | None:
    """Return the times of plain texts that are ISO dates in one form; None if some are not."""
    data, _, _ = found = TextBytes.from_texts(texts)
    lengths = found.lengths
    length = int(lengths[0]) if len(lengths) else 0
    if (
        length not in (_DAY, _MINUTE, _SECOND, *range(_SECOND + 2, _MICROSECOND + 1))
        or (lengths != length).any()
    ):
        return None
    characters = data.reshape(-1, length)
    # Arrow also reads times in other forms.
    marks = {_MIDDLE: characters[0, _MIDDLE]} if length > _DAY else {}
    marks |= {at: ord(":") for at in (13, 16) if at < length} | ({_SECOND: _DOT} if length > _SECOND else {})
    if any((characters[:, at] != mark).any() for at, mark in marks.items()):
        return None
    moments = _cast(texts, pa.timestamp("us"))
    if moments is None:
        return None
    ends = pc.min_max(moments.view(pa.int64())).as_py()
    return moments if ends["min"] >= _FIRST_MOMENT and ends["max"] < _END_MOMENT else None


def find_first(texts: pa.StringArray) -> str:
    """Return the first of texts by code points; there is at least one, and none is null."""
    return _select(texts, "ascending")


def find_last(texts: pa.StringArray) -> str:
    """Return the last of texts by code points; there is at least one, and none is null."""
    return _select(texts, "descending")


def _select(texts: pa.StringArray, order: str) -> str:
    # To find the smallest and the largest text takes twice as long as to select both.
    selected: str = texts[pc.select_k_unstable(texts, 1, [("", order)])[0].as_py()].as_py()
    return selected


def sort_numbers(texts: pa.StringArray) -> PlainNumbers | None:
    """Return plain texts by the form of their numbers; None if some are not plain numbers."""
    powers = _find_powers(texts)
    numbers, scientific = texts, texts[:0]
    if len(powers.texts):
        has_power = np.zeros(len(texts), np.bool_)
        has_power[powers.texts] = True
        scientific, numbers = texts.filter(pa.array(has_power)), texts.filter(pa.array(~has_power))
        # 12E5 and .5e-5 may be codes.
        if not powers.are_signed or not _begin_with_digits(scientific):
            return None
    found = TextBytes.from_texts(numbers)
    is_dot = found.data == _DOT
    n_dots = np.count_nonzero(is_dot)
    whole = fractions = numbers
    if not n_dots:
        fractions = numbers[:0]
    elif n_dots == len(numbers):
        whole = numbers[:0]
    else:
        has_dot = pa.array(found.mark_texts(np.flatnonzero(is_dot)))
        whole, fractions = numbers.filter(pc.invert(has_dot)), numbers.filter(has_dot)
    integers = parse_whole(whole)
    if integers is None or _has_leading_zero(whole):
        return None
    values = None
    if len(whole) < len(texts):
        # Arrow reads no number with two dots.
        values = _parse_numbers(texts, powers)
        if values is None:
            return None
    return PlainNumbers(whole, integers, fractions, _find_thousands(fractions), scientific, values)


def _parse_numbers(texts: pa.StringArray, powers: "_Powers") -> pa.DoubleArray | None:
    if len(powers.lengths) and not (powers.lengths <= _MOST_POWER).all():
        return None
    values = _cast(texts, pa.float64())
    # Arrow reads a number that is too large as infinite.
    return values if values is not None and np.isfinite(values.to_numpy()).all() else None


class _Powers(NamedTuple):
    """Exponents: which texts have one, its digits, and whether all of them have a sign."""

    texts: np.ndarray
    lengths: np.ndarray
    are_signed: bool


def _find_powers(texts: pa.StringArray) -> _Powers:
    data, _, ends = TextBytes.from_texts(texts)
    has_letters = data.max(initial=0) > _NINE
    positions = np.flatnonzero(data | _LOWER == _E) if has_letters else np.zeros(0, np.int64)
    found = np.searchsorted(ends, positions, side="right")
    # A text ends with a digit, so another byte follows.
    after = data[positions + 1]
    is_signed = (after == _PLUS) | (after == _MINUS)
    return _Powers(found, ends[found] - positions - 1 - is_signed, bool(is_signed.all()))


def _begin_with_digits(texts: pa.StringArray) -> bool:
    data, starts, _ = TextBytes.from_texts(texts)
    firsts = data[starts + ((data[starts] == _MINUS) | (data[starts] == _PLUS))]
    return bool(((firsts >= _ZERO) & (firsts <= _NINE)).all())


def _has_leading_zero(texts: pa.StringArray) -> bool:
    data, starts, _ = found = TextBytes.from_texts(texts)
    if not len(data):
        return False
    firsts, lengths = data[starts], found.lengths
    signed = np.flatnonzero(firsts == _MINUS)
    # A sign is followed by a digit.
    firsts[signed] = data[starts[signed] + 1]
    lengths[signed] -= 1
    return bool((lengths[firsts == _ZERO] > 1).any())


def _find_thousands(texts: pa.StringArray) -> np.ndarray:
    """Return which fractions are one to three digits, a dot and three digits, without a leading zero."""
    data, starts, ends = bytes_ = TextBytes.from_texts(texts)
    if not len(data):
        return np.zeros(0, np.bool_)
    has_mark: np.ndarray = data.take(ends - _THREE_DECIMALS, mode="clip") == _DOT
    has_mark &= bytes_.lengths > _THREE_DECIMALS
    found = np.flatnonzero(has_mark)
    if len(found):
        starts, ends = starts[found], ends[found]
        firsts = starts + (data[starts] == _MINUS)
        n_digits = ends - firsts - _THREE_DECIMALS
        begins_with_digit = (data[firsts] > _ZERO) & (data[firsts] <= _NINE)
        has_mark[found] = (n_digits >= 1) & (n_digits <= 3) & begins_with_digit
    return has_mark


def _cast(texts: pa.StringArray, type_: pa.DataType) -> pa.Array | None:
    try:
        # Arrow words an error for each text that it cannot read, so it begins with a few.
        texts[:_FEW].cast(type_)
        return texts.cast(type_)
    except pa.ArrowInvalid:
        return None
