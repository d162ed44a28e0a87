from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from components._model.predicted_table import (
    count_predicted_rows,
    describe_predicted_rows,
    predict_table,
)
from components._problem.spec import Problem
from components._table.storage import read_frame
from components._table.target import encode_target
from components._table.weights import read_weights

PROBLEM = Problem.model_validate(
    {"target": "y", "task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}
)
WEIGHTED = PROBLEM.model_copy(update={"weight": "amount"})
OTHERS = ["town", "y", "size", "is_old", "town"]
N_ROWS = 60


def build_rows(n_rows: int = N_ROWS) -> pa.Table:
    number = np.arange(n_rows)
    return pa.table(
        {
            "number": pa.array(number.astype(np.float64)),
            "y": pa.array(np.where(number % 3 == 0, "yes", "no").tolist()),
            "amount": pa.array(number + 1.0),
            "town": pa.array([None if i % 7 == 0 else f"t{i % 4}" for i in number]),
            "size": pa.array([None if i % 31 == 30 else int(i) for i in number], pa.int64()),
            "is_old": pa.array([None if i == 59 else bool(i % 2) for i in number]),
        }
    )


def predict(rows: pd.DataFrame) -> np.ndarray:
    positive = rows["number"].to_numpy() / 1e6
    return np.column_stack([1 - positive, positive])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, N_ROWS), max_size=4), st.integers(1, 100))
def test_all_rows_are_predicted_in_any_files(
    tmp_path_factory: pytest.TempPathFactory, ends: list[int], group_size: int
) -> None:
    folder, rows = tmp_path_factory.mktemp("table"), build_rows()
    for i, (start, end) in enumerate(zip([0, *sorted(ends)], [*sorted(ends), N_ROWS], strict=True)):
        file = folder / f"part-{i:05d}.parquet"
        pq.write_table(rows.slice(start, end - start), file, row_group_size=group_size)
    found = predict_table(folder, [predict, predict], ["number"], WEIGHTED, 0, N_ROWS, OTHERS)
    whole = read_frame(folder)
    assert found.n_rows == N_ROWS
    assert found.y.tolist() == encode_target(whole["y"], WEIGHTED).tolist()
    assert [of.tolist() for of in found.predictions] == [predict(whole).tolist()] * 2
    expected = read_weights(whole, WEIGHTED)
    assert found.weights is not None
    assert expected is not None
    assert found.weights.tolist() == expected.tolist()
    assert found.mean_weight == whole["amount"].mean()
    pd.testing.assert_frame_equal(found.others, whole[["town", "y", "size", "is_old"]])


def draw_numbers(folder: Path, seed: int, most: int) -> np.ndarray:
    """The numbers of the rows that are predicted."""
    found = predict_table(folder, [lambda rows: rows["number"].to_numpy()], ["number"], PROBLEM, seed, most)
    assert found.weights is None
    return found.predictions[0].astype(np.int64)


def test_of_too_many_rows_a_uniform_sample_is_predicted(tmp_path: Path) -> None:
    n_rows, most = 20_000, 2_000
    rows = build_rows(n_rows)
    one, many = tmp_path / "one", tmp_path / "many"
    one.mkdir()
    many.mkdir()
    pq.write_table(rows, one / "part.parquet")
    for i in range(20):
        pq.write_table(rows.slice(i * 1_000, 1_000), many / f"part-{i:05d}.parquet", row_group_size=300)
    drawn = draw_numbers(one, 1, most)
    assert drawn.tolist() == draw_numbers(many, 1, most).tolist()
    assert drawn.tolist() != draw_numbers(one, 2, most).tolist()
    assert abs(len(drawn) - most) < 4 * np.sqrt(most)
    positions = np.concatenate([draw_numbers(one, seed, most) for seed in range(20)])
    # Twenty ranges of rows have equally many of the sample, and even rows half.
    assert chisquare(np.bincount(positions // 1_000)).pvalue > 0.001
    assert abs((positions % 2).mean() - 0.5) < 4 * 0.5 / np.sqrt(len(positions))


@pytest.mark.parametrize(("n_outputs", "n_models"), [(1, 2), (2, 3), (30, 3)])
def test_more_memory_holds_more_rows(n_outputs: int, n_models: int) -> None:
    few, many = (count_predicted_rows(n_outputs, n_models, size << 30) for size in (1, 8))
    assert 100_000 <= few < many
    assert count_predicted_rows(n_outputs, n_models, 512 << 20) >= 100_000


def test_a_sample_is_described() -> None:
    assert describe_predicted_rows(7, 7) == []
    (words,) = describe_predicted_rows(1_000, 20_000)
    assert words.startswith("Figures are of 1,000 of the 20,000 test rows, drawn at random")
