"""Small real tables that are easily read wrong, from a folder beside the repository."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of the tables."""
    if not CASES.is_dir():
        pytest.skip(f"the tables are missing: {CASES}")
    return CASES
