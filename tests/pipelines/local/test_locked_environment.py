import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.local.locked_environment import find_cache, prepare_python


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, kfptabulartiny 1.0, which stands for the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    facts = "kfptabulartiny-1.0.dist-info"
    with zipfile.ZipFile(folder / "kfptabulartiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("kfptabulartiny.py", "NUMBER = 7\n")
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: kfptabulartiny\nVersion: 1.0\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{facts}/RECORD", "")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def write_lock(folder: Path, text: str) -> Path:
    lock = folder / "constraints.txt"
    lock.write_text(text)
    return lock


def test_a_lock_is_installed_once(index: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, "kfptabulartiny==1.0\n")
    python = prepare_python(lock)
    words = [str(python), "-c", "import kfptabulartiny as tiny; print(tiny.NUMBER)"]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "7\n"
    (index / "kfptabulartiny-1.0-py3-none-any.whl").unlink()
    assert prepare_python(lock) == python
    assert [place.name for place in (find_cache() / "environments").iterdir()] == [python.parents[1].name]


def test_a_wheel_that_is_gone_is_named_and_nothing_is_left(index: Path, tmp_path: Path) -> None:
    lock = write_lock(tmp_path, "kfptabulartiny==2.0\n")
    with pytest.raises(
        InvalidSetting, match=r"because of kfptabulartiny==2\.0\. uv says:\n(.*\n)+Give a commit"
    ):
        prepare_python(lock)
    assert list((find_cache() / "environments").iterdir()) == []


def test_a_missing_uv_is_named(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InvalidSetting, match="Install uv"):
        prepare_python(write_lock(tmp_path, "kfptabulartiny==1.0\n"))


def test_a_cache_that_cannot_be_written_is_named(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InvalidSetting, match=r"cannot be written.*\n.*XDG_CACHE_HOME"):
        prepare_python(write_lock(tmp_path, "kfptabulartiny==1.0\n"))
