"""The target for estimators: classes as numbers, the positive class of a binary problem last."""

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._problem.task import Label


def order_classes(problem: Problem) -> tuple[Label, ...]:
    """Return the classes in the order of their codes and of the columns of predicted probabilities.

    They are sorted, but the positive class of a binary problem has code 1, as the binary metrics expect.
    """
    if problem.kind != "binary":
        return problem.classes
    (negative,) = (label for label in problem.classes if label != problem.positive_label)
    assert problem.positive_label is not None  # resolved by validate
    return (negative, problem.positive_label)


def encode_target(target: pd.Series, problem: Problem) -> np.ndarray:
    """Return the target as numbers.

    The result has the shape (n_rows,): codes (int64) into ``order_classes``, or the values (float64) of a
    regression. ``target`` has no nulls.

    Raises
    ------
    ValueError
        A value is not one of the problem's classes.
    """
    if problem.kind == "regression":
        return np.asarray(target, dtype=np.float64)
    classes = order_classes(problem)
    codes = pd.Index(classes, dtype=object).get_indexer(pd.Index(target.astype(object)))
    if (codes < 0).any():
        unknown = sorted({str(value) for value in target[codes < 0]})
        raise ValueError(f"the target has values that are not classes of the problem: {unknown[:5]}")
    return np.asarray(codes, dtype=np.int64)
