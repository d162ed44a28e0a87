from pathlib import Path

import pyarrow as pa
import pytest

from components._table.storage import read_frame
from components.score.parts import PredictionPart, PredictionParts, iterate_parts
from components.score.prediction_table import WrongRows, join_parts
from components.score.row_counts import RowCounts
from components.score.settings import Settings

NONE = RowCounts({}, {}, {}, {}, [])
SCHEMA = pa.schema([("row", pa.int64()), ("prediction", pa.float64())])


def write_parts(folder: Path, *batches: range, numbers: range | None = None) -> list[PredictionPart]:
    parts = PredictionParts(folder / "parts", "job", Settings())
    for rows in batches:
        table = pa.table({"row": numbers or rows, "prediction": [row / 2 for row in rows]})
        parts.write(rows, table, NONE)
    return list(iterate_parts([str(folder / "parts")]))


def test_parts_in_any_order_become_one_table(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, range(3), range(3, 5))
    info = join_parts(parts[::-1], 5, SCHEMA, tmp_path / "table")
    assert info.rows == 5
    assert read_frame(tmp_path / "table")["prediction"].tolist() == [0, 0.5, 1, 1.5, 2]


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([range(3)], r"Rows have no prediction: 3 to 4\."),
        ([range(3, 5)], r"Rows have no prediction: 0 to 2\."),
        ([range(3), range(2, 5)], r"Rows have more than one prediction: 2 to 2\."),
        (
            [range(1, 3), range(2, 4)],
            r"no prediction: 0 to 0, 4 to 4\. .* more than one prediction: 2 to 2\.",
        ),
    ],
)
def test_rows_without_one_prediction_are_named(tmp_path: Path, batches: list[range], message: str) -> None:
    with pytest.raises(WrongRows, match=message):
        join_parts(write_parts(tmp_path, *batches), 5, SCHEMA, tmp_path / "table")


def test_a_part_with_the_numbers_of_other_rows_is_refused(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, range(3), numbers=range(1, 4))
    with pytest.raises(WrongRows, match=r"parquet does not hold rows 0 to 2\.\nRemove this file"):
        join_parts(parts, 3, SCHEMA, tmp_path / "table")
