import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import multivariate_normal

from components._estimators import StoppingRows, predict
from components._estimators.gaussian import _MOST_COEFFICIENTS, _SLOPES, _Classes
from tests.components._estimators.fits import draw_data, fit

N = 300
RNG = np.random.default_rng(0)
Y = np.arange(N) % 3
# Three classes of one mean and different covariances.
MIXES = RNG.normal(size=(3, 4, 4))
X = np.einsum("nf,nfg->ng", RNG.normal(size=(N, 4)), MIXES[Y])


def make_classes(left_out: int | None = None) -> _Classes:
    kept = np.arange(N) != left_out
    return _Classes(X[kept], Y[kept], np.bincount(Y[kept]))


def compute_densities(classes: _Classes, row: np.ndarray, shrinkage: float) -> np.ndarray:
    whitening, log_sizes = classes.compute_whitening(shrinkage)
    return np.array(
        [
            -0.5 * np.square((row - mean) @ of_class).sum() - log_size
            for mean, of_class, log_size in zip(classes.means, whitening, log_sizes, strict=True)
        ]
    )


def test_densities_are_those_of_the_shrunken_covariances() -> None:
    own = X[Y == 1]
    pooled = sum(np.cov(X[k == Y].T, bias=True) for k in range(3)) / 3
    covariance = (100 * np.cov(own.T, bias=True) + 50 * pooled) / 150
    covariance += 1e-3 * np.trace(pooled) / 4 * np.eye(4)
    expected = multivariate_normal(own.mean(axis=0), covariance).logpdf(X[0])
    found = compute_densities(make_classes(), X[0], 50.0)[1]
    assert found - 2 * np.log(2 * np.pi) == pytest.approx(expected)


@pytest.mark.parametrize("shrinkage", [3.0, 100.0])
def test_the_loss_is_that_of_rows_that_are_left_out(shrinkage: float) -> None:
    priors, rows = np.zeros(3), np.arange(0, N, 5)
    loss, slope = make_classes().choose_slope(shrinkage, priors, rows)
    densities = np.array([compute_densities(make_classes(int(row)), X[row], shrinkage) for row in rows])
    losses = {
        power: -log_softmax(power * densities, axis=1)[np.arange(len(rows)), Y[rows]].mean()
        for power in (slope, 0.7 * slope, 1.4 * slope)
    }
    assert loss == pytest.approx(losses[slope], rel=0.02)
    assert losses[slope] == min(losses.values())


def test_classes_of_one_mean_are_told_apart_by_their_covariances() -> None:
    estimator = fit("gaussian", "multiclass", rows=StoppingRows(X.astype(np.float32), Y)).estimator
    mixed = np.einsum("nf,nfg->ng", RNG.normal(size=(N, 4)), MIXES[Y])
    best = np.array([multivariate_normal(cov=mix.T @ mix).logpdf(mixed) for mix in MIXES]).T
    least = -log_softmax(best, axis=1)[np.arange(N), Y].mean()
    made = predict(estimator, mixed.astype(np.float32), "multiclass")
    assert -np.log(made[np.arange(N), Y]).mean() < least + 0.1


def test_rows_that_are_not_normal_get_cautious_probabilities() -> None:
    heavy = RNG.standard_t(1.5, size=(N, 20))
    classes = _Classes(heavy, Y, np.bincount(Y))
    loss, slope = classes.choose_slope(3.0, np.zeros(3), np.arange(N))
    assert slope < 2 * np.exp(_SLOPES[0])
    assert loss == pytest.approx(np.log(3), abs=0.1)


@pytest.mark.parametrize("n_features", [100, 300])
def test_a_row_needs_a_limited_number_of_coefficients(n_features: int) -> None:
    rows = draw_data("multiclass", 900, n_features)
    view = fit("gaussian", "multiclass", rows=rows).estimator
    classes = view if n_features == 100 else view[-1]
    assert 0.9 * min(_MOST_COEFFICIENTS, 3 * n_features**2) <= classes.factors.size <= _MOST_COEFFICIENTS


def test_a_feature_that_does_not_vary_within_a_class_is_no_hindrance() -> None:
    rows = draw_data("binary")
    rows.X[:, 3], rows.X[:, 4] = rows.y, 1.0
    made = predict(fit("gaussian", "binary", rows=rows).estimator, rows.X, "binary")
    assert made[np.arange(160), rows.y].min() > 0.9
