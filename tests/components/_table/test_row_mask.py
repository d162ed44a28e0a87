import numpy as np
import pytest

from components._table.row_mask import RowMask
from tests.row_masks import make_mask


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 50])
def test_rows_are_chosen_in_batches_of_any_size(size: int) -> None:
    rows = np.random.default_rng(0).random(50) < 0.4
    mask = RowMask(50)
    for start in range(0, 50, size):
        mask.choose(start, rows[start : start + size])
        # A second reason for the same rows changes nothing.
        mask.choose(start, rows[start : start + size])
    assert [mask.read(start, 1)[0] for start in range(50)] == rows.tolist()
    assert mask.read(5, 20).tolist() == rows[5:25].tolist()
    assert (mask.n_rows, mask.n_chosen) == (50, rows.sum())


def test_the_row_of_each_place_among_the_others_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._table.row_mask._BLOCK_ROWS", 4)
    mask = make_mask([0, 4, 5, 6, 7], 11)
    assert [mask.find_other(place) for place in range(6)] == [1, 2, 3, 8, 9, 10]
    with pytest.raises(IndexError, match="not chosen"):
        mask.find_other(6)


def test_a_table_may_have_no_rows() -> None:
    mask = RowMask(0)
    mask.choose(0, np.zeros(0, dtype=bool))
    assert (mask.n_chosen, mask.read(0, 0).tolist()) == (0, [])
