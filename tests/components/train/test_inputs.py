from dataclasses import replace

import numpy as np
import pandas as pd

from components._table.schema import Schema
from components.train.inputs import TrainingInputs
from tests.components._model.tables import make_recipe
from tests.components._sweep.test_folds import make_example


def test_the_rows_that_are_scored_have_a_target_and_weights() -> None:
    folds = make_example("binary")
    inputs = TrainingInputs(pd.DataFrame(), folds.problem, Schema((), 6), make_recipe("binary"), folds)
    assert inputs.scored_target.tolist() == [0, 1, 0, 1]
    assert inputs.scored_weights is None
    weighted = replace(inputs, folds=replace(folds, weights=np.arange(6.0)))
    assert weighted.scored_weights is not None
    assert weighted.scored_weights.tolist() == [0, 1, 4, 5]
