"""Rewritten texts: numbers and dates in other notations, made plain by the bytes of a whole array."""

import re

import numpy as np
import pyarrow as pa

from components._table.number_text import get_marks
from components._table.plain_texts import TextBytes

_DATE = re.compile(r"%([dmY])([./-])%([dmY])\2%([dmY])")
_WIDTHS = {"d": 2, "m": 2, "Y": 4}
_DAY = len("2026-01-31")
_DIGIT, _SIGN, _DECIMAL, _MARK, _OTHER = range(5)
# A mark and three digits.
_GROUP = 4


def rewrite_numbers(texts: pa.StringArray, decimal: str, thousands: str) -> pa.StringArray | None:
    """Return numbers in a style as plain ones; None if one may have another form.

    Parameters
    ----------
    texts : StringArray
        Texts, none of which is empty or null.
    decimal, thousands : str
        The marks of ``NumberStyle``.
    """
    data, starts, ends = found = TextBytes.from_texts(texts)
    roles = _list_roles(decimal, thousands)[data]
    if not found.lengths.all() or roles.max(initial=_DIGIT) == _OTHER:
        return None
    is_sign, is_decimal, is_mark = roles == _SIGN, roles == _DECIMAL, roles == _MARK
    has_sign = is_sign[starts]
    points = np.flatnonzero(is_decimal)
    with_point = np.searchsorted(ends, points, side="right")
    if np.count_nonzero(has_sign) < np.count_nonzero(is_sign) or (np.diff(with_point) == 0).any():
        return None
    if not is_mark.any():
        return found.replace(_map_bytes(decimal))
    whole_ends = ends.copy()
    whole_ends[with_point] = points
    marks = np.flatnonzero(is_mark)
    with_mark = np.searchsorted(ends, marks, side="right")
    n_marks = np.bincount(with_mark, minlength=len(ends))
    distances = whole_ends[with_mark] - marks
    n_first = (whole_ends - starts - has_sign - _GROUP * n_marks)[n_marks > 0]
    # If the distances are multiples of 4, and one to three digits are left, all groups have three digits.
    if (distances <= 0).any() or (distances % _GROUP).any() or (n_first < 1).any() or (n_first > 3).any():
        return None
    bounds = np.append(0, ends - np.cumsum(n_marks)).astype(np.int32)
    rest = _map_bytes(decimal)[data[~is_mark]]
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(bounds), pa.py_buffer(rest))


def rewrite_dates(texts: pa.StringArray, form: str) -> pa.StringArray | None:
    """Return dates in a form such as %d.%m.%Y, maybe with a time, as those of ISO 8601.

    None if the form is another one, or if a date is written in another way: 1.2.2026.

    Parameters
    ----------
    texts : StringArray
        Texts, none of which is empty or null.
    form : str
        As for strptime.
    """
    match = _DATE.fullmatch(form)
    data, _, _ = found = TextBytes.from_texts(texts)
    if match is None or len({match[1], match[3], match[4]}) < len(_WIDTHS):
        return None
    length = int(found.lengths[0]) if len(texts) else 0
    if length < _DAY or (found.lengths != length).any():
        return None
    characters = data.reshape(-1, length)
    pieces = {}
    start = 0
    for part in (match[1], match[3], match[4]):
        end = start + _WIDTHS[part]
        pieces[part] = characters[:, start:end]
        if end < _DAY and (characters[:, end] != ord(match[2])).any():
            return None
        start = end + 1
    dash = np.full((len(characters), 1), ord("-"), np.uint8)
    rewritten = np.hstack([pieces["Y"], dash, pieces["m"], dash, pieces["d"], characters[:, _DAY:]])
    bounds = np.arange(len(texts) + 1, dtype=np.int32) * length
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(bounds), pa.py_buffer(rewritten))


def _list_roles(decimal: str, thousands: str) -> np.ndarray:
    """Return what each byte is in numbers of a style."""
    roles = np.full(256, _OTHER, np.uint8)
    roles[ord("0") : ord("9") + 1] = _DIGIT
    roles[[ord("-"), ord("+")]] = _SIGN
    roles[[ord(mark) for mark in get_marks(thousands) if mark.isascii()]] = _MARK
    roles[ord(decimal)] = _DECIMAL
    return roles


def _map_bytes(decimal: str) -> np.ndarray:
    mapped = np.arange(256, dtype=np.uint8)
    mapped[ord(decimal)] = ord(".")
    return mapped
