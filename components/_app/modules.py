"""Modules of JavaScript as one script, for a page that has no other files."""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import \{([^}]+)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
# Any other import or export, which the patterns above would miss without a word.
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join_modules(entry: str, static: Path = STATIC) -> str:
    """Return a module and all that it imports as one script.

    Each module becomes a function that is called once and returns what it exports, so that names of modules
    do not meet. Of JavaScript's forms it knows ``import {names} from "./file.js"`` and ``export`` before a
    function, a class or a constant.

    Parameters
    ----------
    entry : str
        The module's path in the folder of static files.
    static : Path
        The folder.

    Raises
    ------
    ValueError
        A module uses another form, or modules import each other in a circle.
    """
    blocks: dict[str, str] = {}
    _add_module(entry, static, blocks, ())
    return "".join(["const modules = {};\n", *blocks.values()])


def _add_module(name: str, static: Path, blocks: dict[str, str], importers: tuple[str, ...]) -> None:
    if name in blocks:
        return
    if name in importers:
        raise ValueError(f"modules import each other in a circle: {' > '.join([*importers, name])}")
    text = (static / name).read_text(encoding="utf-8")
    for _, path in _IMPORT.findall(text):
        _add_module(_resolve(name, path), static, blocks, (*importers, name))
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _write_import(name, found), text))
    other = _OTHER.search(body)
    if other:
        raise ValueError(f"{name} has a form of import or export that is not known: {other[0]}")
    blocks[name] = f'modules["{name}"] = (() => {{\n{body}return {{ {exported} }};\n}})();\n'


def _write_import(name: str, found: re.Match[str]) -> str:
    names = re.sub(r"\s+as\s+", ": ", found[1])
    return f'const {{{names}}} = modules["{_resolve(name, found[2])}"];\n'


def _resolve(name: str, path: str) -> str:
    parts = name.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
