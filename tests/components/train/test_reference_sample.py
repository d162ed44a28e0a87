import numpy as np
import pytest

from components.train import reference_sample
from components.train.reference_sample import sample_reference_rows
from tests.components.train.conftest import Training


def test_every_row_with_an_out_of_fold_prediction_is_a_reference(training: Training) -> None:
    inputs, built = training.inputs, training.trained.built
    rows = sample_reference_rows(inputs, built.choice, built.package.signature, seed=0)
    positions = inputs.folds.scored_rows[built.choice.known]
    assert len(rows.truth) == len(positions)
    np.testing.assert_array_equal(rows.truth, inputs.folds.y[positions])
    np.testing.assert_array_equal(rows.outputs[:, 0], built.choice.predicted[:, 1])
    name = next(iter(built.package.signature.columns))
    np.testing.assert_array_equal(rows.columns[name], inputs.frame[name].iloc[positions])
    assert np.isnat(rows.time).all()
    assert (rows.weight == 1).all()


def test_a_large_table_gives_a_sample_that_the_seed_decides(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_sample, "_MOST_ROWS", 10)
    inputs, built = training.inputs, training.trained.built
    samples = [
        sample_reference_rows(inputs, built.choice, built.package.signature, seed) for seed in (0, 0, 1)
    ]
    assert [len(sample.truth) for sample in samples] == [10, 10, 10]
    assert list(samples[0].columns.index) == list(samples[1].columns.index)
    assert list(samples[0].columns.index) != list(samples[2].columns.index)
