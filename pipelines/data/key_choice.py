"""The choice of the columns by which the rows of two tables are matched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from components._table.keys import is_owner_name
from components._table.kinds import Kind
from components.errors import InvalidSetting, format_list, suggest_name
from pipelines.data.row_hash import hash_columns
from pipelines.data.table_rows import iterate_numbered
from pipelines.data.table_version import TableVersion

# Kinds whose values name a row. A measurement may be unique by chance, and change.
_KEY_KINDS = ("integer", "string", "datetime")
# Least share of the rows with a value of their own in a column that has the name of a key: tables have copies
# of rows, and such keys are matched all the same.
_NEARLY_UNIQUE = 0.95
# Columns whose pairs are tried: the number of pairs grows with its square.
_MOST_PAIRED = 12


@dataclass(frozen=True)
class KeyChoice:
    """The columns by which rows are matched, and why.

    Attributes
    ----------
    columns : tuple of str
        The key; empty if there is none, so that rewritten rows cannot be told.
    reason : str
        A sentence.
    """

    columns: tuple[str, ...]
    reason: str


def choose_key(
    old: TableVersion, new: TableVersion, kinds: Mapping[str, Kind], given: Sequence[str] = ()
) -> KeyChoice:
    """Choose the key of two tables.

    It is the given one, else the identifiers of the problem of a run or version, else the first column that
    is unique in both tables, else the first such pair of columns with a name of a key among them, else the
    first column with such a name that is nearly unique.

    Parameters
    ----------
    old, new : TableVersion
        The tables.
    kinds : mapping of str to Kind
        The columns that both have.
    given : sequence of str
        The columns that the user gives; empty to choose.

    Raises
    ------
    InvalidSetting
        A given column is not in both tables.
    """
    if given:
        for name in given:
            if name not in kinds:
                where = [side.given for side in (old, new) if name not in side.kinds]
                raise InvalidSetting(
                    f"The key column {name!r} is not in {' and not in '.join(where)}.",
                    suggest_name(name, list(kinds), "column"),
                )
        return KeyChoice(tuple(given), f"Rows are matched by {format_list(given)}, as you gave it.")
    for side in (new, old):
        names = side.problem.identifiers if side.problem else ()
        if names and all(name in kinds for name in names):
            reason = f"Rows are matched by {format_list(names)}: identifiers in the problem of {side.title}."
            return KeyChoice(tuple(names), reason)
    for names in _iterate_candidates(kinds, old, new):
        if all(compute_distinct_share(side, names, kinds, 1.0) == 1.0 for side in (old, new)):
            chosen = "the first column that is" if len(names) == 1 else "the first columns that together are"
            reason = f"Rows are matched by {' and '.join(names)}, {chosen} unique in both tables."
            return KeyChoice(names, f"{reason} To match by another key, give it: --key COLUMN.")
    for names in ((name,) for name in kinds if is_owner_name(name)):
        shares = [compute_distinct_share(side, names, kinds, _NEARLY_UNIQUE) for side in (old, new)]
        if min(shares) >= _NEARLY_UNIQUE:
            reason = (
                f"Rows are matched by {names[0]}: no column is unique in both tables, but this one has "
                "the name of a key, and few of its values repeat. To match by another key, "
                "give it: --key COLUMN."
            )
            return KeyChoice(names, reason)
    return KeyChoice(
        (),
        "No column, and no key column with another one, is unique in both tables. So rows are compared as a "
        "whole, and a rewritten row counts as one removed and one added. If there is a key, give it: "
        "--key COLUMN[,COLUMN].",
    )


def compute_distinct_share(
    side: TableVersion, names: Sequence[str], kinds: Mapping[str, Kind], least: float
) -> float:
    """Return the number of different values of some columns over that of the rows.

    Of a hash of 64 bits, two different values of 10 million have the same with a probability of 3 in a
    million; a key would then be passed over.

    Parameters
    ----------
    side : TableVersion
        The table.
    names : sequence of str
        The columns, together.
    kinds : mapping of str to Kind
        The kind as which each is compared.
    least : float
        If the share of the first rows is lower, it is returned without looking at the others. If it is 1,
        a null is enough for 0, because it names no row.
    """
    key = {name: kinds[name] for name in names}
    hashes = np.empty(side.n_rows, dtype=np.uint64)
    for first, batch in iterate_numbered(side.table, names):
        if least == 1.0 and any(column.null_count for column in batch.columns):
            return 0.0
        hashes[first : first + batch.num_rows] = hash_columns(batch, key)[:, 0]
        share = _compute_share(hashes[: batch.num_rows].copy()) if not first else 1.0
        if share < least:
            return share
    return _compute_share(hashes)


def _compute_share(hashes: np.ndarray) -> float:
    if not len(hashes):
        return 1.0
    hashes.sort()
    return float((1 + np.count_nonzero(hashes[1:] != hashes[:-1])) / len(hashes))


def _iterate_candidates(
    kinds: Mapping[str, Kind], old: TableVersion, new: TableVersion
) -> Iterator[tuple[str, ...]]:
    targets = {side.problem.target for side in (old, new) if side.problem}
    names = [name for name, kind in kinds.items() if kind in _KEY_KINDS and name not in targets]
    named = [name for name in names if is_owner_name(name)]
    # A column that is called a key comes before one that is only unique.
    yield from ((name,) for name in dict.fromkeys([*named, *names]))
    for pair in combinations([*dict.fromkeys([*named, *names])][:_MOST_PAIRED], 2):
        if not set(named).isdisjoint(pair):
            yield pair
