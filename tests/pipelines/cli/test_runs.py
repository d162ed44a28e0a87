from pathlib import Path

import pytest

from pipelines.cli.main import WRONG_USAGE, main
from tests.pipelines.local.test_run_list import write_run, write_trained


def test_runs_are_listed_and_the_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trained(tmp_path)
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "ROC AUC 0.84" in shown
    assert shown.endswith(f"page  {tmp_path / 'index.html'}\n")
    assert "ROC AUC" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "There are no runs in"),
        (["one"], "A comparison needs two different runs."),
        (["one", "one"], "A comparison needs two different runs."),
        (["one", "two", "three"], "A comparison needs two different runs."),
        (["one", "too"], "There is no run 'too' in"),
    ],
)
def test_mistakes_are_said_at_once(
    names: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if names:
        write_run(tmp_path, "one")
        write_run(tmp_path, "two")
    assert main(["runs", *names, "--runs", str(tmp_path)]) == WRONG_USAGE
    assert message in capsys.readouterr().err


def test_two_runs_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, "one")
    write_run(tmp_path, "two", parameters={"source": "b.csv", "target": "churned", "trials": 7})
    assert main(["runs", "one", "two", "--runs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "one has no model and two has no model." in shown
    assert "parameter trials" in shown
    assert (tmp_path / "comparisons" / "one--two.html").is_file()
