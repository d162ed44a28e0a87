"""The model in its fast form, kept only if it predicts what the pipeline predicts."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from components._compiled.model import CompiledModel, DamagedModel, ServingForm
from components._compiled.trees import MANY_ROWS
from components._model.model_input import to_columns, to_rows
from components._model.package import Package
from components._model.serving_form import NoServingForm, build_serving_form
from components._table.schema import Kind

_TOLERANCE = 1e-6
_ROWS = 1_000
_SHARE = 0.15
_SINGLE_ROWS = 100
# No category of any table: it has a character that no encoding of text has.
_UNKNOWN = "unknown \N{REPLACEMENT CHARACTER} category"


class Parity(NamedTuple):
    """How a compiled model compares with the pipeline that it was made of.

    Attributes
    ----------
    compiled : Compiled or None
        The model; None where it is refused.
    n_rows : int
        Rows compared.
    difference : float or None
        Largest difference of a prediction, of a regression in standard deviations of its predictions; None
        where there was nothing to compare.
    reason : str
        Why it is refused; empty where it is not.
    """

    compiled: ServingForm | None
    n_rows: int = 0
    difference: float | None = None
    reason: str = ""

    def to_lineage(self) -> dict[str, Any]:
        """Return what a model's lineage says of it."""
        return {
            "form": "scikit-learn" if self.compiled is None else "compiled",
            "rows_compared": self.n_rows,
            "largest_difference": self.difference,
            "refused_because": self.reason,
        }


def compile_and_compare(package: Package, frame: pd.DataFrame, seed: int) -> Parity:
    """Compile a model, and compare it with the pipeline on rows as they come and as they might.

    Parameters
    ----------
    package : Package
        The model.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows. Some are taken as they are, some with nulls, unknown categories and numbers and dates
        far outside of their range put in.
    seed : int
        Seed of the rows and of what is put in.
    """
    columns = package.signature.columns
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(frame), min(_ROWS, len(frame)), replace=False))
    known = frame.iloc[chosen][list(columns)].reset_index(drop=True)
    rows = pd.concat([known, _disturb_rows(known, columns, rng)], ignore_index=True)
    try:
        compiled = build_serving_form(package)
        model = CompiledModel(compiled)
    except (NoServingForm, DamagedModel) as error:
        return Parity(None, reason=str(error))
    values = to_rows(rows, columns)
    expected = _predict_outputs(package, rows)
    alone = np.concatenate([model.predict([row]) for row in values[-_SINGLE_ROWS:]])
    # Trees take another way for many rows, so there must be as many.
    many = np.arange(max(len(rows), MANY_ROWS)) % len(rows)
    predicted = [
        (model.predict(values), expected),
        (alone, expected[-_SINGLE_ROWS:]),
        (model.predict_columns(to_columns(rows.iloc[many], columns)), expected[many]),
    ]
    spread = float(expected.std()) or 1.0 if package.signature.task == "regression" else 1.0
    # As NumPy has it, the largest of some numbers of which one is none is none either.
    difference = float(np.max([np.abs(outputs - wanted).max() for outputs, wanted in predicted])) / spread
    # A difference that is no number is no small one.
    if not difference <= _TOLERANCE:
        reason = (
            f"its predictions differ by {difference:.1e} from the pipeline's; {_TOLERANCE:.0e} is allowed"
        )
        return Parity(None, len(rows), difference, reason)
    return Parity(compiled, len(rows), difference)


def _predict_outputs(package: Package, rows: pd.DataFrame) -> np.ndarray:
    """Return the pipeline's predictions in the shape of a compiled model's, (n_rows, n_outputs)."""
    predicted = package.predict(rows).reshape(len(rows), -1)
    return predicted[:, 1:] if package.signature.task == "binary" else predicted


def _disturb_rows(known: pd.DataFrame, columns: dict[str, Kind], rng: np.random.Generator) -> pd.DataFrame:
    disturbed = known.copy()
    for name, kind in columns.items():
        column = disturbed[name]
        if kind == "string":
            column = column.astype(object).mask(rng.random(len(column)) < _SHARE, _UNKNOWN)
        elif kind == "datetime":
            # In microseconds: a history goes beyond the years that nanoseconds reach.
            days = rng.integers(-20_000, 20_000, len(column)).astype("timedelta64[D]")
            shift = days.astype("timedelta64[us]")
            column = column.where(rng.random(len(column)) >= _SHARE, column + shift)
        elif kind != "boolean":
            factor = np.where(
                rng.random(len(column)) < _SHARE, rng.choice([-1e3, 0.0, 1e3], len(column)), 1.0
            )
            column = column.astype(np.float64) * factor
        disturbed[name] = column.mask(rng.random(len(column)) < _SHARE)
    return disturbed
