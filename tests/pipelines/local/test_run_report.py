from pathlib import Path

import pytest

from pipelines.cli.main import main
from tests.pipelines.local.tiny_run import read_record, run_tiny

pytestmark = pytest.mark.usefixtures("tiny")


def test_a_failed_gate_is_a_result_with_a_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_tiny("rejected") == 1
    folder = tmp_path / "runs" / "one"
    assert (read_record(folder)["status"], read_record(folder)["failed_task"]) == (
        "rejected",
        "evaluate-gate",
    )
    assert "FAILED its gates" in (folder / "index.html").read_text()
    shown, errors = capfd.readouterr()
    assert "FAILED its gates" in shown
    assert "Find better columns." in shown
    assert errors == ""


def test_a_mistake_is_told_in_its_own_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_tiny("mistake") == 1
    folder = tmp_path / "runs" / "one"
    _, errors = capfd.readouterr()
    assert errors == (
        f"error: The table 'mistake' is empty.\nGive a table with rows.\nlog: {folder / 'kfp.log'}\n"
    )
    assert read_record(folder)["status"] == "failed"
    page = (folder / "index.html").read_text()
    assert "Failed in ingest" in page
    assert "Give a table with rows." in page


def test_a_defect_keeps_its_traceback(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_tiny("defect") == 1
    folder = tmp_path / "runs" / "one"
    _, errors = capfd.readouterr()
    assert errors.startswith("defect in ingest:\n")
    assert "\nKeyError: 'nobody thought of this'\n" in errors
    assert errors.endswith(f"log: {folder / 'kfp.log'}\n")
    assert len(errors.splitlines()) < 20
    assert read_record(folder)["status"] == "failed"
    assert "nobody thought of this" in (folder / "index.html").read_text()


@pytest.mark.slow
def test_a_run_that_failed_after_its_sweep_says_how_to_go_on_and_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "late").touch()
    assert run_tiny("late") == 1
    folder = tmp_path / "runs" / "one"
    words = "python -m pipelines run tiny --resume one"
    assert capfd.readouterr().err.endswith(f"log: {folder / 'kfp.log'}\nresume it: {words}\n")
    (first,) = (folder / "artifacts").iterdir()
    (tmp_path / "late").unlink()
    assert main(words.split()[3:]) == 0
    (second,) = (folder / "artifacts").iterdir()
    assert second != first
    assert "KeyError" not in (folder / "kfp.log").read_text()
    assert (read_record(folder)["status"], read_record(folder)["parameters"]["target"]) == ("succeeded", "y")
    assert "failed_task" not in read_record(folder)
    assert main(words.split()[3:]) == 2
    assert "The run 'one' has succeeded, so it is complete." in capfd.readouterr().err
    assert main([*words.split()[3:], "--trials", "3"]) == 0
    assert read_record(folder)["parameters"]["trials"] == 3
