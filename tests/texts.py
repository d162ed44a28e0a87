"""Texts that the tests of text features share."""

import numpy as np

_PIECES = [
    *("abc", "XYZ", "äöß", "Żółw", "ЁЖ", "עברית", "عربي"),
    *("很好不錯", "ありがとう", "ขอบคุณ", "감사", "½", "²", "Ⅷ", "١٢٣"),
    "👍🏽",
    "👩‍🚀",
    "\ud800",
    "\x00",
    "\u200b",
    "e\u0301",
    "it's",
    "_",
    "<b>",
    "İ",
    "1,234.5",
    "\n",
]


def draw_hostile_texts(n_texts: int, seed: int = 0) -> list[str]:
    """Return texts of many scripts, some empty, some very long."""
    rng = np.random.default_rng(seed)
    lengths = rng.choice([0, 1, 3, 20, 200, 1_500], n_texts, p=[0.1, 0.2, 0.2, 0.4, 0.08, 0.02])
    return [" ".join(rng.choice(_PIECES, n)) for n in lengths]


def draw_reviews(n_rows: int, seed: int = 0, n_words: int = 12) -> tuple[list[str], np.ndarray]:
    """Return reviews of random words, and how good their words are, which decides whether they are."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{i}" for i in range(150)], dtype=object)
    worth = np.random.default_rng(99).normal(size=len(words)) * (np.arange(len(words)) < 30)
    drawn = rng.integers(0, len(words), (n_rows, n_words))
    return [f"{' '.join(words[row])} {i}." for i, row in enumerate(drawn)], worth[drawn].sum(axis=1)
