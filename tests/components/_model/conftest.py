from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Let BLAS use one thread, as the stages do: small fits side by side would wait for each other."""
    with threadpool_limits(1):
        yield
