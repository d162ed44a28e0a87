"""The predictions of a table's rows, made batch by batch; of a very large table, those of a sample."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from components._problem.spec import Problem
from components._table.hash_sample import mix_hashes
from components._table.storage import count_rows, iterate_batches, read_arrow_schema
from components._table.target import encode_target

# From raw rows to probabilities, shape (n_rows, n_classes), or the values of a regression, (n_rows,).
Predict = Callable[[pd.DataFrame], np.ndarray]

# The libraries, the models, and the features of one batch.
_FIXED_BYTES = 400 << 20
# Predictions, the target and a weight of a row, and a metric of all rows: its order, sums and shares.
_ROW_BYTES, _OUTPUT_BYTES = 160, 64
# However little memory there is, a metric of fewer rows says little.
_LEAST_ROWS = 100_000


@dataclass(frozen=True)
class PredictedTable:
    """Predictions of several models for the rows of a table, or for a uniform sample of them.

    Attributes
    ----------
    n_rows : int
        Rows of the whole table.
    y : ndarray of shape (n_predicted,)
        Encoded target of the predicted rows.
    predictions : list of ndarray of shape (n_predicted, n_classes) or (n_predicted,)
        What each model predicts: probabilities, or the values of a regression.
    weights : ndarray of float64, shape (n_predicted,), or None
        How much each row counts, of mean 1; None if all count alike.
    mean_weight : float
        The mean of the weights in the table.
    others : DataFrame of shape (n_predicted, n_others)
        Other columns of the predicted rows.
    """

    n_rows: int
    y: np.ndarray
    predictions: list[np.ndarray]
    weights: np.ndarray | None
    mean_weight: float
    others: pd.DataFrame


def count_predicted_rows(n_outputs: int, n_models: int, memory: int) -> int:
    """Return how many rows' predictions, and the metrics of them, a stage has the memory for.

    Parameters
    ----------
    n_outputs : int
        Numbers that a model predicts for a row: one for each class, or one value.
    n_models : int
        Models whose predictions are compared.
    memory : int
        Bytes that the stage may use.
    """
    bytes_each = _ROW_BYTES + (_OUTPUT_BYTES + 8 * n_models) * n_outputs
    return max(_LEAST_ROWS, (memory - _FIXED_BYTES) // 2 // bytes_each)


def describe_predicted_rows(n_predicted: int, n_rows: int) -> list[str]:
    """Return a sentence on the sample, if not all rows of the table were predicted."""
    if n_predicted == n_rows:
        return []
    return [
        f"Figures are of {n_predicted:,} of the {n_rows:,} test rows, drawn at random: more do not fit into "
        "the memory of the stage."
    ]


def predict_table(
    path: str | Path,
    models: Sequence[Predict],
    columns: Sequence[str],
    problem: Problem,
    seed: int,
    most_rows: int,
    others: Sequence[str] = (),
) -> PredictedTable:
    """Predict the rows of a table with one batch of it in memory.

    Of a table of more rows, about ``most_rows`` are predicted. Whether a row is one of them follows from the
    hash of its number, not of its content: rows of equal content would otherwise be chosen together.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    models : sequence of callable
        The models, by their predictions.
    columns : sequence of str
        The columns that the models need.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the sample.
    most_rows : int
        Most rows to predict.
    others : sequence of str
        Other columns to return.
    """
    n_rows = count_rows(path)
    weight = [] if problem.weight is None else [problem.weight]
    names = list(dict.fromkeys([*columns, *others, problem.target, *weight]))
    targets, weights, kept = [], [], []
    predicted: list[list[np.ndarray]] = [[] for _ in models]
    for batch in _iterate_chosen(path, names, n_rows, most_rows, seed):
        frame = batch.to_pandas()
        targets.append(encode_target(frame[problem.target], problem))
        weights += [frame[name].to_numpy(np.float64) for name in weight]
        kept.append(_encode_texts(batch.select(list(dict.fromkeys(others)))))
        for pieces, predict in zip(predicted, models, strict=True):
            pieces.append(np.asarray(predict(frame)))
    own = np.concatenate(weights) if weights else None
    mean = 1.0 if own is None else float(own.mean())
    return PredictedTable(
        n_rows,
        np.concatenate(targets),
        [_join(pieces) for pieces in predicted],
        None if own is None else own / mean,
        mean,
        _decode_texts(kept, read_arrow_schema(path)),
    )


def _iterate_chosen(
    path: str | Path, names: list[str], n_rows: int, most_rows: int, seed: int
) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in iterate_batches(path, names):
        if n_rows > most_rows:
            hashes = mix_hashes(np.arange(first, first + batch.num_rows), seed)
            first += batch.num_rows
            batch = batch.filter(pa.array(hashes < np.uint64(most_rows / n_rows * 2.0**64)))
        if batch.num_rows:
            yield batch


def _join(pieces: list[np.ndarray]) -> np.ndarray:
    """Return one array, and empty the list, so that the next array is joined with one copy less."""
    joined = np.concatenate(pieces)
    pieces.clear()
    return joined


def _encode_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with its texts as codes."""
    columns = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _decode_texts(batches: list[pa.RecordBatch], schema: pa.Schema) -> pd.DataFrame:
    """Return the rows of encoded batches with the types of ``read_frame``."""
    table = pa.Table.from_batches(batches)
    plain = pa.schema([(name, schema.field(name).type) for name in table.column_names])
    frame: pd.DataFrame = table.cast(plain).to_pandas()
    return frame
