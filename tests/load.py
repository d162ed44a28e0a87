"""Other work on the machine, for tests of what must not depend on it."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager

# Processes per processor: a process of the test then gets about a quarter of one.
_CROWD = 3


def _work() -> None:
    while True:
        sum(range(10_000))


@contextmanager
def keep_machine_busy() -> Iterator[None]:
    """Keep all processors busy with other processes meanwhile."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_work, daemon=True) for _ in range(_CROWD * (os.cpu_count() or 1))]
    for process in others:
        process.start()
    try:
        yield
    finally:
        for process in others:
            process.kill()
            process.join()
