from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._table.engine import TableEngine
from components._table.repeated_values import find_repeated
from components._table.storage import write_table


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["a", "b", "a", None, "a", None, "b"], (3, [(2, "a"), (4, "a")])),
        ([1, 2, 2], (1, [(2, 2)])),
        ([2.5, float("nan"), float("nan"), None], (0, [])),
        (["a", "A", "a\0"], (0, [])),
        ([], (0, [])),
    ],
)
def test_the_first_rows_that_repeat_an_earlier_value_are_found(
    tmp_path: Path, values: list[Any], found: tuple[int, list[Any]]
) -> None:
    array = pa.array(values, None if values else pa.string())
    # The same name as the engine's own, in another case.
    table = pa.table({"Row": array, "r": array, "": array})
    for file, start in enumerate(range(0, max(len(values), 1), 2)):
        part = table.slice(start, 2)
        write_table(part.to_batches(), part.schema, tmp_path / f"p{file}")
        (tmp_path / f"p{file}" / "part-00000.parquet").rename(tmp_path / f"part-{file:05d}.parquet")
    with TableEngine(256 << 20, tmp_path) as engine:
        for name in table.schema.names:
            assert find_repeated(str(tmp_path), name, 2, engine) == found
