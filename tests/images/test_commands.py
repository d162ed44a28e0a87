import pytest

from images.commands import main


def test_a_mistake_ends_with_its_message_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--tag", "latest"]) == 1
    assert capsys.readouterr().err.startswith("error: The tag 'latest' may be another image tomorrow")


def test_the_names_of_images_are_those_of_the_registry_and_the_tag(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["names", "--stage", "tune", "--registry", "ghcr.io/team", "--tag", "1.2.0"]) == 0
    assert capsys.readouterr().out == "ghcr.io/team/kfp-tabular-tune:1.2.0\n"
    assert main(["names", "--services", "--registry", "ghcr.io/team", "--tag", "1.2.0"]) == 0
    assert "ghcr.io/team/kfp-tabular-mlflow:1.2.0" in capsys.readouterr().out.splitlines()


def test_an_image_of_no_stage_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names", "--stage", "tunes", "--tag", "1"]) == 1
    assert "Did you mean 'tune'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["bild"], ["audit", "--stage", "tune"]])
def test_wrong_usage_has_status_2(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
