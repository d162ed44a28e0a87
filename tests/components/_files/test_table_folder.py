from pathlib import Path

from components._files.table_folder import list_files


def test_all_files_below_a_folder_are_its_table_but_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.parquet", "_SUCCESS", ".crc", "year=2026/a.parquet"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert list_files(tmp_path) == [tmp_path / "b.parquet", tmp_path / "year=2026" / "a.parquet"]
