import pytest

from pipelines.cli.main import main


def test_an_unknown_action_is_an_error_that_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "dif"]) == 2
    assert capsys.readouterr().err == "error: Action 'dif' is not known.\nDid you mean 'diff'?\n"
