"""What is learned from texts: known terms, topics, and how each term moves the target."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.utils.extmath import randomized_svd

from components._compiled.steps import Strings
from components._compiled.texts import LONGEST, HashedWords, TextNumbers, hash_terms, split_words
from components._table.time_blocks import TimeBlocks

# Terms are learned from so many texts, and from fewer if they are long.
_MOST_TEXTS = 20_000
_MOST_CHARACTERS = 3_000_000
_MOST_TERMS = 10_000
# Fewer texts have no terms: all of them then have the mean target.
_LEAST_TEXTS = 20
_FOLDS = 5
# Rarer terms say nothing about new rows.
_LEAST_TEXTS_OF_TERM = 2
_FEW_TEXTS, _FEW_TOPICS, _MOST_TOPICS = 1_000, 8, 16
# The penalty of the ridge regression, for TF-IDF vectors of length 1.
_PENALTY = 3.0
_MOST_WEIGHT = np.iinfo(np.int16).max

TextFold = tuple[np.ndarray, np.ndarray]


class LearnedTexts(NamedTuple):
    """What is learned from the texts of a column.

    Attributes
    ----------
    state : dict of str to ndarray
        The parameters of ``TextNumbers``, whose numbers of the terms are topics, then targets.
    n_topics : int
        Number of topics.
    cross_fitted : ndarray of shape (n_rows, n_targets)
        The targets of each row, learned from other rows; NaN for rows of no fold.
    """

    state: dict[str, Any]
    n_topics: int
    cross_fitted: np.ndarray


class LearnedColumn(NamedTuple):
    """What is learned from a column of texts.

    Attributes
    ----------
    state : dict of str to dict or int
        The parameters of ``TextNumbers`` as ``learned``, and the numbers of texts, topics and targets.
    numbers : ndarray of shape (n_rows, n_numbers)
        The training rows' ``TextNumbers``; the targets of rows that were learned from are cross-fitted.
    """

    state: dict[str, Any]
    numbers: np.ndarray


def learn_column(
    strings: Strings, targets: np.ndarray, blocks: TimeBlocks | None, seed: int
) -> LearnedColumn:
    """Learn from a column of texts.

    Parameters
    ----------
    strings : Strings
        The column in the training rows.
    targets : ndarray of shape (n_rows, n_targets)
        What the words predict.
    blocks : TimeBlocks or None
        The rows by time; None if their order means nothing.
    seed : int
        Seed of the sample, the folds and the topics.
    """
    rows = choose_rows(strings.codes, strings.values, seed)
    texts = [strings.values[code] for code in strings.codes[rows]]
    folds = split_at_random(len(rows), seed) if blocks is None else split_by_time(rows, blocks)
    learned = learn_texts(texts, targets[rows].astype(np.float64), folds, seed)
    numbers = TextNumbers(**learned.state)(strings)
    numbers[rows, -targets.shape[1] :] = learned.cross_fitted
    state = {
        "learned": learned.state,
        "n_texts": len(texts),
        "n_topics": learned.n_topics,
        "n_targets": targets.shape[1],
    }
    return LearnedColumn(state, numbers)


def choose_rows(codes: np.ndarray, values: Sequence[str], seed: int) -> np.ndarray:
    """Return the rows to learn from, sorted: those with a text, or some of them if there are many.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Position of each row's text among the values; -1 for a null.
    values : sequence of str
        Distinct texts.
    seed : int
        Seed of the sample.
    """
    rows = np.flatnonzero(codes >= 0)
    lengths = np.minimum(np.array([len(text) for text in values], dtype=np.int64), LONGEST)
    rows = np.random.default_rng(seed).permutation(rows)[:_MOST_TEXTS]
    total = np.cumsum(lengths[codes[rows]])
    return np.sort(rows[total <= _MOST_CHARACTERS])


def split_at_random(n_rows: int, seed: int) -> list[TextFold]:
    """Return folds of rows whose order means nothing; none for few rows."""
    if n_rows < _LEAST_TEXTS:
        return []
    return list(KFold(_FOLDS, shuffle=True, random_state=seed).split(np.empty((n_rows, 0))))


def split_by_time(rows: np.ndarray, blocks: TimeBlocks) -> list[TextFold]:
    """Return folds of rows that are fitted on earlier ones of them; rows with few such are in none.

    Parameters
    ----------
    rows : ndarray of int, shape (n_chosen,)
        Sorted positions of the rows with texts among all training rows.
    blocks : TimeBlocks
        The training rows by time.
    """
    folds = [
        (np.flatnonzero(np.isin(rows, earlier)), np.flatnonzero(blocks.numbers[rows] == number))
        for number, earlier in enumerate(blocks.earlier)
    ]
    return [(fit, rest) for fit, rest in folds if len(fit) >= _LEAST_TEXTS]


def learn_texts(
    texts: Sequence[str], targets: np.ndarray, folds: Sequence[TextFold], seed: int
) -> LearnedTexts:
    """Learn from texts.

    Topics are the main components of the TF-IDF vectors (Deerwester and others, Journal of the American
    Society for Information Science 41, 1990). Targets are predicted by a ridge regression on the vectors.

    Parameters
    ----------
    texts : sequence of str
        A text for each row.
    targets : ndarray of shape (n_rows, n_targets)
        What the terms predict.
    folds : sequence of (ndarray of int, ndarray of int)
        Positions of rows to fit on, and of rows that get their targets from them.
    seed : int
        Seed of the topics.
    """
    has_enough = len(texts) >= _LEAST_TEXTS
    terms, counts, vectors = _count_terms(texts if has_enough else [""] * len(texts))
    frequencies = np.log((1 + len(texts)) / (1 + counts)) + 1
    vectors = vectors.multiply(frequencies).tocsr()
    norms = np.sqrt(vectors.multiply(vectors).sum(axis=1))
    vectors = vectors.multiply(1 / np.where(norms > 0, norms, 1)).tocsr()
    topics = _learn_topics(vectors, seed)
    slopes, offsets = _learn_targets(vectors, targets)
    cross_fitted = np.full(targets.shape, np.nan)
    if not has_enough:
        cross_fitted[:] = offsets
    for fit, rest in folds:
        slopes_of_fit, offsets_of_fit = _learn_targets(vectors[fit], targets[fit])
        cross_fitted[rest] = vectors[rest] @ slopes_of_fit + offsets_of_fit
    by_term = np.column_stack([frequencies, topics, slopes]) * frequencies[:, np.newaxis]
    units = np.abs(by_term).max(axis=0, initial=0.0) / _MOST_WEIGHT
    units[units == 0] = 1.0
    state = {
        "terms": terms,
        "weights": np.rint(by_term / units).astype(np.int16),
        "units": units,
        "offsets": np.concatenate([np.zeros(topics.shape[1]), offsets]),
    }
    return LearnedTexts(state, topics.shape[1], cross_fitted)


def _count_terms(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, csr_matrix]:
    """Return the frequent terms, their numbers of texts, and which text has which, (n_texts, n_terms)."""
    known: HashedWords = {}
    of_texts = [np.fromiter(hash_terms(split_words(text), known), dtype=np.uint32) for text in texts]
    every = np.concatenate([np.empty(0, dtype=np.uint32), *of_texts])
    terms, positions, counts = np.unique(every, return_inverse=True, return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:_MOST_TERMS]
    frequent = np.sort(frequent[counts[frequent] >= _LEAST_TEXTS_OF_TERM])
    rows = np.repeat(np.arange(len(texts)), [len(of_text) for of_text in of_texts])
    shape = (len(texts), len(terms))
    vectors = csr_matrix((np.ones(len(rows)), (rows, positions)), shape=shape)
    return terms[frequent], counts[frequent], vectors[:, frequent]


def _learn_topics(vectors: csr_matrix, seed: int) -> np.ndarray:
    """Return each term's weight in each topic, shape (n_terms, n_topics)."""
    n_texts, n_terms = vectors.shape
    wanted = _FEW_TOPICS if n_texts < _FEW_TEXTS else _MOST_TOPICS
    n_topics = min(wanted, n_texts - 1, n_terms - 1)
    if n_topics < 1:
        return np.zeros((n_terms, 0))
    _, _, components = randomized_svd(vectors, n_topics, random_state=seed)
    return np.asarray(components.T)


def _learn_targets(vectors: csr_matrix, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each term's weight in each target, shape (n_terms, n_targets), and the targets' offsets."""
    if not vectors.shape[1]:
        return np.zeros((0, targets.shape[1])), targets.sum(axis=0) / max(len(targets), 1)
    ridge = Ridge(_PENALTY, solver="sparse_cg").fit(vectors, targets)
    return np.atleast_2d(ridge.coef_).T, np.atleast_1d(ridge.intercept_)
