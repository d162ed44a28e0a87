from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.engine import TableEngine
from components._table.keys import are_sentences
from components._table.long_texts import LONGEST_TEXT
from components._table.storage import write_table
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
