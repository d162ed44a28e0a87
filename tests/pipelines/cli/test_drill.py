from pathlib import Path

import pytest

from pipelines.cli.main import WRONG_USAGE, main


def test_without_a_model_there_is_nothing_to_drill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "--runs", str(tmp_path), "--kind", "missing"]) == WRONG_USAGE
    assert "has an approved model" in capsys.readouterr().err
