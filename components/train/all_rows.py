"""All training rows of a table of which only a sample fits into memory, as features, batch by batch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.pipeline import Pipeline

from components._estimators.binned_boosting import RowPart, count_classes
from components._problem.spec import Problem
from components._recipe.recipe import list_required_columns
from components._table.hash_sample import mix_hashes
from components._table.row_hashes import RowHasher
from components._table.row_sample import RowSample
from components._table.storage import count_rows, iterate_batches
from components._table.target import encode_target

# Rows that are kept out: they decide when a fit stops, and judge what more rows gave. More say little more.
_KEPT_OUT, _MOST_KEPT_OUT = 100_000, 0.1
# What a row is for. All others have a level, uniform from 0, by which some of them are left out.
_LEVELS, _SAMPLED, _STOPPING, _JUDGED = 250, 255, 254, 253
# Columns that tell rows apart.
_KEY_COLUMNS = 3


@dataclass(frozen=True)
class AllRows:
    """The training rows of a table, and what each is for.

    Attributes
    ----------
    table : str
        Folder of all training rows.
    problem : Problem
        The resolved problem.
    recipe : Pipeline
        Fitted on the rows of the sample.
    mean_weight : float
        Mean weight of the sample's rows; 1 if all rows count alike.
    uses : ndarray of uint8, shape (n_rows,)
        What each row is for.
    """

    table: str
    problem: Problem
    recipe: Pipeline
    mean_weight: float
    uses: np.ndarray

    @classmethod
    def assign(
        cls, table: str, sample: str, frame: pd.DataFrame, problem: Problem, recipe: Pipeline, seed: int
    ) -> "AllRows":
        """Decide what each row is for.

        Rows that are kept out are not in the sample, so the recipe has not learnt from them; copies of a row
        are kept out together, unless most rows repeat others. None are kept out of a problem with groups or
        an event time, because rows at random are not like new groups or later rows.

        Parameters
        ----------
        table, sample : str
            Folders of all training rows and of the sample of them.
        frame : DataFrame of shape (n_sampled, n_columns)
            The rows of the sample.
        problem : Problem
            The resolved problem.
        recipe : Pipeline
            Fitted on the rows of the sample.
        seed : int
            Seed of the choice.
        """
        numbers = RowSample.load(sample)
        names = _choose_key_columns(frame[list_required_columns(recipe)])
        hasher = RowHasher([table], names)
        n_rows = count_rows(table)
        n_others = n_rows - len(numbers.numbers)
        share = min(_KEPT_OUT / max(n_others, 1), _MOST_KEPT_OUT)
        if problem.group is not None or problem.event_time is not None:
            share = 0.0
        uses = np.empty(n_rows, np.uint8)
        start = 0
        for batch in iterate_batches(table, names or [problem.target]):
            place = slice(start, start + batch.num_rows)
            keys = hasher.hash(batch) if names else np.arange(place.start, place.stop)
            chances = mix_hashes(keys, seed) / 2.0**64
            levels = np.where(chances < share / 2, _STOPPING, _JUDGED)
            kept = chances >= share
            levels[kept] = (chances[kept] - share) / (1 - share) * _LEVELS
            levels[numbers.contains(start, batch.num_rows)] = _SAMPLED
            uses[place] = levels
            start = place.stop
        weight = 1.0 if problem.weight is None else float(frame[problem.weight].mean())
        return cls(table, problem, recipe, weight, uses)

    @property
    def n_rows(self) -> int:
        """Number of training rows."""
        return len(self.uses)

    @property
    def n_to_learn(self) -> int:
        """Rows that are not kept out."""
        return self.n_rows - int(np.isin(self.uses, (_STOPPING, _JUDGED)).sum())

    @property
    def has_stopping_rows(self) -> bool:
        """Whether rows are kept out that decide when a fit stops."""
        return bool((self.uses == _STOPPING).any())

    def choose_levels(self, most_rows: float) -> int:
        """Return of how many levels there are at most so many rows, with those of the sample."""
        counts = np.bincount(self.uses, minlength=256)
        return int(np.searchsorted(np.cumsum(counts[:_LEVELS]), most_rows - counts[_SAMPLED], side="right"))

    def count(self, levels: int) -> int:
        """Return the number of rows of so many levels, without those of the sample."""
        return int((self.uses < levels).sum())

    def iterate(self, levels: int) -> Iterator[RowPart]:
        """Yield the rows of so many levels, without those of the sample, as new rows are transformed."""
        yield from self._iterate_chosen(self.uses < levels)

    def read_stopping_rows(self) -> RowPart | None:
        """Return the rows that decide when a fit stops; None if there are none."""
        return self._read(_STOPPING)

    def read_judged_rows(self) -> RowPart | None:
        """Return the rows that judge what more rows gave; None if there are none."""
        return self._read(_JUDGED)

    def _read(self, use: int) -> RowPart | None:
        parts = list(self._iterate_chosen(self.uses == use))
        if not parts:
            return None
        weights = [part.weights for part in parts if part.weights is not None]
        return RowPart(
            np.concatenate([part.X for part in parts]),
            np.concatenate([part.y for part in parts]),
            np.concatenate(weights) if weights else None,
        )

    @property
    def maker(self) -> "FeatureMaker":
        """What makes features of the rows."""
        return FeatureMaker(self.problem, self.recipe, self.mean_weight)

    def count_classes(self, levels: int, n_classes: int) -> np.ndarray:
        """Return how many rows of so many levels each class has, without those of the sample."""
        counts, start = np.zeros(n_classes, np.int64), 0
        for batch in iterate_batches(self.table, [self.problem.target]):
            chosen = self.uses[start : start + batch.num_rows] < levels
            start += batch.num_rows
            y = encode_target(batch.to_pandas()[self.problem.target], self.problem)
            counts += count_classes(y[chosen], n_classes)
        return counts

    def _iterate_chosen(self, is_chosen: np.ndarray) -> Iterator[RowPart]:
        return self.maker.iterate(iterate_batches(self.table, self.maker.columns), is_chosen)


class FeatureMaker(NamedTuple):
    """Makes features of rows as of new rows; other processes can be sent it.

    Attributes
    ----------
    problem : Problem
        The resolved problem.
    recipe : Pipeline
        The fitted recipe.
    mean_weight : float
        The weight that counts as 1.
    """

    problem: Problem
    recipe: Pipeline
    mean_weight: float

    @property
    def columns(self) -> list[str]:
        """The columns of a table that it needs."""
        weight = [self.problem.weight] if self.problem.weight is not None else []
        return list(dict.fromkeys([*list_required_columns(self.recipe), self.problem.target, *weight]))

    def iterate(self, batches: Iterable[pa.RecordBatch], is_chosen: np.ndarray) -> Iterator[RowPart]:
        """Yield the chosen rows of batches.

        Parameters
        ----------
        batches : iterable of RecordBatch
            Batches with the ``columns``.
        is_chosen : ndarray of bool, shape (n_rows,)
            Which of all their rows are chosen.
        """
        features = list_required_columns(self.recipe)
        start = 0
        for batch in batches:
            chosen = is_chosen[start : start + batch.num_rows]
            start += batch.num_rows
            if not chosen.any():
                continue
            frame = batch.filter(pa.array(chosen)).to_pandas()
            weights = None
            if self.problem.weight is not None:
                weights = frame[self.problem.weight].to_numpy(np.float64) / self.mean_weight
            X = np.asarray(self.recipe.transform(frame[features]), dtype=np.float32)
            yield RowPart(X, encode_target(frame[self.problem.target], self.problem), weights)


def _choose_key_columns(features: pd.DataFrame) -> list[str]:
    """Return the columns that tell the rows of a sample apart; none if most rows repeat others in these.

    Copies of a row are equal in any columns, and a few are read faster than all.
    """
    counts = features.nunique(dropna=False)
    texts = [name for name in features if features[name].dtype == object]
    ordered = counts.drop(texts).sort_values(ascending=False, kind="stable")
    for names in ([*ordered.index[:_KEY_COLUMNS]], [*features]):
        if names and len(features[names].drop_duplicates()) >= len(features) / 2:
            return list(map(str, names))
    return []
