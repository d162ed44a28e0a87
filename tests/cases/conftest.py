"""Small real tables that are easily read wrong."""

from pathlib import Path

import pytest

from tests.foreign import find_foreign


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of the tables."""
    return find_foreign("cases")
