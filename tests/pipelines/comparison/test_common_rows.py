import pandas as pd
import pytest

from pipelines.comparison.common_rows import find_common_rows

_TABLE = pd.DataFrame({"x": [1, 2, 2, None], "s": ["a", "b", "b", None], "y": [True, False, False, True]})


def find_pairs(base: pd.DataFrame, change: pd.DataFrame) -> list[tuple[int, int]]:
    rows = find_common_rows(base, change)
    assert (rows.n_base, rows.n_change) == (len(base), len(change))
    return list(zip(rows.base.tolist(), rows.change.tolist(), strict=True))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_TABLE, [(0, 0), (1, 1), (2, 2), (3, 3)]),
        (_TABLE.iloc[[3, 2, 0]], [(3, 0), (1, 1), (0, 2)]),
        (_TABLE.iloc[[1, 1, 1]], [(1, 0), (2, 1)]),
        (_TABLE.assign(new=range(4)), [(0, 0), (1, 1), (2, 2), (3, 3)]),
        (_TABLE.assign(x=[1.0, 2.0, 9.0, float("nan")]), [(0, 0), (1, 1), (3, 3)]),
        (_TABLE.astype({"x": "Int64", "s": "category"}), [(0, 0), (1, 1), (2, 2), (3, 3)]),
        (_TABLE.assign(s="z"), []),
        (_TABLE.iloc[:0], []),
    ],
    ids=["same", "order", "repeats", "new column", "changed cell", "other types", "none", "empty"],
)
def test_rows_with_the_same_values_are_paired(change: pd.DataFrame, expected: list[tuple[int, int]]) -> None:
    assert find_pairs(_TABLE, change) == expected


def test_every_row_has_its_pair() -> None:
    assert find_common_rows(_TABLE, _TABLE).is_everything
    assert not find_common_rows(_TABLE, _TABLE.iloc[:3]).is_everything


def test_tables_that_share_few_columns_have_no_common_rows() -> None:
    assert find_pairs(_TABLE, _TABLE[["y"]].assign(a=1, b=2)) == []
