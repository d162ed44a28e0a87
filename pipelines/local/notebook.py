"""Notebooks that load a model, score it again, look into it, and repeat the run that made it."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from components._tracking.registry_version import RegistryVersion
from pipelines.files import check_place, replace_file
from pipelines.local.index import describe_result
from pipelines.local.model_registry import open_registry
from pipelines.local.model_table import describe_score
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult

_CODE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def write_notebook(folder: RunFolder, result: RunResult) -> None:
    """Write the notebook of a training that evaluated a model.

    It finds the artifacts from its own folder, so that the folder of the run can be moved.

    Parameters
    ----------
    folder : RunFolder
        The run.
    result : RunResult
        Its result, with a model and an evaluation.
    """
    model = folder.find_output("train", "model")
    assert model is not None  # the result has it
    problem = result.parameters.get("problem") or {}
    parts = {
        "name": folder.name,
        "question": problem.get("description") or f"What will `{result.parameters['target']}` be?",
        "sentence": f"{result.headline}. {describe_result(result)}",
        "opening": f'read("{model.parents[1].relative_to(folder.path)}")',
        "repeated": f'"{folder.name}", "--runs", str(Path.cwd().parent)',
    }
    folder.notebook.write_text(_render_notebook(parts), encoding="utf-8")


def export_notebook(runs: Path, model: str | None, version: str, file: Path) -> str:
    """Write the notebook of a version in the registry, by its number or alias, and return which it is.

    It reads all that it needs from MLflow, so that it works on any machine that reaches MLflow.

    Raises
    ------
    InvalidSetting
        There is no registry, no such model or no such version, or the file cannot be written.
    TrackingError
        MLflow did not answer, or refused.
    """
    check_place(file)
    with open_registry(runs, model) as registry:
        found = registry.get_version(version)
    title = f"version {found.number} of {found.model}"
    number, name = json.dumps(found.number), json.dumps(found.model)
    parts = {
        "name": title[0].upper() + title[1:],
        "question": f"It was registered on {found.created:%Y-%m-%d}.",
        "sentence": _describe_version(found),
        "opening": f"fetch({number}, {name})",
        "repeated": f'{number}, "--model", {name}',
    }
    replace_file(file, _render_notebook(parts))
    return title


def _describe_version(version: RegistryVersion) -> str:
    score, _, interval = describe_score(version).partition("\n")
    return f"On the test rows: {score}{f' (95 % interval {interval})' if interval else ''}."


def _render_notebook(parts: Mapping[str, str]) -> str:
    """Return a notebook with the cells of ``notebook.md``, in Jupyter's format 4.5.

    https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    text = (files("pipelines.local") / "notebook.md").read_text(encoding="utf-8")
    notebook = {
        "cells": _build_cells(Template(text).substitute(parts)),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _build_cells(text: str) -> list[dict[str, Any]]:
    """Return a cell for each block of code, and for each text between two of them."""
    cells: list[dict[str, Any]] = []
    # Splitting by a pattern with a group gives texts and codes in turn.
    for number, part in enumerate(_CODE.split(text)):
        if source := part.strip("\n"):
            is_code = number % 2 == 1
            cell: dict[str, Any] = {"cell_type": "code" if is_code else "markdown", "id": f"cell-{number}"}
            if is_code:
                cell |= {"execution_count": None, "outputs": []}
            cells.append({**cell, "metadata": {}, "source": source.splitlines(keepends=True)})
    return cells
