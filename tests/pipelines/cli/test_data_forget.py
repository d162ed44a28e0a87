from pathlib import Path

import pytest

from pipelines.cli.main import main
from tests.pipelines.data.training_runs import write_training


@pytest.fixture(autouse=True)
def _runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_training(tmp_path / "runs", "first", {"id": ["C007", "C008"], "y": ["no", "yes"]})


@pytest.mark.parametrize(
    ("words", "status"),
    [(["id=C007"], 1), (["id=C009"], 0), (["id=C007", "y=yes"], 0), (["id"], 2), (["ids=C007"], 2), ([], 2)],
)
def test_the_exit_status_says_whether_there_is_something_to_do(words: list[str], status: int) -> None:
    assert main(["data", "forget", *words]) == status


def test_the_list_is_written_without_the_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "forget", "id=C007", "--output", "list.md"]) == 1
    said = capsys.readouterr().out
    written = Path("list.md").read_text()
    assert said == f"{written}\nlist: list.md\n"
    assert "runs/first (ingest/dataset: 1 row, split/train: 1 row)" in written
    assert "C007" not in written


def test_nothing_is_deleted() -> None:
    before = {path: path.stat().st_mtime_ns for path in Path("runs").rglob("*")}
    assert main(["data", "forget", "id=C007"]) == 1
    assert {path: path.stat().st_mtime_ns for path in Path("runs").rglob("*")} == before
