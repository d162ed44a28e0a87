"""The sample of the training rows that a model in use is compared with."""

import numpy as np
import pandas as pd

from components._model.reference_rows import ReferenceRows
from components._model.signature import Signature
from components.train.inputs import TrainingInputs
from components.train.member_choice import MemberChoice

_MOST_ROWS = 20_000


def sample_reference_rows(
    inputs: TrainingInputs, choice: MemberChoice, signature: Signature, seed: int
) -> ReferenceRows:
    """Return a uniform sample of the rows that have out-of-fold predictions.

    Parameters
    ----------
    inputs : TrainingInputs
        What the model was fitted from.
    choice : MemberChoice
        Its trials, with their out-of-fold predictions.
    signature : Signature
        Its inputs.
    seed : int
        Seed of the sample.
    """
    known = np.flatnonzero(choice.known)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(known), min(_MOST_ROWS, len(known)), replace=False))
    rows = inputs.folds.scored_rows[known[chosen]]
    frame, problem, weights = inputs.frame.iloc[rows], inputs.problem, inputs.folds.weights
    predicted = choice.predicted[chosen].reshape(len(chosen), -1)
    return ReferenceRows(
        columns=frame[list(signature.columns)],
        outputs=np.ascontiguousarray(predicted[:, 1:] if signature.task == "binary" else predicted),
        truth=inputs.folds.y[rows].astype(np.float64),
        weight=np.ones(len(rows)) if weights is None else weights[rows],
        time=_read_times(frame, problem.event_time),
    )


def _read_times(frame: pd.DataFrame, event_time: str | None) -> np.ndarray:
    """Return the event times; NaT if there are none, or they are numbers."""
    if event_time is None or not pd.api.types.is_datetime64_any_dtype(frame[event_time]):
        return np.full(len(frame), np.datetime64("NaT", "us"))
    return frame[event_time].to_numpy(dtype="datetime64[us]")
