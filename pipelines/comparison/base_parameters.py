"""The parameters of the base's training: the change's, as far as the base's code knows them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.errors import format_list
from components.ingest.sources.dvc_address import DvcAddress
from components.ingest.sources.kind import find_kind
from components.json_file import read_json
from pipelines.catalogue import ROOT
from pipelines.comparison.given_parameters import GivenParameters
from pipelines.local.checkout import Checkout
from pipelines.parameters import read_signature
from pipelines.problem_file import read_mapping

_PATHS = ("source", "test")
# Runs with the base's code, and writes the keys of its problems to a file.
_LIST_KEYS = (
    "import json, sys, pathlib; from components._problem.spec import Problem; "
    "pathlib.Path(sys.argv[1]).write_text(json.dumps(list(Problem.model_fields)))"
)


def build_base_parameters(
    given: GivenParameters,
    base: Checkout,
    folder: Path,
    root: Path = ROOT,
) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters to train the base with, and what to say about them.

    Files of the repository are those of the base: a table or a problem that the change edits is compared
    with what it was.

    Parameters
    ----------
    given : GivenParameters
        What was given for both trainings; paths are absolute.
    base : Checkout
        The base's code.
    folder : Path
        Folder for files that are only needed meanwhile, and for the log of the base.
    root : Path
        The folder of the change's code.
    """
    known = read_signature("training", base.path)
    file, notes = None, list[str]()
    if given.file is not None:
        path, notes = _find_own_file(str(given.file), base, root)
        file = Path(path)
    own, note = given.resolve(file, known, root)
    notes += note
    for name in _PATHS:
        if name in own:
            own[name], note = _find_own_file(own[name], base, root)
            notes += note
    for name, file in given.files.items():
        path, note = _find_own_file(str(file), base, root)
        own[name] = read_mapping(path, name)
        notes += note
    if unknown := [name for name in own if name not in known]:
        notes.append(f"The base's code lacks {_describe(unknown, 'parameter')}, which the change has.")
    own = {name: value for name, value in own.items() if name in known}
    if own.get("problem") and (keys := _list_problem_keys(base, folder)) is not None:
        unknown = [key for key in own["problem"] if key not in keys]
        if unknown:
            notes.append(
                f"The base's code lacks {_describe(unknown, 'key')} of the problem, which the change has."
            )
        own["problem"] = {key: value for key, value in own["problem"].items() if key in keys}
    return own, notes


def _find_own_file(path: str, base: Checkout, root: Path) -> tuple[str, list[str]]:
    """Return the base's version of a file of the repository, else the file itself."""
    if find_kind(path) == "dvc":
        address = DvcAddress.parse(path)
        is_own = address.is_local and Path(address.repository) == root and address.rev is None
        return str(replace(address, rev=base.commit) if is_own else address), []
    if not Path(path).is_relative_to(root):
        return path, []
    relative = Path(path).relative_to(root)
    if (base.path / relative).exists():
        return str(base.path / relative), []
    return path, [f"The base has no {relative}, so both models use the file here."]


def _list_problem_keys(base: Checkout, folder: Path) -> list[str] | None:
    """Return the keys that the base's code knows; None if it cannot say."""
    file = folder / "problem_keys.json"
    if base.run_python(("-c", _LIST_KEYS, str(file)), log=folder / "base.log") != 0:
        return None
    keys: list[str] = read_json(file)
    file.unlink()
    return keys


def _describe(names: list[str], noun: str) -> str:
    quoted = format_list(json.dumps(name) for name in names)
    return f"the {noun}{'' if len(names) == 1 else 's'} {quoted}"
