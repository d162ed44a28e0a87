import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from components.register.model_version import fetch, find_local_package, is_folder


def write_registration(folder: Path, **known: object) -> Path:
    """A registration as register writes it, of a version whose files are on this machine."""
    place = folder / "a run" / "registration"
    place.mkdir(parents=True)
    (folder / "of version 3").mkdir()
    (folder / "of version 3" / "model.skops").write_text("the model")
    package = (folder / "of version 3").as_uri()
    (place / "registration.json").write_text(
        json.dumps({"model": "y", "version": "3", "package": package, **known})
    )
    return place


def test_a_run_of_this_machine_needs_no_mlflow(tmp_path: Path) -> None:
    place = write_registration(tmp_path)
    folders = {"model": str(tmp_path / "model"), "registration": str(tmp_path / "registration")}
    code = (
        "import sys\n"
        "from components.register.model_version import fetch\n"
        f"fetch(model_name='', version={str(place)!r}, **{folders!r})\n"
        "assert not {'mlflow', 'sklearn', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={})
    assert (tmp_path / "model" / "model.skops").read_text() == "the model"
    assert json.loads((tmp_path / "registration" / "registration.json").read_text())["version"] == "3"


@pytest.mark.parametrize(
    "known",
    [{"package": None}, {"package": "file:///nowhere/package"}, {"package": "mlflow-artifacts:/package"}],
)
def test_a_registration_without_files_here_is_an_error(tmp_path: Path, known: dict[str, object]) -> None:
    place = write_registration(tmp_path, **known)
    assert find_local_package(place) is None
    for version in (place, tmp_path / "nowhere"):
        with pytest.raises(InvalidSetting, match="does not name a model on this machine"):
            fetch(model_name="", version=str(version), model="unused", registration="unused")


@pytest.mark.parametrize(("version", "expected"), [("3", False), ("champion", False), ("/runs/a", True)])
def test_a_folder_is_told_from_a_number_and_an_alias(version: str, expected: bool) -> None:
    assert is_folder(version) is expected
