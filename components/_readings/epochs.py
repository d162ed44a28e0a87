"""Epochs: recognise times written as numbers, by the name of their column or by the numbers."""

import re

from components._readings.column_evidence import ColumnEvidence
from components._readings.facts import FEW_NUMBERS

_TIME_NAME = re.compile(
    r"(^|_|\b)(timestamp|epoch|unix|ts|time|date|datetime|datum|fecha|zeit)($|_|\b)|(_at|At|_on)$", re.I
)
_OTHER_NAME = re.compile(
    r"(^|_|\b)(id|key|phone|tel|number|nr|no|code|account|iban|ean|sku|amount|income|price|sum|total|count)($|_|\b)|Id$",
    re.I,
)
# Seconds: 1990 to 2100 if the name is that of a time, otherwise 2000 to 2035.
_NAMED, _UNNAMED = (631_152_000, 4_102_444_800), (946_684_800, 2_051_222_400)
_MONTH = 30 * 86_400
# Least mean distance of times in seconds. Numbers that count rows are closer.
_LEAST_STEP = 10


def find_epoch(name: str, evidence: ColumnEvidence, *, is_declared: bool = False) -> str | None:
    """Return the date form of a column's whole numbers; None if they are plain numbers.

    Parameters
    ----------
    name : str
        The column's name, which may be that of a time.
    evidence : ColumnEvidence
        What its cells look like.
    is_declared : bool
        Whether the options say that they are dates.
    """
    plain = evidence.whole if evidence.natives else evidence.plain
    has_many = len(plain.distinct) > FEW_NUMBERS
    if plain.n_packed == plain.n_whole > 0 and (has_many or is_declared):
        return "%Y%m%d"
    if plain.smallest is None or plain.largest is None:
        return "unix seconds" if is_declared else None
    is_named = bool(_TIME_NAME.search(name)) or is_declared
    for form, scale in (("unix seconds", 1), ("unix milliseconds", 1000)):
        low, high = (end * scale for end in (_NAMED if is_named else _UNNAMED))
        if not low <= plain.smallest <= plain.largest <= high:
            continue
        spread = (plain.largest - plain.smallest) / scale
        is_spread = spread >= max(_MONTH, _LEAST_STEP * plain.n_whole) and has_many
        if is_named or (is_spread and not _OTHER_NAME.search(name)):
            return form
    return None
