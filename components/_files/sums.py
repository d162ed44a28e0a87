"""Sums of text columns whose decimal mark is not known yet."""

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

# For each column, and each decimal mark that fits it, the sum and the count of its numbers.
ColumnSums = list[list[tuple[float, int]]]
# Returns the sums of columns over the first rows.
SumFunction = Callable[[int, Sequence[int]], ColumnSums]
# Decimal mark, and what is removed first.
_CONVENTIONS = ((".", r"[\s'’,$€£%]"), (",", r"[\s'’.$€£%]"))
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?$"


def compute_column_sums(batches: Iterable[pa.RecordBatch], n_rows: int, columns: Sequence[int]) -> ColumnSums:
    """Return the sum and the count of the numbers in each column's first rows, per decimal mark."""
    totals: ColumnSums = [[(0.0, 0) for _ in _CONVENTIONS] for _ in columns]
    for batch in batches:
        part = batch.slice(0, n_rows)
        n_rows -= part.num_rows
        for sums, column in zip(totals, columns, strict=True):
            for k, (decimal, removed) in enumerate(_CONVENTIONS):
                numbers = _parse_numbers(part.column(column), decimal, removed)
                total, count = sums[k]
                sums[k] = (
                    total + (pc.sum(numbers).as_py() or 0.0),
                    count + len(numbers) - numbers.null_count,
                )
        if not n_rows:
            break
    return totals


def _parse_numbers(values: pa.StringArray, decimal: str, removed: str) -> pa.DoubleArray:
    bare = pc.replace_substring(pc.replace_substring_regex(values, removed, ""), decimal, ".")
    return pc.cast(pc.if_else(pc.match_substring_regex(bare, _NUMBER), bare, None), pa.float64())
