import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.errors import InvalidSetting
from pipelines.local.run_folder import RunFolder
from pipelines.local.scoring_version import choose_scoring_version


def write_run(runs: Path, name: str, version: str | None, *, is_here: bool = True) -> Path:
    """Write a run that registered a version; return its registration."""
    folder = RunFolder(runs / name)
    artifacts = folder.artifacts / "training-1"
    registration = artifacts / "register" / "registration"
    registration.mkdir(parents=True)
    (artifacts / "train" / "model").mkdir(parents=True)
    folder.save_record({"status": "succeeded", "started": f"2026-11-2{version or 0}T10:00:00+00:00"})
    package = runs / "mlartifacts" / name / "package"
    if is_here:
        package.mkdir(parents=True)
    known = {"model": "y", "version": version, "package": package.as_uri()}
    (registration / "registration.json").write_text(json.dumps(known))
    return registration


def set_champion(monkeypatch: pytest.MonkeyPatch, number: str | None, source: str = "") -> None:
    """Put a registry in place of MLflow's, with a champion or without."""
    version = None if number is None else SimpleNamespace(model="y", number=number)
    registry = SimpleNamespace(model="y", find_by_alias=lambda _: version, get_download_uri=lambda _: source)

    @contextmanager
    def open_fake_registry(runs: Path, name: str | None) -> Iterator[SimpleNamespace]:
        yield registry

    monkeypatch.setattr("pipelines.local.scoring_version.open_registry", open_fake_registry)


def test_a_run_is_taken_from_its_folder(tmp_path: Path) -> None:
    registration = write_run(tmp_path, "one", "1")
    assert choose_scoring_version(tmp_path, None, None, "one") == {
        "model_name": "y",
        "version": str(registration),
    }


def test_a_run_whose_files_are_elsewhere_is_taken_from_the_registry(tmp_path: Path) -> None:
    write_run(tmp_path, "one", "1", is_here=False)
    assert choose_scoring_version(tmp_path, None, None, "one") == {"model_name": "y", "version": "1"}


def test_a_run_that_is_not_registered_is_an_error(tmp_path: Path) -> None:
    write_run(tmp_path, "one", None)
    with pytest.raises(InvalidSetting, match="The model of the run 'one' is not in the registry"):
        choose_scoring_version(tmp_path, None, None, "one")


def test_a_version_that_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    write_run(tmp_path, "one", "1")
    assert choose_scoring_version(tmp_path, None, "1", None) == {"model_name": "", "version": "1"}


@pytest.mark.parametrize(
    ("source", "is_here"),
    [("mlartifacts/one", True), ("mlartifacts/one", False), ("mlartifacts/other", True)],
)
def test_the_champion_is_taken_from_the_run_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, is_here: bool
) -> None:
    """Unless its files are gone, or the registry has been made anew since and numbers from 1 again."""
    registration = write_run(tmp_path, "one", "1", is_here=is_here)
    write_run(tmp_path, "two", "2")
    set_champion(monkeypatch, "1", (tmp_path / source).as_uri())
    is_found = is_here and source == "mlartifacts/one"
    version = str(registration) if is_found else "champion"
    assert choose_scoring_version(tmp_path, None, None, None) == {"model_name": "y", "version": version}


def test_without_a_champion_it_is_the_last_approved_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, "one", "1")
    last = write_run(tmp_path, "two", "2")
    set_champion(monkeypatch, None)
    assert choose_scoring_version(tmp_path, None, None, None) == {"model_name": "y", "version": str(last)}
    with pytest.raises(InvalidSetting, match="'y' has no champion"):
        choose_scoring_version(tmp_path, "y", None, None)
