"""Which engine computes what all rows of a table teach: this process, or the workers of Dask."""

from pathlib import Path
from typing import NamedTuple

from components._dask.engine_names import check_engine
from components._dask.partitions import list_partitions

# By itself, Dask is used only where the rows take more than this many times the memory of the stage: below,
# one machine is done in minutes.
DASK_FROM = 4


class EngineChoice(NamedTuple):
    """An engine, ``local`` or ``dask``, and why it was chosen, as a part of a sentence."""

    name: str
    reason: str


LOCAL = EngineChoice("local", "nothing else was asked for")


def choose_engine(stated: str, table: str | Path, memory: int, scheduler: str | None) -> EngineChoice:
    """Return the engine for a table.

    Parameters
    ----------
    stated : str
        ``local`` or ``dask``; empty for Dask where there is a scheduler and the rows take more than
        ``DASK_FROM`` times the memory.
    table : str or Path
        Folder of the table.
    memory : int
        Bytes that the stage may use.
    scheduler : str or None
        Address of Dask's scheduler.

    Raises
    ------
    InvalidSetting
        There is no such engine.
    """
    check_engine(stated)
    if stated:
        return EngineChoice(stated, f"engine={stated} was asked for")
    if scheduler is None:
        return EngineChoice("local", "no Dask scheduler is given")
    n_bytes = sum(partition.n_bytes for partition in list_partitions(table))
    share = f"the rows take {n_bytes / memory:.1f} times the memory of the stage"
    if n_bytes > DASK_FROM * memory:
        return EngineChoice("dask", f"{share}, more than {DASK_FROM}")
    return EngineChoice("local", f"{share}, not more than {DASK_FROM}")
