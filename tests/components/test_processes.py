import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from components.processes import map_in_processes


def _describe(shared: dict[str, int], item: int) -> tuple[int, int]:
    return shared["more"] + item, os.getpid()


def _end_process(_: object, item: int) -> int:
    if item:
        os._exit(9)
    return item


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    results = map_in_processes(_describe, {"more": 100}, [3, 1, 2], processes)
    assert [value for value, _ in results] == [103, 101, 102]
    assert all((process == os.getpid()) == (processes == 1) for _, process in results)


def test_one_item_needs_no_other_process() -> None:
    assert map_in_processes(_describe, {"more": 1}, [1], 8) == [(2, os.getpid())]
    assert map_in_processes(_describe, {"more": 1}, [], 8) == []


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(BrokenProcessPool, match="terminated abruptly"):
        map_in_processes(_end_process, None, [0, 1], 2)
