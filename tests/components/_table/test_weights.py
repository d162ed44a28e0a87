import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.weights import read_weights


def test_weights_have_the_mean_1() -> None:
    frame = pd.DataFrame({"w": [1, 2, 3], "y": [0, 1, 0]})
    weights = read_weights(frame, Problem(target="y", weight="w"))
    assert weights is not None
    np.testing.assert_array_equal(weights, [0.5, 1.0, 1.5])
    assert read_weights(frame, Problem(target="y")) is None
