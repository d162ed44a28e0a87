"""Neither the order of a table's rows nor how they are cut into batches changes a reading."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._readings.inference import InferredReadings, infer_readings

# Texts of every kind that decides a reading; a column mixes a few of them.
_SORTS = (
    ["1", "20", "300", "950"], ["1.050", "2.600"], ["1.5", "0.25", "12."], ["1,050", "2,600"],
    ["0,5", "12,75"],
    ["1.234,50", "12.345,00"], ["$5", "($7)", "-$1"], ["5 %", "7%"], ["12 kg", "3.5kg"], ["4k", "2M"],
    ["01/02/2023", "13/02/2023"], ["02/01/2023", "02/13/2023"], ["3 Mar 2024", "Mar 3, 2024"],
    ["2024-03-01", "2024-03-01 10:00:00"], ["2024-03-01T10:00:00Z"], ["20240301", "20231231"], ["24.12.57"],
    ["1700000000", "1710000000"], ["10:30", "2:15 PM"], ["P3DT4H"], ["9999-12-31", "0000-00-00"],
    ["true", "FALSE"], ["yes", "No"], ["red", "Red", "RED", "blue"], ["n/a", "-", "", "NULL"], ["unbekannt"],
    ["00123", "04512"], ["a b c", "Größe", "\u00a0x "],
)  # fmt: skip


@st.composite
def make_columns(draw: st.DrawFn) -> list[str | None]:
    chosen = draw(st.lists(st.sampled_from(_SORTS), min_size=1, max_size=3))
    cells = st.one_of(*(st.sampled_from(sort) for sort in chosen), st.none())
    return draw(st.lists(cells, min_size=1, max_size=40))


def infer(cells: list[str | None], n_rows: int) -> InferredReadings:
    return infer_readings(
        [
            pa.record_batch({"a": pa.array(cells[i : i + n_rows], pa.string())})
            for i in range(0, len(cells), n_rows)
        ]
    )


@pytest.mark.slow
@given(cells=make_columns(), n_rows=st.integers(1, 40), seed=st.integers(0, 99))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_rows_in_any_order_and_batches_are_read_alike(
    cells: list[str | None], n_rows: int, seed: int
) -> None:
    shuffled = random.Random(seed).sample(cells, len(cells))
    expected, found = infer(cells, len(cells)), infer(shuffled, n_rows)
    assert found.decisions == expected.decisions
    assert found.examples == expected.examples


@pytest.mark.parametrize("n_rows", [1, 7, 1000])
def test_many_rows_in_any_batches_are_read_alike(n_rows: int) -> None:
    rng = random.Random(0)
    cells = [*(f"{rng.randrange(10**6):,}" for _ in range(1000)), "-", None, "1.5"]
    expected = infer(sorted(cells, key=str), len(cells))
    assert infer(cells, n_rows).decisions == expected.decisions
