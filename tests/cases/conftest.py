"""Small tables that people have and that are easily read wrong, where they lie beside the repository."""

from pathlib import Path

import pytest

from tests.foreign import find_foreign


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of the tables."""
    return find_foreign("cases")
