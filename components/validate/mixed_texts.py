"""A column of numbers that is text only because of a few other texts."""

import re
from collections.abc import Mapping

# More different numbers are not classes; more different texts are not mistakes.
_MOST = 20
# A number as people write it: sign or brackets, currency, marks between thousands, a unit.
_NUMBER = re.compile(
    r"\s*\(?\s*[-+−]?\s*([^\W\d]{1,3}\.?|[$€£¥₹₽₩])?\s*[-+−]?(\d[\d.,'’\s]*|[.,]\d+)(e[-+]?\d+)?\s*"
    r"(%|[$€£¥₹₽₩]|[^\W\d]{1,3}[²³]?)?\s*[-−]?\)?\s*",
    re.IGNORECASE,
)


def find_texts_among_numbers(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the few texts, with their rows, in a column that otherwise holds many different numbers.

    ``counts`` has the rows of each text, the most frequent first.
    """
    others = {text: n for text, n in counts.items() if not _NUMBER.fullmatch(text)}
    n_numbers = sum(counts.values()) - sum(others.values())
    are_many = len(counts) - len(others) > _MOST
    are_few = 0 < len(others) <= _MOST and n_numbers >= sum(others.values())
    return others if are_many and are_few else {}
