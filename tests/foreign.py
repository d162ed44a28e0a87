"""Tables that people made and this repository does not contain: where they are, if they are on this machine.

``KFP_TABULAR_FOREIGN_TABLES`` names a folder with ``cases/`` (small tables that are easily read wrong) and
``data/`` (published tables). Tests that need one are skipped where it is missing.
"""

import os
from pathlib import Path

import pytest

FOLDER = "KFP_TABULAR_FOREIGN_TABLES"


def find_foreign(*names: str) -> Path:
    """Return the path of a foreign table or folder, or skip the test."""
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"{FOLDER} does not name a folder of foreign tables")
    path = Path(folder, *names)
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path
