import numpy as np
import pytest
from sklearn.kernel_approximation import Nystroem

from components._estimators import StoppingRows, predict
from components._estimators.kernel import _BLOCK_ROWS, _transform_blocks
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import draw_data, fit


@pytest.mark.parametrize(("percent", "n_seen"), [(100, 20), (60, 12), (30, 6)])
def test_the_width_is_in_the_unit_of_the_features_that_it_sees(percent: int, n_seen: int) -> None:
    parameters = {"width": 2.0, "strength": 0.1, "scaling": "standard", "percent": percent}
    estimator = fit(
        "kernel", "binary", rows=draw_data("binary", n_features=20), parameters=parameters
    ).estimator
    machine = estimator if percent == 100 else estimator[-1]
    assert machine["kernel"].gamma == pytest.approx(1 / (2 * 2.0**2 * n_seen))
    assert machine["kernel"].components_.shape == (160, n_seen)


@pytest.mark.parametrize("kind", TASKS)
def test_a_row_is_predicted_alike_alone_and_among_others(kind: TaskKind) -> None:
    # Copies make the sample near to singular.
    rows = draw_data(kind, 50)
    twice = StoppingRows(np.vstack([rows.X, rows.X + np.float32(1e-6)]), np.concatenate([rows.y, rows.y]))
    estimator = fit("kernel", kind, rows=twice, parameters={"width": 5.0, "strength": 1e-3}).estimator
    alone = np.concatenate([predict(estimator, rows.X[i : i + 1], kind) for i in range(50)])
    np.testing.assert_allclose(alone, predict(estimator, rows.X, kind), atol=1e-6)


def test_features_made_block_after_block_are_those_made_at_once() -> None:
    rows = np.random.default_rng(0).normal(size=(2 * _BLOCK_ROWS + 7, 3))
    features = Nystroem(n_components=20, gamma=0.1, random_state=0).fit(rows)
    np.testing.assert_allclose(_transform_blocks(features, rows), features.transform(rows), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", TASKS)
def test_folded_weights_predict_what_the_features_and_the_model_do(
    kind: TaskKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = draw_data(kind, 60)
    folded = fit("kernel", kind, rows=rows).estimator
    monkeypatch.setattr("components._estimators.kernel._fold_weights", lambda *_: None)
    whole = fit("kernel", kind, rows=rows).estimator
    np.testing.assert_allclose(
        predict(folded, rows.X, kind), predict(whole, rows.X, kind), rtol=1e-8, atol=1e-9
    )
    assert folded["kernel"].normalization_.size < whole["kernel"].normalization_.size / 10
