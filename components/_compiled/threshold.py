"""The decision at a threshold; without SciPy, which not every reader of a model's signature has."""

from typing import Any


def is_positive(probability: Any, threshold: float | None) -> Any:
    """Return whether the second of two classes is predicted.

    Parameters
    ----------
    probability : float or ndarray
        Its probability.
    threshold : float or None
        The least probability at which it is; None: if it is the likelier one.

    Returns
    -------
    bool or ndarray of bool
        The answer for each probability.
    """
    return probability > 1 - probability if threshold is None else probability >= threshold
