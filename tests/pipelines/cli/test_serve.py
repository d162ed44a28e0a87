from pathlib import Path

import pytest

from pipelines.cli.main import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "has an approved model"),
        (("--run", "one"), "There is no run 'one'"),
        (("--port", "0"), "'0' is not a whole number of at least 1"),
        (("--grpc-port", "-1"), "not a whole number of at least 0"),
        (("--workers", "x"), "'x' is not a whole number of at least 1"),
    ],
)
def test_what_cannot_be_served_is_told(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--runs", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err
