import itertools
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from components._compiled.steps import NULL, OTHER
from components._recipe.preprocess import Preprocessor, Statistics
from components._table.engine import TableEngine
from components._table.keys import are_sentences
from components._table.storage import read_frame, write_table
from components.preprocess.statistics import MANY_TEXTS, ColumnQueries, compute_statistics
from tests.components._model.tables import KINDS, draw_rows
from tests.tables import write_frame

_TYPES = {
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
_ROWS = st.lists(
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


def write_parts(table: pa.Table, ends: list[int], group: int, path: Path) -> Path:
    """Write a table as parts that end at these rows, in row groups of this size."""
    path.mkdir(parents=True)
    cuts = sorted({0, table.num_rows, *(end % (table.num_rows + 1) for end in ends)})
    for i, (start, stop) in enumerate(itertools.pairwise(cuts)):
        pq.write_table(table.slice(start, stop - start), path / f"part-{i:05d}.parquet", row_group_size=group)
    return path


def ask(path: Path, preprocessor: Preprocessor, dates: list[str]) -> Statistics:
    with TableEngine(256 << 20, path / "scratch") as engine:
        return compute_statistics(ColumnQueries(path, engine), preprocessor, dates)


def make_preprocessor(**more: Any) -> Preprocessor:
    return Preprocessor(["float", "whole", "flag"], ["s"], ["d"], **more)


def check_equal(found: Preprocessor, expected: Preprocessor) -> None:
    for name in ("medians_", "lows_", "highs_", "has_nulls_"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.categories_ == expected.categories_
    # A mean near 0 of large numbers is as exact as these are.
    rounding = 1e-13 * (np.abs(expected.means_) + expected.scales_)
    assert (np.abs(found.means_ - expected.means_) <= 1e-9 * np.abs(expected.means_) + rounding).all()
    assert (np.abs(found.scales_ - expected.scales_) <= 1e-9 * expected.scales_ + rounding).all()


@pytest.mark.slow
@given(
    rows=_ROWS,
    ends=st.lists(st.integers(0, 60), max_size=4),
    group=st.integers(1, 60),
    factor=st.sampled_from([0.0, 0.5, 3.0]),
    rare_below=st.sampled_from([0.0, 0.05, 0.5]),
)
@settings(max_examples=30, deadline=None)
def test_any_rows_in_any_parts_teach_what_they_teach_in_memory(
    rows: list[tuple[Any, ...]], ends: list[int], group: int, factor: float, rare_below: float
) -> None:
    columns = zip(_TYPES.items(), zip(*rows, strict=True), strict=True)
    table = pa.table({name: pa.array(values, type_) for (name, type_), values in columns})
    with TemporaryDirectory() as folder:
        path = write_parts(table, ends, group, Path(folder) / "train")
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


@pytest.mark.parametrize("n_texts", [100, 101, 999, 1300])
@pytest.mark.parametrize("share", [0.3, 0.49, 0.51, 0.7])
def test_sentences_are_found_as_in_memory(tmp_path: Path, n_texts: int, share: float) -> None:
    rng = np.random.default_rng(0)
    words = np.where(rng.random(n_texts) < share, "a box of ", "box")
    texts = [f"{rng.integers(1000)}{word}{i}" for i, word in enumerate(words)]
    table = pa.table({"s": [*texts, None, *texts[:50]]})
    write_table(table.to_batches(), table.schema, tmp_path / "train")
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        found = ColumnQueries(tmp_path / "train", engine).has_many_sentences("s")
    assert found == (n_texts > MANY_TEXTS and are_sentences(texts))
