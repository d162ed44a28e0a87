import socket
import sys
from pathlib import Path

import pytest
from docker import DockerClient

from components.errors import InvalidSetting
from pipelines.local.docker_client import (
    EngineUnavailable,
    connect_to_engine,
    explain_engine_error,
    pull_missing_images,
)


def test_without_the_package_it_says_what_to_install_mocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(EngineUnavailable, match=r"package docker is not installed.\n.*kfp-tabular\[local\]"):
        connect_to_engine()


@pytest.mark.parametrize("address", ["unix:///no/such/socket", "tcp://127.0.0.1:9", "no-address:::"])
def test_without_an_engine_it_says_where_to_get_one(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EngineUnavailable, match=r"No Docker Engine answers: (.|\n)*Start it, or install it"):
        connect_to_engine()


def test_a_user_who_may_not_is_told_of_the_group_mocked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Tests may run as root, whom no socket refuses.
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(
        EngineUnavailable, match=r"This user may not use the Docker.*\.\nJoin the group docker"
    ):
        connect_to_engine()


def test_an_explanation_is_one_line() -> None:
    assert explain_engine_error(ValueError("two\n  lines")) == "two lines"


@pytest.mark.slow
def test_an_image_that_is_there_is_not_pulled(
    docker_engine: DockerClient,
    python_image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pull_missing_images(docker_engine, [python_image, python_image])
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_images_that_cannot_be_had_are_named_once(
    docker_engine: DockerClient,
    python_image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Nobody answers at that port, so the engine knows at once.
    lacking = ["localhost:9/kfp-tabular-tune:1", "localhost:9/kfp-tabular-split:1"]
    with pytest.raises(
        InvalidSetting,
        match=r"does not have 2 of the pipeline's images.*: localhost:9/kfp-tabular-split:1, "
        r"localhost:9/kfp-tabular-tune:1. It says: .*localhost:9.*\nBuild them with make images",
    ):
        pull_missing_images(docker_engine, [*lacking, python_image, *lacking])
    assert capsys.readouterr().err == "pulling localhost:9/kfp-tabular-split:1\n"
