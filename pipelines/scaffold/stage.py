"""The files of a new stage, from the templates in ``files``."""

import builtins
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from components.errors import InvalidSetting, SuiteError
from pipelines.scaffold.setup_file import add_stage, list_extras

_FILES = Path(__file__).parent / "files"
# The stage's name is also the beginning of its components' names, whose words are joined by underscores.
_NAME = re.compile(r"[a-z][a-z0-9]{2,29}")
# Where each template goes.
_PLACES = {
    "stage.py": "components/{name}/__init__.py",
    "component.py": "components/{name}/component.py",
    "run.py": "components/{name}/run.py",
    "report.py": "components/{name}/report.py",
    "Dockerfile": "images/{name}/Dockerfile",
    "requirements.txt": "images/{name}/requirements.txt",
    "test_run.py": "tests/components/{name}/test_run.py",
    "test_report.py": "tests/components/{name}/test_report.py",
}


def make_stage(root: Path, name: str) -> list[Path]:
    """Write a stage that works and that the tests of the layout accept, except that no pipeline uses it.

    Parameters
    ----------
    root : Path
        The repository.
    name : str
        The stage's name.

    Returns
    -------
    list of Path
        The files that were written or changed.

    Raises
    ------
    InvalidSetting
        The name is not one for a stage, or taken.
    SuiteError
        setup.cfg has another form than expected, or a file cannot be written; then nothing is.
    """
    setup = root / "setup.cfg"
    content = setup.read_text(encoding="utf-8")
    _check_name(root, name, list_extras(content))
    texts = {root / place.format(name=name): _fill(template, name) for template, place in _PLACES.items()}
    texts[setup] = add_stage(content, name)
    _write_all(texts)
    return list(texts)


def describe_remaining_steps(name: str) -> str:
    """Return what is left for a person to do, as a list."""
    return _fill("steps.txt", name)


def _check_name(root: Path, name: str, extras: list[str]) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidSetting(
            f"The name {name!r} is not one for a stage." if name else "The stage has no name.",
            "Name it with one word of 3 to 30 lower-case letters and digits: make new-stage NAME=outliers.",
        )
    if keyword.iskeyword(name) or hasattr(builtins, name):
        raise InvalidSetting(f"{name!r} is a word of Python.", "Choose another name.")
    taken = [
        *extras,
        *(path.name for folder in ("components", "images") for path in (root / folder).iterdir()),
    ]
    if name in {word.lstrip("_").removesuffix(".py") for word in taken}:
        raise InvalidSetting(
            f"The name {name!r} is taken: by a stage, a module, an image or an extra.", "Choose another name."
        )


def _fill(template: str, name: str) -> str:
    text = (_FILES / f"{template}.template").read_text(encoding="utf-8")
    return Template(text).substitute(name=name, Name=name.capitalize())


def _write_all(texts: Mapping[Path, str]) -> None:
    """Write files, the last of which exists; if one cannot be written, remove those that were."""
    written: list[Path] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                written.append(path)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise SuiteError(
            f"{error.filename} cannot be written: {error.strerror}.", "Nothing was made. Correct this first."
        ) from None
