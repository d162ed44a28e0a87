"""Patience: ask again after a while, and longer while there is progress."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from components._store.failures import FAILURES, is_transient

T = TypeVar("T")


def retry(ask: Callable[[], T], waits: Sequence[float], progress: Callable[[], int] = lambda: 0) -> T:
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
    Exception
        What ended the last attempt, one of ``FAILURES`` or any other at once.
    """
    left = iter(waits)
    before = progress()
    while True:
        try:
            return ask()
        except FAILURES as error:
            if (now := progress()) > before:
                left, before = iter(waits), now
            wait = next(left, None)
            if wait is None or not is_transient(error):
                raise
            time.sleep(wait)
