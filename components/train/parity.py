"""The compiled form of the model, kept only if it predicts the same as the pipeline."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from components._compiled.model import CompiledModel, DamagedModel, ServingForm
from components._compiled.trees import MANY_ROWS
from components._model.package import Package
from components._model.serving_form import NoServingForm, build_serving_form
from components._recipe.model_input import to_columns, to_rows
from components._table.schema import Kind

_TOLERANCE = 1e-6
_ROWS = 1_000
_SHARE = 0.15
_SINGLE_ROWS = 100
# A category that no table has: it contains the replacement character.
_UNKNOWN = "unknown \N{REPLACEMENT CHARACTER} category"


class Parity(NamedTuple):
    """A comparison of a compiled model with its pipeline.

    Attributes
    ----------
    compiled : Compiled or None
        The model; None if it is refused.
    n_rows : int
        Rows compared.
    difference : float or None
        Largest difference of a prediction; for a regression in standard deviations of its predictions. None
        if there was nothing to compare.
    reason : str
        Why it is refused; empty if it is not.
    """

    compiled: ServingForm | None
    n_rows: int = 0
    difference: float | None = None
    reason: str = ""

    def to_lineage(self) -> dict[str, Any]:
        """Return the entry in the model's lineage."""
        return {
            "form": "scikit-learn" if self.compiled is None else "compiled",
            "rows_compared": self.n_rows,
            "largest_difference": self.difference,
            "refused_because": self.reason,
        }


def compile_and_compare(package: Package, frame: pd.DataFrame, seed: int) -> Parity:
    """Compile a model, and compare it with the pipeline on training rows and disturbed rows.

    Parameters
    ----------
    package : Package
        The model.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows. A sample of them is used twice: unchanged, and with nulls, unknown categories, and
        numbers and dates far outside their range.
    seed : int
        Seed of the sample and of the changes.
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
    expected = package.predict_outputs(rows)
    alone = np.concatenate([model.predict([row]) for row in values[-_SINGLE_ROWS:]])
    # Trees predict many rows with other code, so that many rows are needed to compare it.
    many = np.arange(max(len(rows), MANY_ROWS)) % len(rows)
    predicted = [
        (model.predict(values), expected),
        (alone, expected[-_SINGLE_ROWS:]),
        (model.predict_columns(to_columns(rows.iloc[many], columns)), expected[many]),
    ]
    spread = float(expected.std()) or 1.0 if package.signature.task == "regression" else 1.0
    # NumPy's maximum is NaN if one of the values is NaN.
    difference = float(np.max([np.abs(outputs - wanted).max() for outputs, wanted in predicted])) / spread
    # Written this way, a difference of NaN is too large.
    if not difference <= _TOLERANCE:
        reason = (
            f"its predictions differ by {difference:.1e} from the pipeline's; {_TOLERANCE:.0e} is allowed"
        )
        return Parity(None, len(rows), difference, reason)
    return Parity(compiled, len(rows), difference)


def _disturb_rows(known: pd.DataFrame, columns: dict[str, Kind], rng: np.random.Generator) -> pd.DataFrame:
    disturbed = known.copy()
    for name, kind in columns.items():
        column = disturbed[name]
        if kind == "string":
            column = column.astype(object).mask(rng.random(len(column)) < _SHARE, _UNKNOWN)
        elif kind == "datetime":
            # In microseconds, because shifted dates may lie outside the years that nanoseconds can hold.
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
