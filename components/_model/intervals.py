"""How far the target may be from a regression's prediction."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.json_file import read_json, write_json

_FILE = "intervals.json"
BOUND_COLUMNS = ("prediction_low", "prediction_high")


@dataclass(frozen=True)
class PredictionIntervals:
    """The intervals around a regression's predictions.

    Attributes
    ----------
    level : float
        Share of new rows whose target the intervals hold, if these are like the training rows.
    places : list of float
        Predictions at which the width is known, rising. Between them it is interpolated; beyond them it is
        that of the nearest.
    half_widths : list of float
        Half the width at each place, in the unit of the target. One place: all intervals are equally wide.
    n_rows : int
        Training rows whose out-of-fold predictions gave the widths.
    """

    level: float
    places: list[float]
    half_widths: list[float]
    n_rows: int

    def compute_half_widths(self, predictions: np.ndarray) -> np.ndarray:
        """Return half the width of the interval of each prediction, shape (n_rows,)."""
        return np.asarray(np.interp(predictions, self.places, self.half_widths))

    def compute_bounds(self, predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and the upper end of the interval of each prediction, each of shape (n_rows,)."""
        half_widths = self.compute_half_widths(predictions)
        return predictions - half_widths, predictions + half_widths

    def build_columns(self, predictions: pa.Array) -> list[pa.Array]:
        """Return the ``BOUND_COLUMNS`` of a column of predictions."""
        return [pa.array(bound) for bound in self.compute_bounds(predictions.to_numpy(zero_copy_only=False))]

    def save(self, folder: Path) -> None:
        """Write them into a model's folder."""
        write_json(folder / _FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "PredictionIntervals | None":
        """Read what ``save`` wrote; None if the model has no intervals."""
        file = folder / _FILE
        return cls(**read_json(file)) if file.exists() else None
