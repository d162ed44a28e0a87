"""Patience: ask again after a while, and longer while there is progress."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from minio.error import MinioException
from urllib3.exceptions import HTTPError

from components._store.failures import is_passing

T = TypeVar("T")


def patiently(ask: Callable[[], T], waits: Sequence[float], progress: Callable[[], int] = lambda: 0) -> T:
    """Return the answer to a question, which is asked again where that may help.

    Parameters
    ----------
    ask : callable
        The question.
    waits : sequence of float
        Seconds before each further attempt.
    progress : callable
        How far the attempts have come. Whenever one has come further, all waits are granted anew.

    Raises
    ------
    HTTPError, MinioException
        What ended the last attempt.
    """
    left = iter(waits)
    before = progress()
    while True:
        try:
            return ask()
        except (HTTPError, MinioException) as error:
            if (now := progress()) > before:
                left, before = iter(waits), now
            wait = next(left, None)
            if wait is None or not is_passing(error):
                raise
            time.sleep(wait)
