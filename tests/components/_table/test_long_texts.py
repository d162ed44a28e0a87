from pathlib import Path

import pyarrow as pa
import pytest

from components._table.engine import TableEngine
from components._table.long_texts import LONGEST_TEXT, is_shortened, shorten_texts
from components._table.storage import write_table

TEXTS = [
    None,
    "",
    "short",
    "x" * LONGEST_TEXT,
    "x" * (LONGEST_TEXT + 1),
    "x" * LONGEST_TEXT + "y",
    # Two bytes each: it is long by its bytes, and cut by its characters.
    "ä\n" * LONGEST_TEXT,
]


def test_the_engine_shortens_texts_as_arrow_does(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(TEXTS, pa.string()), "n": range(len(TEXTS))})
    write_table(table.to_batches(), table.schema, tmp_path / "table")
    (batch,) = table.to_batches()
    with TableEngine(256 << 20, tmp_path / "scratch") as engine:
        engine.add_table("t", tmp_path / "table")
        assert engine.query_table("SELECT * FROM t ORDER BY n").equals(
            pa.Table.from_batches([shorten_texts(batch)])
        )


def test_only_long_texts_are_shortened_and_different_ones_stay_different() -> None:
    (shortened,) = shorten_texts(pa.record_batch({"text": pa.array(TEXTS, pa.string())})).columns
    texts = shortened.to_pylist()
    assert texts[:4] == TEXTS[:4]
    assert len(set(texts)) == len(texts)
    assert max(len(text) for text in texts[4:]) < 1_100
    assert [text is not None and is_shortened(text) for text in texts] == [False] * 4 + [True] * 3


@pytest.mark.parametrize("n_before", [0, 3])
def test_rows_of_a_slice_are_shortened_in_their_places(n_before: int) -> None:
    batch = pa.record_batch({"text": pa.array(TEXTS, pa.string())})
    assert shorten_texts(batch.slice(n_before)).equals(shorten_texts(batch).slice(n_before))
