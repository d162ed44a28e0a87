import gzip
from pathlib import Path

import pandas as pd
import pytest

from components._problem.reading_options import FileOptions
from pipelines.local.table_size import TableSize, measure_table

# Two numbers, a Boolean and a text of eight letters.
ROW_BYTES = 8 + 8 + 1 + 60 + 8


def make_frame(n_rows: int) -> pd.DataFrame:
    numbers = pd.Series(range(n_rows))
    texts = (numbers % 90).map("shop {:03d}".format)
    return pd.DataFrame({"id": numbers, "x": numbers + 0.5, "flag": numbers % 2 == 0, "shop": texts})


def measure(path: Path) -> TableSize | None:
    return measure_table(str(path), FileOptions(), "flag")


def test_the_rows_of_parquet_files_stand_at_their_ends(tmp_path: Path) -> None:
    frame = make_frame(30_000)
    for number in range(3):
        frame.to_parquet(tmp_path / f"{number}.parquet")
    size = measure(tmp_path)
    assert size is not None
    assert (size.n_rows, size.n_columns, size.row_bytes, size.is_estimate) == (90_000, 4, ROW_BYTES, False)
    assert size.n_bytes == sum(file.stat().st_size for file in tmp_path.iterdir())


def test_the_rows_of_a_small_text_are_counted(tmp_path: Path) -> None:
    make_frame(100).to_csv(tmp_path / "t.csv", index=False)
    n_bytes = (tmp_path / "t.csv").stat().st_size
    assert measure(tmp_path / "t.csv") == TableSize(100, 4, n_bytes, ROW_BYTES, False)


@pytest.mark.parametrize("is_json", [False, True])
def test_the_rows_of_a_large_text_follow_from_its_beginning(
    is_json: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.local.table_size._HEAD_BYTES", 20_000)
    frame = make_frame(10_000).astype({"id": str}).assign(id="000000")
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(2):
        if is_json:
            frame.to_json(folder / f"{number}", orient="records", lines=True)
        else:
            frame.to_csv(folder / f"{number}", index=False)
    size = measure(folder)
    assert size is not None
    assert size.n_rows == pytest.approx(20_000, rel=0.1)
    assert (size.n_columns, size.is_estimate) == (4, True)


@pytest.mark.parametrize("source", ["sample:churn", "s3://bucket/key", "postgresql://host/base?table=t"])
def test_what_is_not_a_file_is_left_to_ingest(source: str) -> None:
    assert measure_table(source, FileOptions(), "y") is None


def test_packed_files_workbooks_and_broken_tables_are_left_to_ingest(tmp_path: Path) -> None:
    frame = make_frame(5)
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(frame.to_csv().encode()))
    (tmp_path / "broken.csv").write_text("a,a\n1,2\n")
    (tmp_path / "empty.csv").touch()
    assert [measure(path) for path in sorted(tmp_path.iterdir())] == [None] * 4
