"""Notebooks, run as a person's Jupyter runs them."""

from pathlib import Path
from typing import Any

import nbclient
import nbformat


def run_notebook(path: Path, replacements: dict[str, str] | None = None) -> Any:
    """Return a notebook after all its cells have run in its folder, with texts of its code replaced.

    Raises
    ------
    nbformat.ValidationError
        It does not keep the format.
    nbclient.exceptions.CellExecutionError
        A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for old, new in (replacements or {}).items():
        cells = [cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source]
        assert cells, old
        for cell in cells:
            cell.source = cell.source.replace(old, new)
    resources = {"metadata": {"path": str(path.parent)}}
    return nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    ).execute()


def find_output(notebook: Any, code: str) -> str:
    """Return what the one cell with this code shows, as text."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    texts = [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
    return "".join(texts)
