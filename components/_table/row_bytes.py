"""How much memory a row takes where a stage learns from many rows at once, and how many fit."""

import pyarrow as pa

from components.memory import LIBRARY_BYTES

# A data frame, its prepared copy, the features made of it, and what the folds and the models hold.
_COPIES = 10
_NUMBER_BYTES, _BOOLEAN_BYTES, _TEXT_BYTES = 8, 1, 60


def compute_row_bytes(schema: pa.Schema, n_characters: float) -> float:
    """Return the bytes of a row in a data frame.

    A number or a date takes 8, a Boolean 1, and a text 60 and its length, as objects of Python do.

    Parameters
    ----------
    schema : Schema
        The columns, of the types of ``ARROW_TYPES``.
    n_characters : float
        Bytes of all texts of a row, on average.
    """
    n_texts: int = sum(pa.types.is_string(field.type) for field in schema)
    n_booleans: int = sum(pa.types.is_boolean(field.type) for field in schema)
    n_numbers = len(schema) - n_texts - n_booleans
    each = _NUMBER_BYTES * n_numbers + _BOOLEAN_BYTES * n_booleans + _TEXT_BYTES * n_texts
    return each + n_characters


def count_rows_that_fit(row_bytes: float, memory: int) -> int:
    """Return how many rows of so many bytes a stage can learn from within its memory, at least 1.

    They count ten times, because a stage that learns holds several copies and features.
    """
    return max(1, int((memory - LIBRARY_BYTES) / (_COPIES * row_bytes)))
