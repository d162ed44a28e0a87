"""The notebook of a run: it loads the model, scores it again, looks into it, and repeats the run."""

import json
import re
from importlib.resources import files
from string import Template
from typing import Any

from pipelines.local.index import describe_result
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult

_CODE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def write_notebook(folder: RunFolder, result: RunResult) -> None:
    """Write the notebook of a training that evaluated a model.

    Its cells are those of ``notebook.md``, in Jupyter's format 4.5
    (https://nbformat.readthedocs.io/en/latest/format_description.html). It finds the artifacts from its own
    folder, so that the folder of the run can be moved.

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
    text = (files("pipelines.local") / "notebook.md").read_text(encoding="utf-8")
    filled = Template(text).substitute(
        name=folder.name,
        question=problem.get("description") or f"What will `{result.parameters['target']}` be?",
        sentence=f"{result.headline}. {describe_result(result)}",
        artifacts=model.parents[1].relative_to(folder.path),
    )
    notebook = {
        "cells": _build_cells(filled),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder.notebook.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
