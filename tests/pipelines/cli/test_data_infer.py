from pathlib import Path

import pytest

from pipelines.cli.main import main

TABLE = "id,price,x,y\n" + "".join(
    f"k{i:03d},{i % 9}.5,{i % 3},{'None' if i % 4 else 'some'}\n" for i in range(200)
)


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    return path


def test_a_first_file_is_written_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "infer", "t.csv", "--target", "y", "--output", "e.yaml"]) == 0
    shown, errors = capsys.readouterr()
    assert shown == (
        "e.yaml expects 4 columns of t.csv, by 200 rows.\n"
        "Check it, keep it in git, and train with --expectations e.yaml\n"
    )
    assert errors == ""
    text = Path("e.yaml").read_text(encoding="utf-8")
    # In the target, None is a word.
    assert "    allowed: [None, some]" in text
    assert "k000" not in text


def test_without_a_target_a_note_says_what_that_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "infer", "t.csv", "--output", "e.yaml"]) == 0
    assert capsys.readouterr().err.startswith("note: no --target was given. A training reads the cells of")


def test_the_problem_says_how_the_table_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.yaml").write_text("target: y\ncolumns: {x: {kind: text}}\n")
    assert main(["data", "infer", "t.csv", "--problem", "p.yaml", "--output", "e.yaml"]) == 0
    assert capsys.readouterr().err == ""
    assert '    allowed: ["0", "1", "2"]' in Path("e.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["t.csv", "--output", "t.csv"], "The file t.csv exists already, perhaps with your corrections."),
        (["t.csv", "--output", "no/e.yaml"], "The folder no does not exist."),
        (["u.csv", "--output", "e.yaml"], "There is no file u.csv"),
        (["t.csv", "--output", "e.yaml", "--problem", "q.yaml"], "The problem file q.yaml cannot be read"),
        (["t.csv"], "the following arguments are required: --output"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "infer", *words]) == 2
    assert message in capsys.readouterr().err
    assert not Path("e.yaml").exists()
