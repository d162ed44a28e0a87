"""The part of a row, training or test, as a column of the table names it."""

import re
from typing import Literal

Part = Literal["training", "validation", "test"]

_WORDS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "learn", "learning", "fit"), "training"),
    **dict.fromkeys(("valid", "validation", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout", "heldout", "outoftime", "oot"), "test"),
}
# What may follow the word: train_set, test data.
_NOUNS = ("set", "data", "sample", "rows", "split")


def find_part(value: str) -> Part | None:
    """Return the part that a cell names; None if it is not clear.

    Case, blanks, dashes and a noun behind the word do not matter: ``Hold-out set`` is a test row.
    """
    letters = re.sub(r"[\W_]+", "", value.casefold())
    return next(
        (
            _WORDS[word]
            for word in (letters, *(letters.removesuffix(noun) for noun in _NOUNS))
            if word in _WORDS
        ),
        None,
    )


def find_test_part(parts: set[Part]) -> Part:
    """Return the part whose rows are the test rows: validation stands in for a test part that is missing."""
    return "test" if "test" in parts else "validation"
