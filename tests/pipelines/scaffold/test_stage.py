import shutil
from pathlib import Path

import pytest

from components.errors import InvalidSetting, SuiteError
from pipelines.catalogue import ROOT
from pipelines.scaffold.stage import describe_remaining_steps, make_stage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The parts of a repository in which names are looked up."""
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    for folder in ("components/tune", "components/_recipe", "images/base", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "components" / "causes.py").touch()
    return tmp_path


def list_files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_files_of_a_stage_are_made(root: Path) -> None:
    before = list_files(root)
    made = {str(file.relative_to(root)) for file in make_stage(root, "outliers")}
    assert made == (list_files(root).keys() - before.keys()) | {"setup.cfg"}
    assert len(made) == 9
    assert not [name for name, text in list_files(root).items() if b"$name" in text]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "The stage has no name"),
        ("Outliers", "The name 'Outliers' is not one for a stage"),
        ("out_liers", "is not one for a stage"),
        ("../tune", "is not one for a stage"),
        ("tune", "The name 'tune' is taken"),
        ("recipe", "The name 'recipe' is taken"),
        ("causes", "The name 'causes' is taken"),
        ("base", "The name 'base' is taken"),
        ("local", "The name 'local' is taken"),
        ("lambda", "'lambda' is a word of Python"),
        ("filter", "'filter' is a word of Python"),
    ],
)
def test_a_name_that_cannot_be_that_of_a_stage_is_refused(root: Path, name: str, message: str) -> None:
    before = list_files(root)
    with pytest.raises(InvalidSetting, match=message):
        make_stage(root, name)
    assert list_files(root) == before


def test_a_stage_that_cannot_be_written_leaves_nothing(root: Path) -> None:
    shutil.rmtree(root / "tests")
    (root / "tests").touch()
    before = list_files(root)
    with pytest.raises(SuiteError, match=r"tests/components/outliers cannot be written: Not a directory"):
        make_stage(root, "outliers")
    assert list_files(root) == before


def test_what_is_left_is_said_with_the_lines_to_write() -> None:
    steps = describe_remaining_steps("outliers")
    assert "from components.outliers.component import outliers" in steps
    assert '"outliers": TaskSettings(' in steps
