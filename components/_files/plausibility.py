"""Plausibility: rate how likely bytes are text in an encoding, from the letters of its languages."""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache

from components._files.alphabets import DOUBLE_BYTE, LATIN_WEST, SINGLE_BYTE, Script

# Logarithms of likelihoods; only their differences matter.
_NEVER = -12.0
_NOT_A_LETTER_OF_IT = -8.0
_SIGN = -2.5
_RARE_SIGN = -7.0
_SIGN_IN_A_WORD = -7.0
_CASE_IN_A_WORD = -5.0
_NEXT_TO_ASCII = -5.0
_LONG_RUN = -3.0
_PAIR = -0.7
_KANA, _COMMON, _USUAL, _SELDOM, _EXTENDED = -4.5, -5.5, -8.0, -11.0, -14.0
_SIGNS = frozenset("€£§°µ·«»“”‘’„‚–—…•©®™½¼¾²³¹ªº¿¡×±\xa0₪₴№،؟")
_JOINERS = frozenset("’·‑\xad")
_NOT_BEFORE_LETTERS = frozenset("½¼¾²³¹©®™ªº")
# Letters of western languages that begin a word, stand inside it, or end it.
_FIRST, _INNER, _FINAL = "þÞ", "ðÐ", "ìù"


def rate_encoding(content: bytes, encoding: str) -> float:
    """Return how likely it is that some text is in an encoding; minus infinity if it cannot be.

    Parameters
    ----------
    content : bytes
        Words that are not ASCII.
    encoding : str
        One of ``SINGLE_BYTE`` or ``DOUBLE_BYTE``.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return -math.inf
    if encoding in DOUBLE_BYTE:
        return _rate_characters(text, encoding)
    script, prior = SINGLE_BYTE[encoding]
    letters: Counter[str] = Counter()
    penalty = 0.0
    for before, sign, after, run in _iterate_contexts(text):
        if sign not in _SIGNS and (sign.isalpha() or unicodedata.category(sign).startswith("M")):
            letters[sign if sign == "İ" else sign.lower()] += 1
            penalty += _rate_context(before, sign, after, run, script)
        else:
            penalty += _rate_sign(before, sign, after)
    return (
        prior + penalty + max(_rate_letters(letters, weights) for weights in _compute_letter_weights(script))
    )


def _iterate_contexts(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield each non-ASCII character with its neighbours and the number of such letters that end with it."""
    run = 0
    for i, sign in enumerate(text):
        if sign.isascii():
            run = 0
            continue
        run = run + 1 if sign.isalpha() else 0
        yield text[i - 1 : i] if i else "", sign, text[i + 1 : i + 2], run


def _rate_context(before: str, sign: str, after: str, run: int, script: Script) -> float:
    rating = 0.0
    if sign.isupper() and before.isalpha() and before.islower():
        rating += _CASE_IN_A_WORD
    if script.is_latin:
        is_double = sign.lower() == before.lower()
        if run > 2:
            rating += _LONG_RUN
        elif run == 2 and not is_double:
            rating += _PAIR
        if sign.islower() and before.isupper() and after.isupper():
            rating += _CASE_IN_A_WORD
        return rating + (_rate_position(before, sign, after) if script == LATIN_WEST else 0.0)
    is_beside_ascii = (before.isalpha() and before.isascii()) or (after.isalpha() and after.isascii())
    if sign.isupper() and before.isalpha():
        rating -= 0.5
    return rating + (_NEXT_TO_ASCII if is_beside_ascii else 0.0)


def _rate_position(before: str, sign: str, after: str) -> float:
    is_odd = (
        (sign in _FIRST and before.isalpha())
        or (sign in _INNER and not before.isalpha())
        or (sign in _FINAL and after.isalpha())
    )
    return _LONG_RUN if is_odd else 0.0


def _rate_sign(before: str, sign: str, after: str) -> float:
    if unicodedata.category(sign) == "Cc":
        return _NEVER
    if sign not in _SIGNS and sign not in _JOINERS:
        return _RARE_SIGN
    if before.isalpha() and after.isalpha() and sign not in _JOINERS:
        return _SIGN_IN_A_WORD
    is_odd = (sign in "€£" and (before.isalpha() or after.isalpha())) or (
        sign in _NOT_BEFORE_LETTERS and after.isalpha()
    )
    return _SIGN + (_NEXT_TO_ASCII if is_odd else 0.0)


def _rate_letters(letters: Counter[str], weights: dict[str, float]) -> float:
    return sum(n * weights.get(letter, _NOT_A_LETTER_OF_IT) for letter, n in letters.items())


@cache
def _compute_letter_weights(script: Script) -> tuple[dict[str, float], ...]:
    """Return how likely each letter is in each language, and in a text of all these languages."""
    shares = []
    for letters in script.languages:
        # The weight falls with the rank: fast for the few accented letters of a Latin alphabet, slowly for a
        # whole alphabet.
        ranked = [1 / (rank + 1) if script.is_latin else math.exp(-rank / 10) for rank in range(len(letters))]
        shares.append({letter: weight / sum(ranked) for letter, weight in zip(letters, ranked, strict=True)})
    every = {letter for share in shares for letter in share}
    # A table of names or places has the letters of many languages.
    mixed = {letter: sum(share.get(letter, 0.0) for share in shares) / len(shares) for letter in every}
    return tuple({letter: math.log(weight) for letter, weight in share.items()} for share in (*shares, mixed))


def _rate_characters(text: str, encoding: str) -> float:
    common, (first, last), prior = DOUBLE_BYTE[encoding]
    characters = Counter(sign for sign in text if not sign.isascii())
    is_japanese = not common
    rating = prior
    for sign, n in characters.items():
        lead = sign.encode(encoding)[0]
        if is_japanese and "\u3041" <= sign <= "\u30fe":
            each = _KANA
        elif sign in common:
            each = _COMMON
        elif "\u3001" <= sign <= "\u3011" or "\uff01" <= sign <= "\uff5e":
            each = _USUAL
        elif first <= lead <= last:
            each = _USUAL if not is_japanese else _USUAL + 1.0
        else:
            each = _SELDOM if "\u4e00" <= sign <= "\u9fff" or "\uff61" <= sign <= "\uff9f" else _EXTENDED
        rating += n * each
    return rating
