"""A column of numbers that is text only because of a few other texts."""

import re
from collections.abc import Iterable

# More different numbers are not classes; more different texts are not mistakes.
_MOST = 20
# A number as people write it: sign or brackets, currency, marks between thousands, a unit.
_NUMBER = re.compile(
    r"\s*\(?\s*[-+−]?\s*([^\W\d]{1,3}\.?|[$€£¥₹₽₩])?\s*[-+−]?(\d[\d.,'’\s]*|[.,]\d+)(e[-+]?\d+)?\s*"
    r"(%|[$€£¥₹₽₩]|[^\W\d]{1,3}[²³]?)?\s*[-−]?\)?\s*",
    re.IGNORECASE,
)


def find_texts_among_numbers(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the few texts, with their rows, in a column that otherwise holds many different numbers.

    ``counts`` has each different text with its rows. The most frequent texts come first.
    """
    others: dict[str, int] = {}
    n_different, n_numbers = 0, 0
    for text, n in counts:
        if _NUMBER.fullmatch(text):
            n_different += 1
            n_numbers += n
        else:
            others[text] = n
            if len(others) > _MOST:
                return {}
    if n_different <= _MOST or n_numbers < sum(others.values()):
        return {}
    return dict(sorted(others.items(), key=lambda item: (-item[1], item[0])))
