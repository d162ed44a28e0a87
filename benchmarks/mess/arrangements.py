"""Rows and columns in another order, or more of them, and cells written otherwise in some rows."""

import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.mess.sheet import WORDS, Field, Role, Sheet, format_plain

Arrange = Callable[[Sheet, np.random.Generator], Sheet]


def put_nulls_first(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return sheet.take_rows(sorted(range(len(sheet.values)), key=lambda i: -sheet.values[i].count(None)))


def put_smallest_first(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Return the rows sorted by the first column of numbers."""
    return _sort_by_number(sheet, is_reversed=False)


def put_largest_first(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return _sort_by_number(sheet, is_reversed=True)


def _sort_by_number(sheet: Sheet, *, is_reversed: bool) -> Sheet:
    column = next(i for i, field in enumerate(sheet.fields) if field.role in ("whole", "amount", "decimal"))

    def get_key(i: int) -> float:
        value = sheet.values[i][column]
        return float("-inf") if value is None else float(value)  # type: ignore[arg-type]

    return sheet.take_rows(sorted(range(len(sheet.values)), key=get_key, reverse=is_reversed))


def sort_by_last_column(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Return the rows sorted by the target, or of new rows by the last column."""
    return sheet.take_rows(sorted(range(len(sheet.values)), key=lambda i: sheet.texts[i][-1]))


def reverse_rows(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return sheet.take_rows(list(range(len(sheet.values)))[::-1])


def shuffle_rows(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return sheet.take_rows(rng.permutation(len(sheet.values)).tolist())


def reverse_columns(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return sheet.take_columns(list(range(len(sheet.fields)))[::-1])


def shuffle_columns(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    return sheet.take_columns(rng.permutation(len(sheet.fields)).tolist())


def add_row_numbers(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Return the sheet with a first column without a name, as pandas writes its index."""
    n = len(sheet.values)
    numbered = sheet.add_column(Field("", "whole"), list(range(n)), [str(i) for i in range(n)])
    return numbered.take_columns([len(sheet.fields), *range(len(sheet.fields))])


def add_remarks(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Return the sheet with a column that no model uses."""
    n = len(sheet.values)
    remarks = [f"see page {i * 7 % 90}, {'ok' if i % 3 else 'n/a'}" for i in range(n)]
    return sheet.add_column(Field("remarks of the office", "text"), list(remarks), remarks)


def add_an_empty_column(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    n = len(sheet.values)
    return sheet.add_column(Field("reserved", "text"), [None] * n, [""] * n)


def change_words(change: Callable[[str], str], share: float = 0.1, roles: Sequence[Role] = WORDS) -> Arrange:
    """Return what writes some words otherwise."""

    def arrange(sheet: Sheet, rng: np.random.Generator) -> Sheet:
        columns = {i for i, field in enumerate(sheet.fields) if field.role in roles}
        texts = [
            [
                change(text) if i in columns and text and is_changed else text
                for i, (text, is_changed) in enumerate(zip(row, rng.random(len(row)) < share, strict=True))
            ]
            for row in sheet.texts
        ]
        return sheet._replace(texts=texts)

    return arrange


def change_cells(change: Callable[[str], str], share: float = 1.0) -> Arrange:
    """Return what writes some cells of all columns otherwise."""

    def arrange(sheet: Sheet, rng: np.random.Generator) -> Sheet:
        texts = [[change(text) if rng.random() < share else text for text in row] for row in sheet.texts]
        return sheet._replace(texts=texts)

    return arrange


def mix_marks(*marks: str) -> Arrange:
    """Return what writes no value in several ways, and never as the empty cell."""

    def arrange(sheet: Sheet, rng: np.random.Generator) -> Sheet:
        texts = [
            [
                str(rng.choice(marks)) if value is None else text
                for value, text in zip(values, row, strict=True)
            ]
            for values, row in zip(sheet.values, sheet.texts, strict=True)
        ]
        return sheet._replace(texts=texts)

    return arrange


def decompose(text: str) -> str:
    """Return a text with its accents apart, as macOS's file names have them."""
    return unicodedata.normalize("NFD", text)


def sum_row(sheet: Sheet) -> list[str]:
    """Return a row of totals: a word, and the sums of the numbers."""
    cells = []
    for i, field in enumerate(sheet.fields):
        known = [row[i] for row in sheet.values if row[i] is not None]
        is_sum = field.role in ("whole", "amount", "decimal") and i > 0
        cells.append(format_plain(field.role, round(sum(known), 5)) if is_sum else "")  # type: ignore[arg-type]
    return ["Total", *cells[1:]]
