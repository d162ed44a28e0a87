from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.engine import TableEngine
from components._table.keys import are_sentences
from components._table.long_texts import LONGEST_TEXT
from components._table.storage import write_table
from components.preprocess import column_queries
from components.preprocess.column_queries import ColumnQueries
from components.preprocess.statistics import MANY_TEXTS


@pytest.mark.parametrize("n_texts", [100, 101, 999, 1300])
@pytest.mark.parametrize("share", [0.3, 0.49, 0.51, 0.7])
def test_sentences_are_found_as_in_memory(tmp_path: Path, n_texts: int, share: float) -> None:
    rng = np.random.default_rng(0)
    words = np.where(rng.random(n_texts) < share, "a box of ", "box")
    texts = [f"{rng.integers(1000)}{word}{i}" for i, word in enumerate(words)]
    table = pa.table({"s": [*texts, None, *texts[:50]]})
    write_table(table.to_batches(), table.schema, tmp_path / "train")
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        found = ColumnQueries(tmp_path / "train", engine).describe_texts(["s"], 2)["s"]
    assert sorted(found.frequent) == sorted(texts[:50])
    assert found.has_many_sentences == (n_texts > MANY_TEXTS and are_sentences(texts))


def test_a_long_text_is_not_a_frequent_one(tmp_path: Path) -> None:
    table = pa.table({"s": ["a", "b", "a", *["x" * (LONGEST_TEXT + 1)] * 5]})
    write_table(table.to_batches(), table.schema, tmp_path / "train")
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        found = ColumnQueries(tmp_path / "train", engine).describe_texts(["s"], 2)["s"]
    assert found.frequent == ["a"]


def test_numbers_are_ordered_alike_in_memory_and_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    floats = rng.choice([-0.0, 0.0, 1.5, -2.0, np.nan, np.inf, -np.inf, *rng.normal(size=40)], 501)
    table = pa.table(
        {
            "floats": floats,
            "integers": pa.array(rng.integers(-(2**60), 2**60, 501), mask=rng.random(501) < 0.2),
            "truths": pa.array(rng.random(501) < 0.3, mask=rng.random(501) < 0.1),
            "nulls": pa.nulls(501, pa.float64()),
            "one": [None] * 500 + [3.0],
        }
    )
    write_table(table.to_batches(100), table.schema, tmp_path / "train")
    orders = []
    for n_together in (0, 1, 2, 100):
        monkeypatch.setattr(column_queries, "count_sortable_columns", lambda *_, n=n_together: n)
        with TableEngine(256 << 20, tmp_path / "scratch") as engine:
            orders.append(ColumnQueries(tmp_path / "train", engine).find_orders(table.column_names))
    by_engine, *in_memory = orders
    assert [by_engine[name].n_known for name in ("nulls", "one")] == [0, 1]
    assert by_engine["floats"].quartiles == tuple(np.quantile(floats[np.isfinite(floats)], [0.25, 0.5, 0.75]))
    assert all(repr(order) == repr(by_engine) for order in in_memory)
