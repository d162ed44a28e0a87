"""Addresses of files in DVC repositories."""

from pathlib import Path

import pytest

from components.errors import InvalidSource
from components.ingest.sources.dvc_address import DvcAddress


@pytest.mark.parametrize(
    ("text", "repository", "rev", "path"),
    [
        ("dvc+https://host/org/data@v1:t.csv", "https://host/org/data", "v1", "t.csv"),
        ("dvc+https://host/org/data@feature/x:t.csv", "https://host/org/data", "feature/x", "t.csv"),
        ("dvc+https://host:84/org/x.git:a/t.csv", "https://host:84/org/x.git", None, "a/t.csv"),
        ("dvc+git@host:org/data.git@v1:t.csv", "git@host:org/data.git", "v1", "t.csv"),
        ("dvc+git@host:org/data.git:t.csv", "git@host:org/data.git", None, "t.csv"),
        ("dvc+ssh://git@host/org/data:t.csv", "ssh://git@host/org/data", None, "t.csv"),
        ("dvc+file:///srv/data@v1:t.csv", "file:///srv/data", "v1", "t.csv"),
    ],
)  # fmt: skip
def test_an_address_names_a_repository_a_revision_and_a_path(
    text: str, repository: str, rev: str | None, path: str
) -> None:
    address = DvcAddress.parse(text)
    assert address == DvcAddress(repository, path, rev)
    assert str(address.make_absolute()) == text


@pytest.mark.parametrize(
    ("text", "rev"),
    [("dvc+../data@HEAD@{1}:parts/", "HEAD@{1}"), ("DVC+../data:./parts", None)],
)
def test_a_folder_of_this_machine_is_found_from_every_folder(text: str, rev: str | None) -> None:
    address = DvcAddress.parse(text)
    assert address == DvcAddress("../data", "parts", rev)
    assert address.make_absolute().repository == str(Path("../data").resolve())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dvc+https://host/data@v1", "names no file"),
        ("dvc+data", "names no repository"),
        ("dvc+data:", "names no file"),
        ("dvc+data@:t.csv", "has no revision after @"),
        ("dvc+data:../t.csv", "not a path within the repository data"),
        ("dvc+data:/t.csv", "not a path within the repository data"),
        ("dvc+data:.", "not a path within the repository data"),
    ],
)
def test_an_address_without_a_part_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        DvcAddress.parse(text)


@pytest.mark.parametrize("rev", ["", "@v1"])
@pytest.mark.parametrize("user", ["https://ann:secret", "https://secret", "ssh://ann:secret"])
def test_a_password_is_refused_and_not_shown(user: str, rev: str) -> None:
    with pytest.raises(InvalidSource, match=r"has a password or token.*\n.*credential helper") as error:
        DvcAddress.parse(f"dvc+{user}@host/data{rev}:t.csv")
    assert "secret" not in str(error.value)
