from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from components._recipe.preprocess import Preprocessor, Statistics
from components._table.engine import TableEngine
from components._table.storage import read_frame, write_table
from components.preprocess.column_queries import ColumnQueries
from components.preprocess.statistics import Moments, compute_statistics, merge_moments
from tests.components._model.tables import KINDS, draw_rows
from tests.components.preprocess.training_tables import (
    ENDS,
    ROWS,
    check_equal,
    make_preprocessor,
    make_table,
    write_parts,
)
from tests.tables import write_frame


def ask(path: Path, preprocessor: Preprocessor, dates: list[str]) -> Statistics:
    with TableEngine(256 << 20, path / "scratch") as engine:
        return compute_statistics(ColumnQueries(path, engine), preprocessor, dates)[0]


@pytest.mark.slow
@given(
    rows=ROWS,
    ends=ENDS,
    group=st.integers(1, 60),
    factor=st.sampled_from([0.0, 0.5, 3.0]),
    rare_below=st.sampled_from([0.0, 0.05, 0.5]),
)
@settings(max_examples=30, deadline=None)
def test_any_rows_in_any_parts_teach_what_they_teach_in_memory(
    rows: list[tuple[Any, ...]], ends: list[int], group: int, factor: float, rare_below: float
) -> None:
    with TemporaryDirectory() as folder:
        path = write_parts(make_table(rows), ends, group, Path(folder) / "train")
        frame = read_frame(path)
        given = make_preprocessor(fence_factor=factor, rare_below=rare_below)
        statistics = ask(path, given, ["d"])
    found = clone(given).set_params(statistics=statistics).fit(frame.iloc[:0])
    check_equal(found, given.fit(frame))


def test_several_batches_teach_what_they_teach_in_memory(tmp_path: Path) -> None:
    frame = draw_rows(150_000)
    # The second part is of another size than the first, and shifted far.
    frame["amount"] += np.where(np.arange(150_000) < 70_000, 0, 1e6)
    write_frame(frame, KINDS, tmp_path / "train")
    numbers = ["amount", "visits", "member"]
    given = Preprocessor(numbers, ["city", "product"], ["since"], fence_factor=0.1)
    statistics = ask(tmp_path / "train", given, ["since"])
    check_equal(clone(given).set_params(statistics=statistics).fit(frame.iloc[:0]), given.fit(frame))


def test_a_date_that_is_not_yet_a_feature_is_known(tmp_path: Path) -> None:
    write_frame(draw_rows(50), KINDS, tmp_path / "train")
    given = Preprocessor(["visits"], [], [])
    given.set_params(statistics=ask(tmp_path / "train", given, ["since"]))
    longer = clone(given).set_params(datetime=["since"]).fit(draw_rows(50).iloc[:0])
    assert longer.has_nulls_.tolist() == [False, True]


def test_names_that_sql_takes_for_one_are_two_columns(tmp_path: Path) -> None:
    table = pa.table({"a": [1.0, 2.0, 3.0], "A": [7.0, 8.0, 9.0], "": [0.0, 0.0, 4.0]})
    write_table(table.to_batches(), table.schema, tmp_path / "train")
    given = Preprocessor(["a", "A", ""], [], [])
    found = ask(tmp_path / "train", given, [])["numeric"]
    assert [found[name]["fill"] for name in ("a", "A", "")] == [2.0, 8.0, 0.0]


def test_moments_of_parts_are_those_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(1e6, 1, (1000, 2))
    parts = [
        Moments(len(part), part.mean(axis=0), np.square(part - part.mean(axis=0)).sum(axis=0))
        for part in (values[:1], values[1:300], values[300:])
    ]
    found = merge_moments(merge_moments(parts[0], parts[1]), parts[2])
    assert found.n_rows == 1000
    np.testing.assert_allclose(found.means, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.spreads / 1000, values.var(axis=0), rtol=1e-9)
