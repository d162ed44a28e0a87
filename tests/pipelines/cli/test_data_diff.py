import errno
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from pipelines.cli.main import main
from tests.pipelines.data.versions import write_csv


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"id": [1, 2, 3], "size": [1.5, 2.5, 3.5]})
    write_csv(Path("a.csv"), frame)
    frame[::-1].to_parquet("same.parquet", index=False)
    frame.assign(size=[1.5, 2.5, 9.5]).to_parquet("other.parquet", index=False)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["a.csv", "same.parquet"], 0),
        (["a.csv", "other.parquet"], 1),
        (["a.csv", "other.parquet", "--key", "id, size"], 1),
        (["a.csv", "other.parquet", "--key", "ids"], 2),
        (["a.csv", "none.csv"], 2),
        (["a.csv"], 2),
        (["a.csv", "same.parquet", "--output", "no/folder.html"], 2),
    ],
)
def test_the_exit_status_says_whether_the_content_is_the_same(words: list[str], status: int) -> None:
    assert main(["data", "diff", *words]) == status


def test_a_full_disk_is_an_error_that_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The full disk is a mock: an error in place of writing."""

    def write_nothing(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.data.hash_partitions.HashPartitions.add", write_nothing)
    assert main(["data", "diff", "a.csv", "same.parquet"]) == 2
    assert capsys.readouterr().err.startswith(f"error: There is no space left in {tempfile.gettempdir()}")


def test_the_page_is_written_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "diff", "a.csv", "other.parquet", "--output", "page.html"]) == 1
    said = capsys.readouterr().out
    assert "  id 3, size: 3.5 → 9.5\n" in said
    assert said.endswith("\npage: page.html\n")
    assert "3.5" in Path("page.html").read_text()
