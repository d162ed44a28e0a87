"""The server of the app on this machine, by its own command line."""

import pytest

from pipelines.local.app_server import main


def test_its_settings_are_the_servers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "--model_dir" in said
    assert "--runs RUNS" in said
