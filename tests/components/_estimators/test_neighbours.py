import numpy as np

from components._estimators.prediction import predict
from tests.components._estimators.fits import draw_data, fit
from tests.components._model.tables import SMALL


def test_there_are_no_more_neighbours_than_rows() -> None:
    few = draw_data("regression", n_rows=5)
    parameters = {**SMALL["neighbours"], "n_neighbors": 100}
    estimator = fit("neighbours", "regression", rows=few, parameters=parameters).estimator
    assert estimator.steps[-1][1].n_neighbours == 5


def test_a_row_of_the_training_is_its_own_nearest_neighbour() -> None:
    rows = draw_data("regression")
    estimator = fit("neighbours", "regression", rows=rows).estimator
    np.testing.assert_allclose(predict(estimator, rows.X, "regression"), rows.y)
