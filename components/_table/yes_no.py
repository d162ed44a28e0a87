"""Which of two words means yes: in natural languages, in logic, and among names of events."""

import re
from collections.abc import Sequence

from components._problem.task import Label
from components._table.accents import fold_accents
from components._table.yes_words import EVENTS, JOINED_NEGATIONS, NEGATIONS, TRUE_AND_FALSE, YES_AND_NO

# Shorter words, such as Vietnamese "có" without its accent, often mean something else.
_LEAST_LETTERS = 3
_KNOWN_SHORT = frozenset({"ja", "si", "da", "ya"})


def explain_yes(label: Label, other: Label) -> str:
    """Return why a class means yes beside the other one; empty if it does not."""
    yes, no = fold(label), fold(other)
    if reason := _explain_opposites(yes, no, other):
        return reason
    if _is_plainly_yes(yes) and no not in _ANY_YES:
        return "a word for yes"
    if yes in _EVENTS and no not in _EVENTS:
        return "the name of an event"
    return ""


def find_flags(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words that mean yes, and those that are the no to one of them; omit words that are both."""
    pairs = [(yes, no) for yes in words for no in words if _explain_opposites(fold(yes), fold(no), no)]
    trues, falses = {yes for yes, _ in pairs}, {no for _, no in pairs}
    return tuple(sorted(trues - falses)), tuple(sorted(falses - trues))


def _explain_opposites(yes: str, no: str, other: Label) -> str:
    """Return why one word means yes and the other no; empty if they are not such a pair."""
    languages = [name for name, (ayes, noes) in _YES_AND_NO.items() if yes in ayes and no in noes]
    if languages:
        # English is the first language of the table; others share some of its words.
        return f"the word for yes in {languages[0]}"
    if (yes, no) in _TRUE_AND_FALSE:
        return f"the word for true beside {other!r}"
    return f"the event that {str(other)!r} negates" if _is_negation(no, yes) else ""


def fold(label: Label) -> str:
    """Return a class's name in lower case, without accents, and without quotes and blanks at its ends."""
    # NFKD keeps the Turkish i without a dot: it is a letter of its own.
    plain = fold_accents(str(label).strip(" \t\u00a0'\".!")).replace("ı", "i")
    return re.sub(r"(?<=\w)[\s_\-]+(?=\w)", " ", plain)


def _is_plainly_yes(word: str) -> bool:
    is_clear = len(word) >= _LEAST_LETTERS or not word.isascii() or word in _KNOWN_SHORT
    return is_clear and word in _ANY_YES and word not in _ANY_NO


def _is_negation(no: str, yes: str) -> bool:
    if not yes:
        return False
    return any(no == f"{word} {yes}" for word in _NEGATIONS) or any(
        no == word + yes for word in _JOINED_NEGATIONS
    )


def _fold_words(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


_YES_AND_NO = {name: (_fold_words(ayes), _fold_words(noes)) for name, (ayes, noes) in YES_AND_NO.items()}
_ANY_YES = frozenset().union(*(ayes for ayes, _ in _YES_AND_NO.values())) | {"true"}
_ANY_NO = frozenset().union(*(noes for _, noes in _YES_AND_NO.values()))
_TRUE_AND_FALSE = {(fold(true), fold(false)) for true, false in TRUE_AND_FALSE}
_EVENTS = _fold_words(EVENTS)
_NEGATIONS = _fold_words(NEGATIONS)
_JOINED_NEGATIONS = frozenset(map(fold, JOINED_NEGATIONS))
