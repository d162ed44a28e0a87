import numpy as np

from components.monitor.sample_size import limit_rows
from tests.predicted_rows import build_predicted_rows


def test_narrow_rows_are_as_many_as_are_asked_for() -> None:
    rows = build_predicted_rows(np.zeros(10), amount=np.zeros(10))
    assert limit_rows(60_000, rows, 512 << 20) == 60_000


def test_wide_rows_are_fewer_the_less_memory_there_is() -> None:
    rows = build_predicted_rows(np.zeros(10), note=np.array(["x" * 10_000] * 10, dtype=object))
    few, many = (limit_rows(60_000, rows, memory) for memory in (512 << 20, 2 << 30))
    assert 3_000 < few < 3_400
    assert 4 * few <= many <= 4 * few + 4
