from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from components._table.schema import Schema
from components._table.storage import read_arrow_schema, write_table
from components.train.inputs import LargeTable, TrainingInputs
from tests.components._model.tables import make_recipe
from tests.components._sweep.test_folds import make_example
from tests.components.train.large import N_OTHERS, N_SAMPLED, write_large_sweep


def test_the_rows_that_are_scored_have_a_target_and_weights() -> None:
    folds = make_example("binary")
    inputs = TrainingInputs(pd.DataFrame(), folds.problem, Schema((), 6), make_recipe("binary"), folds)
    assert inputs.scored_target.tolist() == [0, 1, 0, 1]
    assert inputs.scored_weights is None
    weighted = replace(inputs, folds=replace(folds, weights=np.arange(6.0)))
    assert weighted.scored_weights is not None
    assert weighted.scored_weights.tolist() == [0, 1, 4, 5]


def test_of_a_table_beyond_the_memory_only_the_sample_is_read(tmp_path: Path) -> None:
    places = write_large_sweep(tmp_path, "binary", "linear")
    del places["trials"]
    inputs = TrainingInputs.load(**places)
    assert inputs.large == LargeTable(places["train"], places["sample"], N_SAMPLED + N_OTHERS)
    assert (len(inputs.frame), inputs.n_rows) == (N_SAMPLED, N_SAMPLED + N_OTHERS)


def test_a_sample_without_rows_means_that_all_rows_are_read(tmp_path: Path) -> None:
    places = write_large_sweep(tmp_path, "binary", "linear")
    del places["trials"]
    empty = str(tmp_path / "empty")
    write_table([], read_arrow_schema(places["train"]), empty)
    inputs = TrainingInputs.load(**{**places, "sample": empty})
    assert inputs.large is None
    assert len(inputs.frame) == inputs.n_rows == N_SAMPLED + N_OTHERS
