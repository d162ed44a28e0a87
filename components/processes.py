"""Work in parallel processes that share their inputs."""

import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, TypeVar

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

# Set in the processes.
_shared: list[Any] = []


def map_in_processes(
    function: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item], processes: int
) -> list[Result]:
    """Return the results of a function for each item, in their order.

    Parameters
    ----------
    function : callable
        ``(shared, item)`` to result; a function of a module, which other processes can import.
    shared : object
        What all calls read.
    items : sequence
        One for each call.
    processes : int
        Most processes; with one, or one item, the function is called in this process.

    Raises
    ------
    BrokenProcessPool
        A process died.
    """
    processes = min(processes, len(items))
    if processes <= 1:
        return [function(shared, item) for item in items]
    # Forked processes share what is in memory; where forking is unsafe, processes are spawned.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(processes, context, _shared.append, (shared,)) as pool:
        return list(pool.map(partial(_call, function), items))


def _call(function: Callable[[Any, Item], Result], item: Item) -> Result:
    return function(_shared[-1], item)
