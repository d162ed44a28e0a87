"""Properties of every family."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._estimators import (
    FAMILIES,
    Facts,
    Parameters,
    StoppingRows,
    compute_most_row_ms,
    list_suitable,
    predict,
    suggest,
)
from components._estimators.boosting import _MOST_STEPS
from components._estimators.network import _MOST_EPOCHS
from components._model.files import load_pipeline, save_pipeline
from components._problem.metrics import DEFAULT_SCORER, SCORERS
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import EVERY, EVERY_PORTFOLIO, draw_data, fit
from tests.components._model.tables import SMALL

BY_STEPS = {"lightgbm": _MOST_STEPS, "network": _MOST_EPOCHS}
WEIGH_CLASSES = {"lightgbm", "linear", "gaussian", "extra_trees", "kernel"}
KEEP_MONOTONIC = ["lightgbm", "extra_trees"]


class Given:
    """A trial that suggests given parameters, otherwise the first possible ones."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        value = self.parameters.get(name, low)
        assert low <= value <= high, name
        assert low > 0 or not log, name
        return float(value)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        assert type(self.parameters.get(name, low)) is int, name
        return int(self.suggest_float(name, low, high, log=log))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        value = self.parameters.get(name, choices[0])
        assert value in choices, name
        return value


def make_facts(
    kind: TaskKind, metric: str = "", n_rows: int = 1_000, n_features: int = 10, **more: Any
) -> Facts:
    return Facts(kind, metric or DEFAULT_SCORER[kind], n_rows, n_features, **more)


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_every_portfolio_learns_every_task(family: str, i: int, kind: TaskKind) -> None:
    fresh = draw_data(kind, seed=1)
    fitted = fit(family, kind, fresh, parameters=FAMILIES[family].portfolio[i])
    made = predict(fitted.estimator, fresh.X, kind)
    assert made.dtype == np.float64
    if kind == "regression":
        assert made.shape == (160,)
        assert np.mean((made - fresh.y) ** 2) < 0.9 * fresh.y.var()
    else:
        assert made.shape == (160, 2 if kind == "binary" else 3)
        np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-12)
        by_chance = np.sum((np.bincount(fresh.y) / 160) ** 2)
        assert made[np.arange(160), fresh.y].mean() > by_chance + 0.03


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_a_fit_with_early_stopping_is_repeated_by_its_number_of_steps(family: str, kind: TaskKind) -> None:
    stopping = draw_data(kind, seed=1)
    fitted = fit(family, kind, stopping)
    assert (1 <= fitted.steps <= BY_STEPS[family]) if family in BY_STEPS else fitted.steps == 0
    again = fit(family, kind, fitted.steps)
    assert again.steps == fitted.steps
    first, second = (predict(model.estimator, stopping.X, kind) for model in (fitted, again))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("family", BY_STEPS)
def test_more_steps_or_fewer_predict_the_stopping_rows_no_better(family: str, kind: TaskKind) -> None:
    # Few rows with a target that is half noise, so that a long fit learns the noise.
    rows, stopping = (_add_noise(draw_data(kind, 120, seed=seed), kind, seed) for seed in (2, 3))
    best = fit(family, kind, stopping, rows=rows)

    def compute_loss(steps: int) -> float:
        made = predict(fit(family, kind, steps, rows=rows).estimator, stopping.X, kind)
        if kind == "regression":
            return float(np.mean((made - stopping.y) ** 2))
        return float(-np.log(made[np.arange(120), stopping.y]).mean())

    assert 1 < best.steps < BY_STEPS[family]
    others = (1, best.steps - 1, best.steps + 1, best.steps + 9)
    assert min(compute_loss(steps) for steps in others) >= compute_loss(best.steps) - 1e-9


def _add_noise(rows: StoppingRows, kind: TaskKind, seed: int) -> StoppingRows:
    rng = np.random.default_rng(seed)
    return rows._replace(y=np.where(rng.random(len(rows.y)) < 0.5, rng.permutation(rows.y), rows.y))


@pytest.mark.slow_variants
@pytest.mark.parametrize("metric", ["", "neg_root_mean_squared_log_error"])
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("family", BY_STEPS)
def test_predictions_after_any_number_of_steps_are_those_of_a_fit_with_so_many(
    family: str, kind: TaskKind, metric: str
) -> None:
    if metric and kind != "regression":
        pytest.skip("a metric of regressions")
    rows, stopping = draw_data(kind), draw_data(kind, seed=1)
    if metric:
        rows, stopping = (each._replace(y=np.abs(each.y)) for each in (rows, stopping))
    options: dict[str, Any] = {"metric": metric} if metric else {}
    fitted = fit(family, kind, stopping, rows=rows, **options)
    assert fitted.predict_after is not None
    # LightGBM keeps no tree after its best.
    last_steps = fitted.steps if family == "lightgbm" else fitted.steps + 1
    for steps in (1, fitted.steps, last_steps):
        again = fit(family, kind, steps, rows=rows, **options)
        np.testing.assert_allclose(
            fitted.predict_after(steps), predict(again.estimator, stopping.X, kind), rtol=1e-4, atol=1e-5
        )
    last = fitted.predict_after(10**6)
    assert last.shape == fitted.predict_after(1).shape
    assert np.isfinite(last).all()
    assert fit(family, kind, 3, rows=rows, **options).predict_after is None


@pytest.mark.parametrize("until", ["steps", "stopping"])
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_a_fit_whose_time_is_over_keeps_a_model(family: str, kind: TaskKind, until: str) -> None:
    fresh = draw_data(kind, seed=1)
    fitted = fit(family, kind, fresh if until == "stopping" else 20, is_over=lambda: True)
    made = predict(fitted.estimator, fresh.X, kind)
    assert np.isfinite(made).all()
    assert fitted.steps == (family in BY_STEPS)
    if kind != "regression":
        np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("until", ["steps", "stopping"])
@pytest.mark.parametrize("family", BY_STEPS)
def test_a_fit_by_steps_ends_when_the_time_is_over(family: str, until: str) -> None:
    stopping = draw_data("binary", seed=1)
    answers = iter([False] * 3 + [True])
    cut = fit(family, "binary", stopping if until == "stopping" else 20, is_over=lambda: next(answers))
    assert not list(answers)
    # Four trees, or an epoch of five batches, the last of which there was no time for.
    assert 1 <= cut.steps <= (4 if family == "lightgbm" else 1)
    assert np.isfinite(predict(cut.estimator, stopping.X, "binary")).all()


SIZES: list[tuple[TaskKind, int]] = [("regression", 1), ("binary", 1), ("multiclass", 3), ("multiclass", 30)]
FACTS = [
    make_facts(kind, n_rows=n_rows, n_features=n_features, n_outputs=n_outputs)
    for kind, n_outputs in SIZES
    for n_rows in (200, 5_000, 100_000)
    for n_features in (3, 40)
]
SHORTENED = ["lightgbm", "extra_trees", "network"]
# The least that each of these makes: steps of boosting, trees, epochs.
LEAST = {"lightgbm": ("most_steps", 10), "extra_trees": ("trees", 20), "network": ("most_epochs", 4)}


@pytest.mark.parametrize("facts", FACTS)
@pytest.mark.parametrize("family", SHORTENED)
def test_a_shortened_fit_takes_no_longer_than_its_time(family: str, facts: Facts) -> None:
    name, least = LEAST[family]
    for parameters in FAMILIES[family].portfolio:
        estimate, shorten = FAMILIES[family].estimate_seconds, FAMILIES[family].shorten
        whole = estimate(parameters, facts)
        lasts = []
        for seconds in whole * np.geomspace(1e-3, 1e3, 40):
            short = shorten(parameters, facts, seconds)
            lasts.append(short.get(name, np.inf))
            assert lasts[-1] >= least
            if lasts[-1] > least:
                # A step takes no longer than an epoch or ten trees.
                assert estimate(short, facts) <= 1.001 * seconds
            assert {**short, name: 0, "learning_rate": 0} == {**parameters, name: 0, "learning_rate": 0}
        assert lasts == sorted(lasts)
        assert lasts[0] == least
        longest = shorten(parameters, facts, 1e3 * whole)
        # Boosting keeps to the time of a row, too.
        assert longest == (shorten(parameters, facts, np.inf) if family == "lightgbm" else parameters)


@pytest.mark.parametrize("facts", FACTS)
def test_however_much_time_there_is_a_fit_of_boosting_predicts_a_row_in_time(facts: Facts) -> None:
    family = FAMILIES["lightgbm"]
    for rate, leaves in [(0.02, 128), (0.02, 4), (0.2, 128), (0.05, 24)]:
        parameters = {**family.portfolio[0], "learning_rate": rate, "num_leaves": leaves}
        found = family.shorten(parameters, facts, np.inf)
        most = found.get("most_steps", _MOST_STEPS)
        assert most >= 10
        assert most == 10 or family.estimate_row_ms(found, facts, most) <= compute_most_row_ms(facts)
        if most < _MOST_STEPS:
            # Fewer steps are larger ones.
            assert found["learning_rate"] == pytest.approx(max(rate, min(15 / most, 0.2)))


@pytest.mark.parametrize("family", ["gaussian", "kernel", "neighbours"])
def test_what_cannot_be_shortened_is_left_as_it_is(family: str) -> None:
    for parameters in FAMILIES[family].portfolio:
        assert FAMILIES[family].shorten(parameters, FACTS[0], 1e-9) == parameters


@pytest.mark.parametrize("facts", FACTS)
def test_a_linear_model_does_without_products_that_there_is_no_time_for(facts: Facts) -> None:
    # Of more rows, the products would not fit into memory either.
    facts = replace(facts, n_rows=min(facts.n_rows, 1000))
    plain = FAMILIES["linear"].portfolio[0]
    squared = {**plain, "interactions": True}
    seconds = FAMILIES["linear"].estimate_seconds(squared, facts)
    assert seconds > FAMILIES["linear"].estimate_seconds(plain, facts)
    assert FAMILIES["linear"].shorten(squared, facts, seconds) == squared
    assert FAMILIES["linear"].shorten(squared, facts, 0.99 * seconds) == {**plain, "interactions": False}
    assert FAMILIES["linear"].shorten(plain, facts, 1e-9) == plain


@pytest.mark.parametrize("family", FAMILIES)
def test_a_larger_table_takes_longer(family: str) -> None:
    for parameters in FAMILIES[family].portfolio:

        def estimate(
            n_rows: int = 4_000,
            n_features: int = 20,
            n_outputs: int = 4,
            parameters: Parameters = parameters,
        ) -> float:
            facts = Facts("multiclass", "neg_log_loss", n_rows, n_features, n_outputs)
            return FAMILIES[family].estimate_seconds(parameters, facts)

        assert 0 < estimate() < estimate(n_rows=8_000) < estimate(n_rows=100_000)
        assert estimate() < estimate(n_features=40)
        if family == "neighbours":
            # It votes once for all classes.
            assert estimate() == estimate(n_outputs=40)
        else:
            assert estimate() < estimate(n_outputs=40)


@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_a_refit_takes_the_parameters_of_a_shortened_trial(family: str, kind: TaskKind) -> None:
    facts = make_facts(kind, n_rows=160, n_features=6, n_outputs=3 if kind == "multiclass" else 1)
    short = FAMILIES[family].shorten(SMALL[family], facts, 1e-9)
    assert (short != SMALL[family]) == (family in SHORTENED)
    stopping = draw_data(kind, seed=1)
    fitted = fit(family, kind, stopping, parameters=short)
    if family in BY_STEPS:
        assert fitted.steps <= LEAST[family][1]
    again = fit(family, kind, fitted.steps, parameters=short)
    np.testing.assert_array_equal(
        predict(fitted.estimator, stopping.X, kind), predict(again.estimator, stopping.X, kind)
    )


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_the_number_of_threads_does_not_change_the_predictions(family: str, kind: TaskKind) -> None:
    one, two = (fit(family, kind, 3, rows=draw_data(kind, 1_100), threads=threads) for threads in (1, 2))
    X = draw_data(kind, 1_100, seed=1).X
    np.testing.assert_array_equal(predict(one.estimator, X, kind), predict(two.estimator, X, kind))


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("family", ["lightgbm", "extra_trees", "network", "kernel"])
def test_another_seed_is_another_model_and_the_same_the_same(family: str, kind: TaskKind) -> None:
    X = draw_data(kind).X
    first, again, other = (
        predict(fit(family, kind, rows=draw_data(kind, 450), seed=seed).estimator, X, kind)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.slow_variants
@pytest.mark.parametrize("until", ["steps", "stopping"])
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_an_estimator_predicts_the_same_after_a_round_trip(
    tmp_path: Path, family: str, i: int, kind: TaskKind, until: str
) -> None:
    stop = draw_data(kind, seed=1) if until == "stopping" else 4
    fitted = fit(family, kind, stop, parameters=FAMILIES[family].portfolio[i])
    save_pipeline(fitted.estimator, tmp_path / "model.skops")
    # Loading refuses types that are not in TRUSTED.
    loaded = load_pipeline(tmp_path / "model.skops")
    X = draw_data(kind, 1_100, seed=2).X
    for rows in (X, X[:1]):
        np.testing.assert_array_equal(predict(loaded, rows, kind), predict(fitted.estimator, rows, kind))


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
def test_fast_predictions_are_scikit_learns_for_a_row_and_for_many(
    family: str, i: int, kind: TaskKind
) -> None:
    estimator = fit(family, kind, parameters=FAMILIES[family].portfolio[i]).estimator
    own = estimator.predict if kind == "regression" else estimator.predict_proba
    X = draw_data(kind, 2_000, seed=2).X
    many = predict(estimator, X, kind)
    # Networks and linear models use single precision.
    error = 1e-5 if family in ("network", "linear") else 1e-12
    np.testing.assert_allclose(many, own(X), rtol=0, atol=error)
    for row in range(3):
        one = predict(estimator, X[row : row + 1], kind)
        np.testing.assert_allclose(one, own(X[row : row + 1]), rtol=0, atol=error)
        np.testing.assert_allclose(one[0], many[row], rtol=0, atol=error)


@pytest.mark.parametrize("has_alternatives", [False, True])
@pytest.mark.parametrize("n_features", [1, 4, 5, 40, 41, 500])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_portfolio_lies_in_the_search_space(family: str, n_features: int, has_alternatives: bool) -> None:
    unknown = {"percent"} if n_features <= 4 else set()
    unknown |= {"interactions"} if n_features > 40 else set()
    unknown |= set() if has_alternatives else {"encoding"}
    for kind in TASKS:
        about = make_facts(kind, n_features=n_features, has_alternatives=has_alternatives)
        for given in FAMILIES[family].portfolio:
            suggested = suggest(family, Given(given), about)
            assert given.items() <= {**given, **suggested}.items()
            assert given.keys() - suggested.keys() <= unknown
            assert not unknown & suggested.keys()


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "i", "kind"), EVERY_PORTFOLIO)
@pytest.mark.parametrize("n_features", [2, 41])
def test_a_portfolio_completed_from_the_search_space_can_be_fitted(
    family: str, i: int, kind: TaskKind, n_features: int
) -> None:
    about = make_facts(kind, "accuracy" if kind != "regression" else "", n_features=n_features)
    parameters = suggest(family, Given(FAMILIES[family].portfolio[i]), about)
    rows = draw_data(kind, 60, n_features)
    fitted = fit(family, kind, 1, rows=rows, parameters=parameters)
    assert np.isfinite(predict(fitted.estimator, rows.X, kind)).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("kind", "judging_decisions"),
    [
        (
            "binary",
            {"accuracy", "balanced_accuracy", "f1", "jaccard", "matthews_corrcoef", "precision", "value"},
        ),
        ("multiclass", {"accuracy", "balanced_accuracy", "f1_macro", "recall_weighted"}),
        ("regression", set()),
    ],
)
def test_class_weights_are_offered_only_where_decisions_are_judged(
    family: str, kind: TaskKind, judging_decisions: set[str]
) -> None:
    by_probability = {"roc_auc", "roc_auc_ovr", "average_precision", "neg_log_loss", "neg_brier_score"}
    others = set(SCORERS["regression"]) if kind == "regression" else by_probability & set(SCORERS[kind])
    for metric in judging_decisions | others:
        suggested = suggest(family, Given({}), make_facts(kind, metric))
        expected = metric in judging_decisions and family in WEIGH_CLASSES
        assert ("class_weight" in suggested) is expected, metric


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("family", sorted(WEIGH_CLASSES))
def test_balanced_classes_make_a_rare_class_likelier(family: str, kind: TaskKind) -> None:
    rows = draw_data(kind, 400)
    rare = int(rows.y.max())
    few = np.flatnonzero((rows.y != rare) | (np.cumsum(rows.y == rare) <= 15))
    rows = StoppingRows(rows.X[few], rows.y[few])
    plain, balanced = (
        predict(
            fit(family, kind, 8, rows=rows, parameters={**SMALL[family], "class_weight": weight}).estimator,
            draw_data(kind, seed=1).X,
            kind,
        )[:, rare].mean()
        for weight in (None, "balanced")
    )
    assert balanced > 1.2 * plain


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [
        (20_000, list(FAMILIES)),
        (20_001, ["lightgbm", "gaussian", "linear", "extra_trees", "network", "kernel"]),
        (50_001, ["lightgbm", "gaussian", "linear", "extra_trees", "network"]),
        (200_001, ["lightgbm", "gaussian", "linear"]),
    ],
)
def test_slow_families_are_not_searched_on_many_rows(n_rows: int, expected: list[str]) -> None:
    assert list_suitable(make_facts("binary", n_rows=n_rows)) == expected


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_only_trees_are_searched_where_predictions_must_rise_or_fall(kind: TaskKind) -> None:
    assert list_suitable(make_facts(kind, is_monotonic=True)) == KEEP_MONOTONIC


PROBE = np.linspace(-4, 4, 41, dtype=np.float32)


def find_steepest(estimator: Any, kind: TaskKind, feature: int) -> tuple[float, float]:
    """Return the largest fall and the largest rise of predictions along a feature, others held."""
    others = np.random.default_rng(9).normal(size=(20, 4), scale=1.5).astype(np.float32)
    grid = np.repeat(others, len(PROBE), axis=0)
    grid[:, feature] = np.tile(PROBE, len(others))
    made = predict(estimator, grid, kind)
    along = np.diff((made if kind == "regression" else made[:, 1]).reshape(20, -1), axis=1)
    return float(along.min()), float(along.max())


@cache
def fit_waves(family: str, i: int, kind: TaskKind, metric: str, monotonic: tuple[int, ...]) -> Any:
    """Return an estimator of a target that rises and falls with the first feature."""
    rng = np.random.default_rng(i)
    X = rng.normal(size=(300, 4)).astype(np.float32)
    value = np.sin(2 * X[:, 0]) + X[:, 0] * X[:, 1] + X[:, 2] + rng.normal(size=300, scale=0.3)
    rows = StoppingRows(X, (value > 0).astype(np.int64) if kind == "binary" else np.exp(value))
    weight = {"class_weight": "balanced"} if metric == "f1" else {}
    parameters = {**FAMILIES[family].portfolio[i], **weight}
    options: dict[str, Any] = {"metric": metric, "monotonic": monotonic}
    return fit(family, kind, 40, rows=rows, parameters=parameters, **options).estimator


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("binary", "roc_auc"),
        ("binary", "f1"),
        ("regression", "r2"),
        ("regression", "neg_mean_absolute_error"),
        ("regression", "neg_mean_absolute_percentage_error"),
        ("regression", "neg_mean_gamma_deviance"),
    ],
)
@pytest.mark.parametrize("monotonic", [(1, 0, 0, 0), (-1, 0, 1, 0), (1, 1, -1, -1)])
@pytest.mark.parametrize(
    ("family", "i"), [(name, i) for name in KEEP_MONOTONIC for i in range(len(FAMILIES[name].portfolio))]
)
def test_predictions_rise_and_fall_as_required_against_the_data(
    family: str, i: int, kind: TaskKind, monotonic: tuple[int, ...], metric: str
) -> None:
    free, constrained = (fit_waves(family, i, kind, metric, ways) for ways in ((), monotonic))
    for feature, way in enumerate(monotonic):
        if way:
            low, high = find_steepest(constrained, kind, feature)
            assert low >= 0 if way > 0 else high <= 0
    # Without constraints the predictions rise and fall.
    low, high = find_steepest(free, kind, 0)
    assert low < 0 < high
    rise = find_steepest(constrained, kind, 2)[1]
    assert rise == 0 if monotonic[2] < 0 else rise > 0


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.supports_weights])
@pytest.mark.parametrize("until", [30, "rows"])
def test_heavy_rows_count_more(name: str, kind: TaskKind, until: Any) -> None:
    """Classes that no feature tells apart are predicted by their weights, here 3 to 1."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % (3 if kind == "multiclass" else 2)
    weights = np.where(y == 1, 3.0, 1.0)
    known, unseen = (
        StoppingRows(
            rng.normal(size=(600, 3)).astype(np.float32),
            y.astype(float) if kind == "regression" else y,
            weights / weights.mean(),
        )
        for _ in range(2)
    )
    fitted = fit(name, kind, unseen if until == "rows" else until, rows=known, weights=known.weights)
    predicted = predict(fitted.estimator, unseen.X, kind)
    mean = predicted.mean() if kind == "regression" else predicted[:, 1].mean()
    assert mean == pytest.approx(0.6 if kind == "multiclass" else 0.75, abs=0.08)


def test_families_that_cannot_weigh_rows_are_left_out() -> None:
    facts = Facts("binary", "roc_auc", 1_000, 5)
    both = [list_suitable(each) for each in (facts, replace(facts, is_weighted=True))]
    assert sorted({*both[0]} - {*both[1]}) == ["gaussian", "neighbours"]
