"""Sums of text columns whose number convention is not known yet."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

# Decimal mark, and what is taken off first.
_CONVENTIONS = ((".", r"[\s'’,$€£%]"), (",", r"[\s'’.$€£%]"))
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?$"


def compute_column_sums(
    batches: Iterable[pa.RecordBatch], n_rows: int, columns: Sequence[int]
) -> list[list[tuple[float, int]]]:
    """Return the sum and the count of the numbers in each column's first rows, per decimal convention."""
    totals = [[(0.0, 0) for _ in _CONVENTIONS] for _ in columns]
    for batch in batches:
        part = batch.slice(0, n_rows)
        n_rows -= part.num_rows
        for of_column, at in zip(totals, columns, strict=True):
            for k, (decimal, others) in enumerate(_CONVENTIONS):
                numbers = _parse_numbers(part.column(at), decimal, others)
                total, count = of_column[k]
                of_column[k] = (
                    total + (pc.sum(numbers).as_py() or 0.0),
                    count + len(numbers) - numbers.null_count,
                )
        if not n_rows:
            break
    return totals


def _parse_numbers(values: pa.StringArray, decimal: str, others: str) -> pa.DoubleArray:
    bare = pc.replace_substring(pc.replace_substring_regex(values, others, ""), decimal, ".")
    return pc.cast(pc.if_else(pc.match_substring_regex(bare, _NUMBER), bare, None), pa.float64())
