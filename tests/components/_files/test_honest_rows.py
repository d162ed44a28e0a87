"""Tables of any values are read as they were written: no row and no column is left out."""

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from components._files.formats import open_rows

NAMES = ["age", "income (EUR)", "city", "left", "date", "Total", "net price", "kg", "2020", "Sum of x"]
WORDS = [
    *("Graz", "Rio de Janeiro", "yes", "no", "average", "media", "count", "note", "page", "total"),
    *("Source", "sum", "a,b", "x;y", "it's", "5%", "n/a", "unknown", "kg", "EUR", "two words"),
]


def draw_column(chance: random.Random, n_rows: int) -> list[str]:
    sort = chance.choice(["whole", "float", "comma", "category", "text", "date", "id", "sparse"])
    kinds = chance.sample(WORDS, 3)
    values = {
        "whole": lambda _: str(chance.randrange(100)),
        "float": lambda _: f"{chance.gauss(0, 10):.2f}",
        "comma": lambda _: f"{chance.gauss(0, 10):.2f}".replace(".", ","),
        "category": lambda _: chance.choice(kinds),
        "text": lambda _: " ".join(chance.choices(WORDS, k=chance.randrange(1, 6))),
        "date": lambda _: f"2024-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        "id": lambda i: f"K{i:03d}",
        "sparse": lambda _: "" if chance.random() < 0.8 else chance.choice(WORDS),
    }
    return [values[sort](i) for i in range(n_rows)]


@pytest.mark.parametrize("seed", range(60))
def test_no_row_is_left_out(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    names = chance.sample(NAMES, chance.choice([3, 4, 6, 10]))
    # A row without values at the end is left out, by rule.
    n_rows = chance.choice([1, 2, 3, 5, 10, 60])
    columns = [["1", *draw_column(chance, n_rows)] for _ in names]
    rows = [list(row) for row in zip(*columns, strict=True)]
    rows[-1] = [cell or "7" for cell in rows[-1]]
    file = tmp_path / "table.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        quoting: Any = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        csv.writer(text, delimiter=chance.choice(",;\t|"), quoting=quoting).writerows([names, *rows])
    found = open_rows(file, "table", expected=(names[-1],))
    batches = list(found.iterate_batches())
    assert batches[0].schema.names == names
    assert [list(row.values()) for batch in batches for row in batch.to_pylist()] == rows
    assert [notice for notice in found.notices if "left out" in notice.text] == []
