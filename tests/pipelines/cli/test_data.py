import pytest

from pipelines.cli.main import main


def test_each_action_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["data", "--help"])
    assert "write the first file of expectations of a table" in capsys.readouterr().out


def test_an_unknown_action_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "infr"]) == 2
    assert "Did you mean 'infer'?" in capsys.readouterr().err


def test_an_unknown_action_is_an_error_that_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "dif"]) == 2
    assert capsys.readouterr().err == "error: Action 'dif' is not known.\nDid you mean 'diff'?\n"
