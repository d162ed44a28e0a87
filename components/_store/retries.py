"""Retries of a request, with more attempts as long as there is progress."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from components._store.failures import FAILURES, is_transient

T = TypeVar("T")


def retry(request: Callable[[], T], waits: Sequence[float], progress: Callable[[], int] = lambda: 0) -> T:
    """Return the result of a request, which is repeated after a failure that may pass.

    Parameters
    ----------
    request : callable
        Makes the request.
    waits : sequence of float
        Seconds before each further attempt.
    progress : callable
        How far the attempts have come. Whenever one has come further, the waits begin again.

    Raises
    ------
    Exception
        The error of the last attempt.
    """
    left = iter(waits)
    before = progress()
    while True:
        try:
            return request()
        except FAILURES as error:
            if (now := progress()) > before:
                left, before = iter(waits), now
            wait = next(left, None)
            if wait is None or not is_transient(error):
                raise
            time.sleep(wait)
