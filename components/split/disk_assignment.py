"""The choice of the test rows of a table whose rows do not fit into memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.row_hashes import RowHasher
from components._table.storage import read_arrow_schema
from components._table.target import order_classes
from components.errors import SHOWN, InvalidData
from components.split.assignment import (
    Strategy,
    choose_test_values,
    has_random_choice,
    list_hashed_columns,
    require_side,
)
from components.split.counted_choice import CountedRule, TooManyGroups, choose_by_groups, choose_by_time
from components.split.deciding_rows import DecidingRows, RowSource, UsableRows, iterate_usable
from components.split.hashed_choice import RowBatch, learn_choice
from components.split.overlap import describe_overlap, query_overlap
from components.split.settings import Settings
from components.split.side_file import TEST, TRAIN, mark_sides, write_sides

# More values than these in a split column are not names of parts.
_MOST_PARTS = 1_000
_LEAST_ENGINE = 64 << 20

# Which rows are training rows, and which are test rows.
Choice = Callable[[UsableRows], tuple[np.ndarray, np.ndarray]]


class DiskAssignment(NamedTuple):
    """The sides of the rows of one table.

    Attributes
    ----------
    sides : Path
        File of ``write_sides``.
    strategy : {"column", "time", "group", "random"}
        How they are chosen.
    notes : list of str
        What a person should know about the choice, as sentences.
    """

    sides: Path
    strategy: Strategy
    notes: list[str]


class DiskSplit:
    """Assigns the rows of a table in a few passes, with one batch, and what is known of groups, in memory.

    Parameters
    ----------
    source : RowSource
        The table.
    problem : Problem
        The resolved problem.
    settings : Settings
        Share of the test rows and seed.
    memory : int
        Bytes for the engine and the groups.
    most_exact : int
        Up to so many rows, a random choice has the exact shares; for the note.
    scratch : Path
        Folder for some bytes per row.
    """

    def __init__(
        self,
        source: RowSource,
        problem: Problem,
        settings: Settings,
        memory: int,
        most_exact: int,
        scratch: Path,
    ) -> None:
        self._source = source
        self._problem = problem
        self._settings = settings
        self._memory = memory // 2
        self._most_exact = most_exact
        self._scratch = scratch

    def assign(self) -> DiskAssignment:
        """Choose the rows that ``assign_rows`` chooses, or nearly so many by their hashes.

        By their hashes are chosen the rows at random, and groups that do not fit into the memory.

        Raises
        ------
        InvalidData
            A side would be empty, or lack a class; or the groups do not fit.
        """
        if self._problem.split_column is not None:
            return self._assign_by_column()
        if has_random_choice(self._problem):
            return self._assign_by_hash(keeps_all_copies=False)
        deciding = DecidingRows([self._source.table], self._problem, ())
        deciding.write((batch for _, batch in deciding.iterate(self._source)), self._scratch / "rows")
        notes: list[str] = []
        try:
            with TableEngine(max(self._memory, _LEAST_ENGINE), self._scratch) as engine:
                engine.add_table("rows", self._scratch / "rows")
                if self._problem.event_time is not None:
                    rule, notes = choose_by_time(engine, self._problem, self._settings, self._memory)
                else:
                    rule = choose_by_groups(engine, self._problem, self._settings, self._memory)
        except TooManyGroups:
            if self._problem.event_time is None:
                return self._assign_by_hash(keeps_all_copies=True)
            raise InvalidData(
                f"The groups of {self._problem.group!r} are too many to keep them on one side each, by "
                "time, within the memory of the stage.",
                "Raise MEMORY, or remove group or event_time.",
            ) from None
        strategy: Strategy = "group" if self._problem.event_time is None else "time"
        counts = np.zeros((2, max(len(self._problem.classes), 1)), dtype=np.int64)
        sides = write_sides(self._iterate_ruled(deciding, rule, counts), self._scratch / "sides")
        self._require_sides(counts, strategy)
        return DiskAssignment(sides, strategy, notes)

    def _iterate_ruled(
        self, deciding: DecidingRows, rule: CountedRule, counts: np.ndarray
    ) -> Iterator[np.ndarray]:
        for rows, batch in deciding.iterate(self._source):
            train, test = rule.choose(batch)
            _count_sides(counts, rows, train, test)
            yield mark_sides(rows.is_usable, train, test)

    def _assign_by_hash(self, *, keeps_all_copies: bool) -> DiskAssignment:
        """Choose each row by its hash, or by that of its group."""
        problem, table = self._problem, self._source.table
        names = [str(problem.group)]
        if not keeps_all_copies:
            names = list_hashed_columns(problem, read_arrow_schema(table).names)
        hasher = RowHasher([table], names)

        def iterate() -> Iterator[tuple[UsableRows, RowBatch]]:
            for rows in iterate_usable(self._source, problem, names):
                yield rows, RowBatch(hasher.hash(rows.batch), rows.numbers, rows.codes)

        choice = learn_choice(
            (batch for _, batch in iterate()), self._settings, keeps_all_copies=keeps_all_copies
        )
        counts = np.zeros((2, max(len(problem.classes), 1)), dtype=np.int64)

        def iterate_sides() -> Iterator[np.ndarray]:
            for rows, batch in iterate():
                test = choice.choose(batch)
                _count_sides(counts, rows, ~test, test)
                yield mark_sides(rows.is_usable, ~test, test)

        strategy: Strategy = "group" if keeps_all_copies else "random"
        sides = write_sides(iterate_sides(), self._scratch / "sides")
        self._require_sides(counts, strategy)
        share = f"{counts[1].sum() / counts.sum():.3%} of the rows are test rows"
        note = f"{share}: of more than {self._most_exact:,} rows, each one's side follows from its hash."
        if keeps_all_copies:
            note = (
                f"{share}: the groups are too many for the memory, so each one's side follows from its hash."
            )
        return DiskAssignment(sides, strategy, [note])

    def _assign_by_column(self) -> DiskAssignment:
        problem, table = self._problem, self._source.table
        column = str(problem.split_column)
        tests, notes = choose_test_values(*self._count_values(column), column)
        deciding = DecidingRows(
            [table], problem, list_hashed_columns(problem, read_arrow_schema(table).names)
        )
        counts = np.zeros((2, max(len(problem.classes), 1)), dtype=np.int64)

        def iterate_tests() -> Iterator[tuple[UsableRows, np.ndarray]]:
            for rows in iterate_usable(self._source, problem, [column, *deciding.columns]):
                values = rows.batch.column(column).to_pandas()
                yield rows, np.asarray(values.isin(list(tests)), dtype=bool)

        def iterate_sides() -> Iterator[np.ndarray]:
            for rows, test in iterate_tests():
                _count_sides(counts, rows, ~test, test)
                yield mark_sides(rows.is_usable, ~test, test)

        for name, side in (("train", 0), ("test", 1)):
            deciding.write(
                (
                    deciding.describe(rows).filter(pa.array(test == bool(side)))
                    for rows, test in iterate_tests()
                ),
                self._scratch / name,
            )
        found = _describe_shared(self._scratch, problem, self._memory)
        sides = write_sides(iterate_sides(), self._scratch / "sides")
        self._require_sides(counts, "column")
        return DiskAssignment(sides, "column", [*notes, *found])

    def _count_values(self, column: str) -> tuple[dict[object, int], int]:
        """Return the rows of each value of the split column, and those without one.

        Raises
        ------
        InvalidData
            There are so many values that they cannot be names of parts.
        """
        counts: Counter[object] = Counter()
        n_empty = 0
        for rows in iterate_usable(self._source, self._problem, [column]):
            values = pd.Series(rows.batch.column(column).to_pandas())
            n_empty += int(values.isna().sum())
            counts.update(values.value_counts(sort=False).to_dict())
            if len(counts) > _MOST_PARTS:
                examples = ", ".join(map(repr, list(counts)[:SHOWN]))
                raise InvalidData(
                    f"The split column {column!r} does not name the part of every row: it has more than "
                    f"{_MOST_PARTS:,} different values, such as {examples}.",
                    "Write train or test in every row, or remove split_column.",
                )
        return dict(counts), n_empty

    def _require_sides(self, counts: np.ndarray, strategy: Strategy) -> None:
        for name, by_class in zip(("training", "test"), counts, strict=True):
            present = [label for label, n in zip(order_classes(self._problem), by_class, strict=False) if n]
            require_side(name, int(by_class.sum()), present, self._problem, strategy)


def assign_own_test(
    train: RowSource, test: RowSource, problem: Problem, memory: int, scratch: Path
) -> tuple[list[Path], list[str]]:
    """Return the sides of the rows of both tables, and what they share.

    The parameters are those of ``DiskSplit``.
    """
    deciding = DecidingRows([train.table, test.table], problem, read_arrow_schema(train.table).names)
    files = []
    for name, source, side in (("train", train, TRAIN), ("test", test, TEST)):
        deciding.write((batch for _, batch in deciding.iterate(source)), scratch / name)
        sides = (rows.is_usable * np.uint8(side) for rows in iterate_usable(source, problem, ()))
        files.append(write_sides(sides, scratch / f"{name}-sides"))
    return files, _describe_shared(scratch, problem, memory)


def _describe_shared(scratch: Path, problem: Problem, memory: int) -> list[str]:
    """Return what the rows of the folders ``train`` and ``test`` share, as sentences."""
    with TableEngine(max(memory, _LEAST_ENGINE), scratch) as engine:
        for name in ("train", "test"):
            engine.add_table(name, scratch / name)
        return list(describe_overlap(query_overlap(engine, problem), problem))


def _count_sides(counts: np.ndarray, rows: UsableRows, train: np.ndarray, test: np.ndarray) -> None:
    for by_class, chosen in zip(counts, (train, test), strict=True):
        by_class += np.bincount(rows.codes[chosen], minlength=len(by_class))
