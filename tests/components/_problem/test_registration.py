import subprocess
import sys
from pathlib import Path

from components._problem.registration import RegisteredModel


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    registered = RegisteredModel("y", "2", "file:///models/2", "1", {"family": "linear"})
    registered.save(tmp_path / "registration")
    assert RegisteredModel.find(tmp_path / "registration") == registered
    assert registered.title == "y, version 2"
    assert RegisteredModel.find(tmp_path) is None


def test_the_record_needs_the_standard_library_only() -> None:
    code = (
        "import sys\nimport components._problem.registration\n"
        "assert not {'mlflow', 'numpy', 'pandas', 'pydantic'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
