"""Reference rows: training rows with out-of-fold predictions, with which rows of later times are compared."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from components.errors import SuiteError

FILE = "reference.parquet"
# A file has the model's columns and these four.
_VALUE = "value:"
_OUTPUTS, _TRUTH, _WEIGHT, _TIME = "outputs", "truth", "weight", "time"


class NoReference(SuiteError):
    """A model has no reference rows."""


@dataclass(frozen=True)
class ReferenceRows:
    """Training rows with out-of-fold predictions.

    Attributes
    ----------
    columns : DataFrame of shape (n_rows, n_columns)
        The model's columns.
    outputs : ndarray of shape (n_rows, n_outputs)
        Out-of-fold, in the form of a compiled model: the probability of the second of two classes, that of
        each of more, or the value of a regression.
    truth : ndarray of shape (n_rows,)
        The encoded target: the number of the class, or the value.
    weight : ndarray of shape (n_rows,)
        How much each row counts.
    time : ndarray of shape (n_rows,)
        The event time as datetime64[us]; NaT without one.
    """

    columns: pd.DataFrame
    outputs: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    time: np.ndarray

    def save(self, folder: Path) -> None:
        """Write the rows to a model's folder."""
        arrays = {f"{_VALUE}{name}": pa.array(self.columns[name], from_pandas=True) for name in self.columns}
        outputs = pa.FixedSizeListArray.from_arrays(pa.array(self.outputs.ravel()), self.outputs.shape[1])
        table = pa.table(
            {
                **arrays,
                _OUTPUTS: outputs,
                _TRUTH: self.truth,
                _WEIGHT: self.weight,
                _TIME: pa.array(self.time),
            }
        )
        pq.write_table(table, folder / FILE, compression="zstd")

    @classmethod
    def load(cls, folder: Path) -> "ReferenceRows":
        """Read the rows from a model's folder.

        Raises
        ------
        NoReference
            There are none, or they cannot be read.
        """
        try:
            table = pq.read_table(folder / FILE)
        except FileNotFoundError:
            raise NoReference(
                f"The model in {folder} has no {FILE}: an earlier version of kfp-tabular trained it.",
                "Train it again with this version.",
            ) from None
        except (pa.ArrowException, OSError) as error:
            raise NoReference(
                f"{folder / FILE} cannot be read: {error}.", "Restore or train again."
            ) from None
        n_rows = len(table)
        return cls(
            _select_values(table),
            table[_OUTPUTS].combine_chunks().flatten().to_numpy().reshape(n_rows, -1),
            table[_TRUTH].to_numpy(),
            table[_WEIGHT].to_numpy(),
            table[_TIME].to_numpy().astype("datetime64[us]"),
        )


def _select_values(table: pa.Table) -> pd.DataFrame:
    names = [name for name in table.column_names if name.startswith(_VALUE)]
    frame: pd.DataFrame = table.select(names).to_pandas()
    return frame.set_axis([name.removeprefix(_VALUE) for name in names], axis=1)
