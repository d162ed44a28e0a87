"""Training tables of any rows in any files, and the comparison of what they teach."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from components._compiled.steps import NULL, OTHER
from components._recipe.preprocess import Preprocessor

TYPES = {
    "float": pa.float64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
    "s": pa.string(),
    "d": pa.timestamp("us"),
}
_FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, float("inf"), float("-inf"), float("nan"), 1e300, -1e300, 1e-300, 0.1]),
    st.floats(-1e6, 1e6),
)
ROWS = st.lists(
    st.tuples(
        st.none() | _FLOATS,
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5),
        st.none() | st.booleans(),
        st.none() | st.sampled_from(["a", "A", "b", "a\0b", "", "ä", NULL, OTHER]) | st.text(max_size=2),
        st.none() | st.integers(-(10**15), 10**15),
    ),
    min_size=1,
    max_size=60,
)


# Where files end.
ENDS = st.lists(st.integers(0, 60), max_size=4)


def make_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Return rows of ``ROWS`` as a table."""
    columns = zip(TYPES.items(), zip(*rows, strict=True), strict=True)
    return pa.table({name: pa.array(values, type_) for (name, type_), values in columns})


def write_parts(table: pa.Table, ends: list[int], group: int, path: Path) -> Path:
    """Write a table as parts that end at these rows, in row groups of this size."""
    path.mkdir(parents=True)
    cuts = sorted({0, table.num_rows, *(end % (table.num_rows + 1) for end in ends)})
    for i, (start, stop) in enumerate(itertools.pairwise(cuts)):
        pq.write_table(table.slice(start, stop - start), path / f"part-{i:05d}.parquet", row_group_size=group)
    return path


def make_preprocessor(**more: Any) -> Preprocessor:
    """Return the step for the columns of ``ROWS``."""
    return Preprocessor(["float", "whole", "flag"], ["s"], ["d"], **more)


def check_equal(found: Preprocessor, expected: Preprocessor) -> None:
    """Compare what two steps learnt: exactly, and means and scales within 1e-9."""
    for name in ("medians_", "lows_", "highs_", "has_nulls_"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.categories_ == expected.categories_
    # A mean near 0 of large numbers is as exact as these are.
    rounding = 1e-13 * (np.abs(expected.means_) + expected.scales_)
    assert (np.abs(found.means_ - expected.means_) <= 1e-9 * np.abs(expected.means_) + rounding).all()
    assert (np.abs(found.scales_ - expected.scales_) <= 1e-9 * expected.scales_ + rounding).all()
