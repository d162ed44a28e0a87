"""The true targets that arrive late, joined with the logged rows by their keys."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.monitoring import REQUEST_ID
from components._problem.spec import Problem
from components._table.target import encode_target
from components.errors import InvalidData, format_count, format_list


class KnownTruth(NamedTuple):
    """Encoded targets by key.

    Attributes
    ----------
    keys : tuple of str
        The columns that together name a row.
    targets : Series of float64
        Encoded targets by key, each once; its index holds texts.
    notes : tuple of str
        What was left out, as sentences.
    others : DataFrame of shape (n_keys, n_columns)
        The columns with a role that came along, by key.
    """

    keys: tuple[str, ...]
    targets: pd.Series
    notes: tuple[str, ...]
    others: pd.DataFrame = pd.DataFrame()

    def find_targets(self, keys: pd.DataFrame) -> np.ndarray:
        """Return the encoded target of each row of the log; NaN where it is not known.

        Parameters
        ----------
        keys : DataFrame of shape (n_rows, n_keys)
            The values of ``keys``, None where a request had none.
        """
        return self.targets.reindex(join_keys(keys)).to_numpy(dtype=np.float64)

    def describe_matches(self, n_matched: int) -> Iterator[str]:
        """Yield a sentence if truth matches no logged row."""
        if len(self.targets) and not n_matched:
            yield (
                f"None of the {len(self.targets):,} true targets matches a logged row by "
                f"{format_list(self.keys)}. Check that requests send these columns, with the same values."
            )


def read_truth(frame: pd.DataFrame, problem: Problem) -> KnownTruth:
    """Return the true targets of a table by their keys.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table that ingest wrote: the target and the keys, typed.
    problem : Problem
        The resolved problem.

    Raises
    ------
    InvalidData
        A target is not a class of the problem.
    """
    keys = tuple(name for name in problem.identifiers if name in frame) or (REQUEST_ID,)
    notes = []
    known = frame[frame[problem.target].notna() & frame[list(keys)].notna().all(axis=1)]
    if len(known) < len(frame):
        n_left = len(frame) - len(known)
        notes.append(f"Not used: {format_count(n_left, 'row')} of the truth without a target or a key.")
    joined = join_keys(known[list(keys)])
    targets = pd.Series(_encode(known[problem.target], problem), index=joined)
    distinct = targets.groupby(level=0).nunique()
    conflicting = distinct.index[distinct > 1]
    if len(conflicting):
        notes.append(
            f"Not used: {format_count(len(conflicting), 'key')} with several different targets, for example "
            f"{conflicting[0]!r}."
        )
    targets = targets[~targets.index.isin(conflicting)]
    n_double = int(targets.index.duplicated().sum())
    if n_double:
        notes.append(
            f"Counted once: keys that {format_count(n_double, 'row')} of the truth repeat with an equal "
            "target."
        )
    targets = targets[~targets.index.duplicated()]
    roles = [name for name in known if name not in (problem.target, REQUEST_ID, *problem.identifiers)]
    others = known[roles].set_axis(joined)
    others = others[~others.index.duplicated()].reindex(targets.index)
    return KnownTruth(keys, targets, tuple(notes), others)


def _encode(target: pd.Series, problem: Problem) -> np.ndarray:
    unknown = set(target) - set(problem.classes) if problem.classes else ()
    if unknown:
        raise InvalidData(
            f"The truth has values of {problem.target!r} that are not classes of the model: "
            f"{format_list(sorted(map(str, unknown)))}.",
            "Correct them, or train a model that knows these classes.",
        )
    return encode_target(target, problem).astype(np.float64)


def join_keys(keys: pd.DataFrame) -> pd.Index:
    """Return one text for each row; null for a row without all keys."""
    first, *others = (keys[name].map(_format_key, na_action="ignore").astype(object) for name in keys)
    for part in others:
        first = first + "\x1f" + part
    joined: pd.Index = pd.Index(first)
    return joined


def _format_key(value: object) -> str:
    # A column of whole numbers with nulls holds floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
