from pathlib import Path

import pytest

from components._dask.choice import DASK_FROM, choose_engine
from components._dask.partitions import list_partitions
from components.errors import InvalidSetting
from tests.components._dask.test_partitions import write_parts

SCHEDULER = "tcp://dask:8786"


@pytest.mark.parametrize(
    ("stated", "times", "scheduler", "expected"),
    [
        ("dask", 0.1, None, ("dask", "engine=dask was asked for")),
        ("local", 100.0, SCHEDULER, ("local", "engine=local was asked for")),
        ("", 100.0, None, ("local", "no Dask scheduler is given")),
        ("", 3.9, SCHEDULER, ("local", "the rows take 3.9 times the memory of the stage, not more than 4")),
        ("", 4.1, SCHEDULER, ("dask", "the rows take 4.1 times the memory of the stage, more than 4")),
    ],
)
def test_dask_is_for_who_asks_and_for_large_tables_with_a_scheduler(
    tmp_path: Path, stated: str, times: float, scheduler: str | None, expected: tuple[str, str]
) -> None:
    write_parts(tmp_path / "table", [5_000], 1_000)
    n_bytes = sum(partition.n_bytes for partition in list_partitions(tmp_path / "table"))
    assert choose_engine(stated, tmp_path / "table", round(n_bytes / times), scheduler) == expected
    assert DASK_FROM == 4


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="engine = 'desk' is out of range"):
        choose_engine("desk", tmp_path, 1, None)
