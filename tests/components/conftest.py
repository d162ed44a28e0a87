from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Let BLAS use one thread, as the stages do: parallel small fits would wait for each other."""
    with threadpool_limits(1):
        yield
