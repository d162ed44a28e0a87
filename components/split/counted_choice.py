"""The choice of test rows by counts of their times and groups, as an engine gives them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from components._problem.spec import Problem
from components._table.engine import TableEngine
from components._table.group_choice import choose_counted_groups
from components._table.separation import GroupCounts, choose_judged_groups, find_earlier
from components.split.assignment import (
    describe_gap,
    describe_separation,
    list_inner_quantiles,
    refuse_gap,
    require_side,
)
from components.split.settings import Settings

# What a group and class takes while groups are chosen.
_PAIR_BYTES = 100
# An estimate of the number of groups is up to a tenth off: so many times what fits certainly does not fit.
_CERTAINLY = 1.2


class TooManyGroups(Exception):
    """The groups do not fit into the memory that is given for them."""


class CountedRule(NamedTuple):
    """Tells the side of a row by its time and its group.

    Attributes
    ----------
    last : date, number or None
        Rows that are later may be test rows; None if the time does not matter.
    last_earlier : date, number or None
        Rows that are not later may be training rows; None if there are none.
    test_groups : ndarray of uint64 or None, shape (n_groups,)
        The hashes of the groups whose rows may be test rows, ascending; those of all others may be training
        rows. None if the group does not matter.
    """

    last: Any
    last_earlier: Any
    test_groups: np.ndarray | None

    def choose(self, rows: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        """Return which rows are training rows, and which are test rows.

        ``rows`` have the columns of ``DecidingRows``.
        """
        train = np.ones(rows.num_rows, dtype=bool)
        test = train.copy()
        if self.last is not None:
            times = rows.column("moment").to_pandas().to_numpy()
            test = times > self.last
            train = times <= self.last_earlier
        if self.test_groups is not None:
            hashes = rows.column("group_hash").to_numpy()
            is_test_group = np.zeros(len(hashes), dtype=bool)
            if len(self.test_groups):
                place = np.minimum(np.searchsorted(self.test_groups, hashes), len(self.test_groups) - 1)
                is_test_group = self.test_groups[place] == hashes
            test, train = test & is_test_group, train & ~is_test_group
        return train, test


def choose_by_groups(engine: TableEngine, problem: Problem, settings: Settings, memory: int) -> CountedRule:
    """Return the rule that chooses the groups that ``assign_rows`` chooses.

    Parameters
    ----------
    engine : TableEngine
        Has the table ``rows`` with the columns of ``DecidingRows``.
    problem : Problem
        The resolved problem.
    settings : Settings
        Share of the test rows and seed.
    memory : int
        Bytes for the groups.

    Raises
    ------
    TooManyGroups
        The groups do not fit.
    """
    stratum = "stratum"
    if problem.kind == "regression":
        edges = _find_edges(engine, settings.test_fraction)
        stratum = " + ".join(["0", *(f"(y > '{edge!r}'::DOUBLE)::INT" for edge in edges)])
    hashes, counts = _count_groups(engine, stratum, "true", "false", (), memory)
    generator = np.random.default_rng(settings.seed)
    taken = choose_counted_groups(
        counts.groups, counts.strata, counts.n_earlier, settings.test_fraction, generator
    )
    return CountedRule(None, None, np.sort(hashes[taken]))


def choose_by_time(
    engine: TableEngine, problem: Problem, settings: Settings, memory: int
) -> tuple[CountedRule, list[str]]:
    """Return the rule that chooses the rows that ``assign_rows`` chooses by time, and what it leaves out.

    The parameters are those of ``choose_by_groups``.

    Raises
    ------
    InvalidData
        All rows have the same time, or the gap leaves no training rows.
    TooManyGroups
        The groups do not fit.
    """
    last, n_before = _find_last(engine, settings.test_fraction)
    if last is None:
        require_side("test", 0, (), problem, "time")
    last_earlier = last
    notes: list[str] = []
    if problem.gap is not None:
        start = _find_moment(engine, "SELECT min(moment) FROM rows WHERE moment > $1", last)
        last_earlier, n_earlier = None, 0
        for moments, counts in _iterate_moments(engine):
            is_earlier = find_earlier(moments, start, problem.gap)
            n_earlier += int(counts[is_earlier].sum())
            last_earlier = moments[is_earlier][-1] if is_earlier.any() else last_earlier
        notes.append(describe_gap(problem.gap, n_before - n_earlier))
        if last_earlier is None:
            raise refuse_gap(problem.gap, n_before)
    if problem.group is None:
        return CountedRule(last, last_earlier, None), notes
    stratum = "0" if problem.kind == "regression" else "stratum"
    hashes, groups = _count_groups(
        engine, stratum, "moment <= $1", "moment > $2", (last_earlier, last), memory
    )
    is_judged = choose_judged_groups(groups, np.random.default_rng(settings.seed))
    is_test = is_judged[groups.groups]
    notes += describe_separation(
        str(problem.group), int(groups.n_earlier[is_test].sum()), int(groups.n_later[~is_test].sum())
    )
    return CountedRule(last, last_earlier, np.sort(hashes[is_judged])), notes


def _find_last(engine: TableEngine, test_fraction: float) -> tuple[Any, int]:
    """Return the time after which are the rows of ``find_latest``, and how many are not; None if none are."""
    n_rows = int(engine.query_table("SELECT count(*) FROM rows").column(0)[0].as_py())
    last, n_before, n_seen, least = None, n_rows, 0, np.inf
    for moments, counts in _iterate_moments(engine):
        n_later = n_rows - n_seen - np.cumsum(counts)
        n_seen += int(counts.sum())
        distance = np.where(n_later > 0, np.abs(n_later - test_fraction * n_rows), np.inf)
        best = int(distance.argmin())
        if distance[best] < least:
            last, n_before, least = moments[best], int(n_rows - n_later[best]), distance[best]
    return last, n_before


def _iterate_moments(engine: TableEngine) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the different times in their order, and the rows of each."""
    for batch in engine.query("SELECT moment, count(*) FROM rows GROUP BY moment ORDER BY moment"):
        yield batch.column(0).to_pandas().to_numpy(), batch.column(1).to_numpy()


def _find_moment(engine: TableEngine, sql: str, moment: Any) -> Any:
    return engine.query_table(sql, [_to_parameter(moment)]).column(0).to_pandas().to_numpy()[0]


def _to_parameter(moment: Any) -> Any:
    """Return a time as the engine takes it."""
    return (
        moment.astype("datetime64[us]").astype(datetime)
        if isinstance(moment, np.datetime64)
        else moment.item()
    )


def _find_edges(engine: TableEngine, test_fraction: float) -> list[float]:
    """Return the edges between the strata of ``compute_strata`` of the numbers of a target, ascending."""
    n_rows = int(engine.query_table("SELECT count(*) FROM rows").column(0)[0].as_py())
    places = list_inner_quantiles(n_rows, test_fraction) * (n_rows - 1)
    wanted = np.concatenate([np.floor(places), np.floor(places) + 1])
    found = np.empty(len(wanted))
    n_seen = 0
    for batch in engine.query("SELECT y, count(*) FROM rows GROUP BY y ORDER BY y"):
        ends = n_seen + np.cumsum(batch.column(1).to_numpy())
        is_here = (wanted >= n_seen) & (wanted < ends[-1])
        found[is_here] = batch.column(0).to_numpy()[np.searchsorted(ends, wanted[is_here], side="right")]
        n_seen = int(ends[-1])
    pairs = found.reshape(2, -1).T
    shares = places - np.floor(places)
    # NumPy interpolates between two numbers as between the same two of many.
    edges = [np.quantile(pair, share) for pair, share in zip(pairs, shares, strict=True)]
    return [float(edge) for edge in np.unique(edges)]


def _count_groups(
    engine: TableEngine, stratum: str, earlier: str, later: str, parameters: tuple[Any, ...], memory: int
) -> tuple[np.ndarray, GroupCounts]:
    """Return the hash of each group, in the order of the groups, and the rows of each group and stratum."""
    sql = f"""
        SELECT any_value(group_hash), {stratum} AS part,
            count(*) FILTER (WHERE {earlier}), count(*) FILTER (WHERE {later})
        FROM rows GROUP BY own_group, part ORDER BY own_group NULLS LAST, part
    """  # noqa: S608
    # To put very many groups into their order may already be too much for the engine.
    n_groups = engine.query_table("SELECT approx_count_distinct(group_hash) FROM rows").column(0)[0].as_py()
    if n_groups * _PAIR_BYTES > _CERTAINLY * memory:
        raise TooManyGroups
    pieces: list[list[np.ndarray]] = [[], [], [], []]
    n_pairs = 0
    for batch in engine.query(sql, [_to_parameter(moment) for moment in parameters]):
        n_pairs += batch.num_rows
        if n_pairs * _PAIR_BYTES > memory:
            raise TooManyGroups
        for piece, column in zip(pieces, batch.columns, strict=True):
            piece.append(column.to_numpy())
    hashes, strata, n_earlier, n_later = (np.concatenate(piece) for piece in pieces)
    is_first = np.append(True, hashes[1:] != hashes[:-1])
    return hashes[is_first], GroupCounts(np.cumsum(is_first) - 1, strata.astype(np.int64), n_earlier, n_later)
