import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._problem.task import TaskKind
from components.monitor.retraining_window import choose_window
from components.monitor.rows import PredictedRows
from tests.components._model.tables import make_problem


def draw(
    problem: Problem, n_rows: int, seed: int, *, shift: float = 0.0, is_reversed: bool = False
) -> PredictedRows:
    """Return rows whose target depends on two columns, in another way if the relation is reversed."""
    rng = np.random.default_rng(seed)
    number = rng.normal(shift, 1.0, n_rows)
    city = rng.choice(["Bern", "Oslo", "Rome"], n_rows)
    signal = (number + (city == "Bern")) * (-1 if is_reversed else 1) + rng.normal(0, 0.7, n_rows)
    truth = signal
    if problem.classes:
        truth = np.digitize(signal, [0.0] if len(problem.classes) == 2 else [-0.5, 0.5]).astype(float)
    columns = pd.DataFrame({"number": number, "city": pd.Series(city, dtype=object)})
    nothing = np.empty((n_rows, 0))
    return PredictedRows(
        columns, nothing, np.ones(n_rows), np.full(n_rows, np.datetime64("NaT", "us")), truth
    )


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("seed", range(5))
def test_after_another_relation_older_rows_are_left_out(kind: TaskKind, seed: int) -> None:
    problem = make_problem(kind)
    older, logged = draw(problem, 3_000, seed), draw(problem, 800, 50 + seed, is_reversed=True)
    choice = choose_window(older, logged, problem, seed)
    assert not choice.uses_older
    assert choice.reason.startswith("Older rows make a quick model worse: ")
    assert ("log loss" in choice.reason) == (kind != "regression")


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_with_the_same_relation_older_rows_are_kept(kind: TaskKind, shift: float) -> None:
    problem = make_problem(kind)
    choices = [
        choose_window(draw(problem, 3_000, seed), draw(problem, 800, 50 + seed, shift=shift), problem, seed)
        for seed in range(5)
    ]
    assert [choice.uses_older for choice in choices] == [True] * 5


def test_few_rows_of_the_log_do_not_stand_alone() -> None:
    problem = make_problem("binary")
    choice = choose_window(draw(problem, 3_000, 0), draw(problem, 140, 1, is_reversed=True), problem, 0)
    assert choice == (True, "98 rows of the log are too few to do without older rows.")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_few_rows_suffice_if_the_relation_is_the_contrary(kind: TaskKind) -> None:
    problem = make_problem(kind)
    choices = [
        choose_window(
            draw(problem, 3_000, seed), draw(problem, 210, 50 + seed, is_reversed=True), problem, seed
        )
        for seed in range(5)
    ]
    assert [choice.uses_older for choice in choices] == [False] * 5
    choices = [
        choose_window(draw(problem, 3_000, seed), draw(problem, 210, 50 + seed), problem, seed)
        for seed in range(20)
    ]
    assert [choice.uses_older for choice in choices] == [True] * 20
