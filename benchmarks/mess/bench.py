"""Every table in every way."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from benchmarks.mess.outcomes import Outcome, judge, prepare
from benchmarks.mess.tables import NAMES
from benchmarks.mess.transformations import TRANSFORMATIONS


def judge_table(name: str, ways: Sequence[str] = (), seed: int = 0) -> list[Outcome]:
    """Return what becomes of a table in all ways, or in those named."""
    with tempfile.TemporaryDirectory(prefix="mess-") as folder:
        clean = prepare(name, seed, Path(folder))
        chosen = [way for way in TRANSFORMATIONS if not ways or way.name in ways]
        outcomes = [judge(clean, way) for way in chosen]
    return [outcome for outcome in outcomes if outcome is not None]


def judge_tables(
    names: Sequence[str] = NAMES, ways: Sequence[str] = (), seed: int = 0, processes: int = 2
) -> list[Outcome]:
    """Return what becomes of some tables, in the order of the transformations."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        found = list(chain.from_iterable(pool.map(partial(judge_table, ways=ways, seed=seed), names)))
    order = {way.name: i for i, way in enumerate(TRANSFORMATIONS)}
    return sorted(found, key=lambda outcome: (order[outcome.transformation], outcome.table))
