import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import components.train.fitter as fitting_module
from components._estimators import FitOptions, StoppingRows, fit, predict
from components._estimators.ensemble import calibrate
from components._model.package import Package
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components._table.schema import Column, Kind, Schema
from components._table.target import encode_target, order_classes
from components.train.fitter import Fitter, ModelNotFitted
from components.train.inputs import TrainingInputs
from components.train.member_choice import Member, MemberChoice, MemberLimit
from components.train.model_parts import ModelPart, plan_parts
from tests.components._estimators.fits import EVERY
from tests.components._model.tables import KINDS, SMALL, draw_table, make_problem, make_recipe
from tests.components.train.finished import build_folds


@pytest.fixture(scope="module")
def folds() -> dict[TaskKind, FoldSet]:
    return {kind: build_folds(kind) for kind in TASKS}


def _make_trial(number: int, family: str, seconds: float = 1.0) -> TrialResult:
    return TrialResult(number, 0, family, SMALL[family], (0.5,), (8, 8, 9, 7), seconds=seconds)


def _make_choice(*members: tuple[str, float], slope: float = 1.0) -> MemberChoice:
    trials = [Member(_make_trial(i, family), weight) for i, (family, weight) in enumerate(members)]
    return MemberChoice(trials, slope, 0.0, np.zeros((1, 2)), np.ones(1, bool), 0.5, 0.5, "because")


def _build_materials(kind: TaskKind, folds: dict[TaskKind, FoldSet]) -> TrainingInputs:
    kinds: dict[str, Kind] = {**KINDS, "y": "float" if kind == "regression" else "string"}
    schema = Schema(tuple(Column(name, of) for name, of in kinds.items()), 300)
    return TrainingInputs(draw_table(kind), make_problem(kind), schema, make_recipe(kind), folds[kind])


def _fit(
    kind: TaskKind,
    folds: dict[TaskKind, FoldSet],
    choice: MemberChoice,
    seconds: float = 0.0,
    threads: int = 1,
    threshold: float | None = None,
) -> Package:
    parts = plan_parts(choice, folds[kind], [MemberLimit(seconds, dict.fromkeys(range(9), 1.0))])
    fitter = Fitter(_build_materials(kind, folds), seed=7, threads=threads)
    return fitter.build_package(choice, parts, threshold)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_the_model_is_the_recipe_and_its_members_fitted_one_after_the_other(
    kind: TaskKind, folds: dict[TaskKind, FoldSet]
) -> None:
    slope = 1.0 if kind == "regression" else 1.5
    choice = _make_choice(("lightgbm", 0.75), ("linear", 0.25), slope=slope)
    package = _fit(kind, folds, choice, seconds=100.0)
    table, question = draw_table(kind), make_problem(kind)
    y = encode_target(table["y"], question)
    recipe = make_recipe(kind)
    matrix = recipe.fit_transform(table[list(KINDS)], y)
    unseen = draw_table(kind, 50, seed=1)
    seen = recipe.transform(unseen[list(KINDS)])
    how = FitOptions(kind, question.metric, 7)
    linear = fit("linear", matrix, y, SMALL["linear"], how, 0).estimator
    expected = 0.25 * predict(linear, seen, kind)
    for fold in folds[kind].folds[:5]:
        out = fold.score_rows
        rest = np.setdiff1d(np.arange(len(y)), out)
        until = StoppingRows(matrix[out], y[out])
        bag = fit("lightgbm", matrix[rest], y[rest], SMALL["lightgbm"], how, until).estimator
        expected = expected + 0.15 * predict(bag, seen, kind)
    if kind != "regression":
        expected = calibrate(expected, slope, 0.0)
    np.testing.assert_allclose(package.predict(unseen), expected, rtol=1e-9)


def test_without_bags_a_member_takes_the_mean_steps_of_its_folds(folds: dict[TaskKind, FoldSet]) -> None:
    package = _fit("binary", folds, _make_choice(("lightgbm", 1.0)))
    (estimator,) = package.pipeline[-1].estimator.members
    assert estimator.n_estimators_ == 8


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_the_number_of_processors_does_not_change_the_model(
    kind: TaskKind, family: str, folds: dict[TaskKind, FoldSet]
) -> None:
    unseen = draw_table(kind, 80, seed=1)
    choice = _make_choice((family, 0.5), ("linear", 0.5))
    one, two = (_fit(kind, folds, choice, threads=threads).predict(unseen) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("seconds", "threads"),
    [
        # One fit takes most of the time: it gets both processors, the others one each.
        ([80.0, 10.0, 10.0], [2, 1, 1]),
        ([10.0, 80.0, 10.0], [1, 2, 1]),
        ([30.0, 30.0, 30.0], [1, 1, 1]),
        ([50.0, 60.0], [2, 2]),
        ([50.0], [2]),
    ],
)
def test_no_processor_waits_for_the_longest_fit_of_a_large_table(
    seconds: list[float], threads: list[int], folds: dict[TaskKind, FoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: dict[int, int] = {}

    def record_threads(parts: list[ModelPart], shared: Any, processes: int) -> list[Any]:
        fitted.update((part.trial.number, shared.fitting.threads) for part in parts)
        return [fit_linear for _ in parts]

    fit_linear = fit(
        "linear",
        np.eye(4, dtype=np.float32),
        np.array([0, 1, 0, 1]),
        SMALL["linear"],
        FitOptions("binary", "roc_auc", 0),
        0,
    )
    monkeypatch.setattr(fitting_module, "_ROWS_FOR_THREADS", 100)
    monkeypatch.setattr(fitting_module, "_fit_all", record_threads)
    members = [
        Member(_make_trial(i, "lightgbm", of_trial), 1 / len(seconds)) for i, of_trial in enumerate(seconds)
    ]
    choice = _make_choice()._replace(members=members)
    parts = plan_parts(choice, folds["binary"], [MemberLimit(0.0, dict.fromkeys(range(9), 1.0))])
    Fitter(_build_materials("binary", folds), seed=7, threads=2).build_package(choice, parts, None)
    assert [fitted[i] for i in range(len(seconds))] == threads


def test_little_memory_has_fewer_processes_fit_the_same_model(folds: dict[TaskKind, FoldSet]) -> None:
    choice = _make_choice(("linear", 0.5), ("extra_trees", 0.5))
    unseen = draw_table("binary", 80, seed=1)
    expected = _fit("binary", folds, choice, threads=2).predict(unseen)
    fitter = Fitter(_build_materials("binary", folds), seed=7, threads=2, memory=300_000_000)
    package = fitter.build_package(choice, plan_parts(choice, folds["binary"]), None)
    assert fitter.spared_processes == 1
    np.testing.assert_array_equal(package.predict(unseen), expected)


def test_threads_within_a_fit_do_not_change_the_model(
    folds: dict[TaskKind, FoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = draw_table("binary", 80, seed=1)
    choice = _make_choice(("lightgbm", 1.0))
    one = _fit("binary", folds, choice).predict(unseen)
    monkeypatch.setattr(fitting_module, "_ROWS_FOR_THREADS", 100)
    np.testing.assert_array_equal(_fit("binary", folds, choice, threads=2).predict(unseen), one)


def _kill_process(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_of_a_fit_is_an_error(
    folds: dict[TaskKind, FoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting_module, "_fit_part", _kill_process)
    choice = _make_choice(("linear", 0.5), ("extra_trees", 0.5))
    with pytest.raises(ModelNotFitted, match=r"One of 2 processes .* died, .*\nGive the stage more memory"):
        _fit("binary", folds, choice, threads=2)


@pytest.mark.parametrize("kind", TASKS)
def test_the_signature_says_what_goes_in_and_what_comes_out(
    kind: TaskKind, folds: dict[TaskKind, FoldSet]
) -> None:
    threshold = 0.3 if kind == "binary" else None
    signature = _fit(kind, folds, _make_choice(("linear", 1.0)), threshold=threshold).signature
    assert signature.columns == {name: KINDS[name] for name in signature.columns}
    assert set(signature.columns) == set(KINDS)
    expected = [] if kind == "regression" else list(order_classes(make_problem(kind)))
    assert signature.classes == expected
    assert (signature.task, signature.target, signature.threshold) == (kind, "y", threshold)
    assert (signature.family, signature.title) == ("linear", "Linear model")
    if kind == "binary":
        assert signature.classes[-1] == make_problem(kind).positive_label


def test_several_models_are_an_ensemble(folds: dict[TaskKind, FoldSet]) -> None:
    signature = _fit("binary", folds, _make_choice(("linear", 0.6), ("extra_trees", 0.4))).signature
    assert (signature.family, signature.title) == ("ensemble", "Ensemble of 2 models")


def test_a_binary_model_decides_by_the_threshold(folds: dict[TaskKind, FoldSet]) -> None:
    unseen = draw_table("binary", 80, seed=1)
    package = _fit("binary", folds, _make_choice(("linear", 1.0)), threshold=0.2)
    positive = package.predict(unseen)[:, 1]
    decided = package.pipeline.predict(unseen[list(package.signature.columns)])
    assert ((positive >= 0.2) & (positive < 0.5)).any()
    np.testing.assert_array_equal(decided == "left", positive >= 0.2)


def test_a_part_is_fitted_once_for_all_models_that_have_it(
    folds: dict[TaskKind, FoldSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = draw_table("binary", 80, seed=1)
    both, one = _make_choice(("lightgbm", 0.5), ("linear", 0.5)), _make_choice(("lightgbm", 1.0))
    expected = _fit("binary", folds, one, seconds=100.0).predict(unseen)
    fitter = Fitter(_build_materials("binary", folds), seed=7, threads=1)
    fitter.build_package(both, plan_parts(both, folds["binary"]), None)
    monkeypatch.setattr(fitting_module, "_fit_part", pytest.fail)
    package = fitter.build_package(one, plan_parts(one, folds["binary"]), None)
    np.testing.assert_array_equal(package.predict(unseen), expected)


@pytest.mark.parametrize("seconds", [0.0, 100.0])
def test_every_fit_of_a_member_weighs_its_rows(folds: dict[TaskKind, FoldSet], seconds: float) -> None:
    weights = np.random.default_rng(0).uniform(0.1, 1.9, len(folds["binary"].y))
    weighted: dict[TaskKind, FoldSet] = {"binary": replace(folds["binary"], weights=weights)}
    package = _fit("binary", weighted, _make_choice(("lightgbm", 1.0)), seconds)
    table = draw_table("binary")
    y = encode_target(table["y"], make_problem("binary"))
    recipe = make_recipe("binary")
    matrix = recipe.fit_transform(table[list(KINDS)], y)
    unseen = draw_table("binary", 50, seed=1)
    seen = recipe.transform(unseen[list(KINDS)])
    how = FitOptions("binary", "roc_auc", 7, weights=weights)
    fitted = []
    if not seconds:
        fitted.append(fit("lightgbm", matrix, y, SMALL["lightgbm"], how, 8))
    for fold in folds["binary"].folds[: 5 if seconds else 0]:
        out = fold.score_rows
        rest = np.setdiff1d(np.arange(len(y)), out)
        until = StoppingRows(matrix[out], y[out], weights[out])
        own = replace(how, weights=weights[rest])
        fitted.append(fit("lightgbm", matrix[rest], y[rest], SMALL["lightgbm"], own, until))
    expected = np.mean([predict(each.estimator, seen, "binary") for each in fitted], axis=0)
    np.testing.assert_allclose(package.predict(unseen), expected, atol=1e-12)
