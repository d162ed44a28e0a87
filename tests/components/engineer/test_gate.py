import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from components._problem.task import TASKS, TaskKind
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._table.target import encode_target
from components.engineer.block_choice import BlockChoice
from components.engineer.gate import try_blocks
from tests.components._model.tables import CLASSES, draw_table, make_problem
from tests.texts import draw_reviews

N_ROWS = 800


def judge_blocks(
    frame: pd.DataFrame, kind: TaskKind, minutes: float = 0.25, seed: int = 0, **settings: Any
) -> BlockChoice:
    problem = make_problem(kind, **settings)
    features = frame.drop(
        columns=["y", *(name for name in (problem.group, problem.event_time, problem.weight) if name)]
    )
    numbers, strings, dates = (
        [str(name) for name in features.select_dtypes(kind)] for kind in ("number", "object", "datetime")
    )
    y = encode_target(frame["y"], problem)
    cleaned = Pipeline([("preprocess", Preprocessor(numbers, strings, dates))]).fit(frame, y)
    return try_blocks(cleaned, Engineer(kind, seed=seed), frame, y, problem, minutes)


def make_target(signal: np.ndarray, kind: TaskKind) -> np.ndarray:
    if kind == "regression":
        return signal
    labels = np.array(CLASSES[kind], dtype=object)
    return np.asarray(labels[pd.qcut(signal, len(labels), labels=False)])


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
def test_a_ratio_that_decides_is_found(kind: TaskKind) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.lognormal(size=(N_ROWS, 3)), columns=list("abc"))
    signal = np.sin(2 * np.log(table["a"] / table["b"])) + rng.normal(0, 0.3, N_ROWS)
    choice = judge_blocks(table.assign(y=make_target(signal.to_numpy(), kind)), kind)
    assert ["ratio", "a", "b"] in choice.derivations or ["ratio", "b", "a"] in choice.derivations
    assert len(choice.derivations) <= 8
    (attempt,) = choice.attempts
    assert attempt.change < -attempt.margin < 0
    assert choice.sentence.startswith("1 of 1 blocks kept: Arithmetic of numbers (")


def test_a_pair_of_categories_that_decides_is_found() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 12, (2000, 2))
    table = pd.DataFrame({name: [f"{name}{i}" for i in codes[:, j]] for j, name in enumerate("st")})
    effects = rng.normal(0, 1, (12, 12))
    signal = effects[codes[:, 0], codes[:, 1]] + 0.3 * rng.normal(size=2000)
    choice = judge_blocks(table.assign(y=signal), "regression")
    assert ["cross", "s", "t"] in choice.derivations or ["cross", "t", "s"] in choice.derivations


@pytest.mark.slow_variants
@pytest.mark.parametrize("seed", range(3))
def test_columns_without_signal_have_no_block(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(N_ROWS, 4)), columns=list("abcd"))
    table["s"] = [f"s{i}" for i in rng.integers(0, 8, N_ROWS)]
    choice = judge_blocks(table.assign(y=rng.normal(size=N_ROWS)), "regression")
    assert len(choice.attempts) >= 2
    assert choice.derivations == []
    assert choice.sentence == f"0 of {len(choice.attempts)} blocks kept."


def test_a_column_with_a_direction_is_in_no_block() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.lognormal(size=(N_ROWS, 3)), columns=list("abc"))
    table["y"] = np.log(table["a"] / table["b"])
    choice = judge_blocks(table, "regression", monotonic={"b": "falling"})
    assert choice.attempts
    assert all("b" not in derivation for derivation in choice.derivations)
    assert judge_blocks(table, "regression", monotonic={"b": "falling", "a": "rising"}).attempts == []


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "settings",
    [
        {"group": "g"},
        {"event_time": "t"},
        {"event_time": "t", "group": "g"},
        {"event_time": "t", "gap": "1 day"},
    ],
)
def test_groups_and_times_are_no_obstacle(settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.lognormal(size=(N_ROWS, 2)), columns=list("ab"))
    table["y"] = np.log(table["a"] / table["b"])
    table["g"] = [f"g{i}" for i in (np.arange(N_ROWS) + rng.integers(0, 60, N_ROWS)) // 13]
    table["t"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N_ROWS), unit="h")
    frame = table.drop(columns={"g", "t"} - set(settings.values()))
    assert judge_blocks(frame, "regression", **settings).derivations


@pytest.mark.slow
def test_the_same_rows_and_seed_give_the_same_choice() -> None:
    table = draw_table("binary", 600).drop(columns=["member"])
    assert judge_blocks(table, "binary") == judge_blocks(table, "binary")


@pytest.mark.parametrize(
    ("n_rows", "minutes", "reason"),
    [(150, 1.0, "150 rows are too few"), (600, 0.001, r"0\.001 minutes are too short")],
)
def test_where_nothing_can_be_judged_the_reason_is_given(n_rows: int, minutes: float, reason: str) -> None:
    table = draw_table("regression", n_rows).drop(columns=["member"])
    choice = judge_blocks(table, "regression", minutes)
    assert choice.attempts == []
    assert choice.derivations == []
    assert re.search(reason, choice.sentence)


@pytest.mark.parametrize(
    ("settings", "by"), [({"event_time": "t"}, "'t'"), ({"group": "g"}, "'g'")], ids=["moments", "groups"]
)
def test_a_sample_that_cannot_be_split_is_no_error(settings: dict[str, Any], by: str) -> None:
    # Two moments have one fold; one group has none.
    table = draw_table("multiclass", 600).drop(columns=["member"])
    column = {"t": np.arange(600) // 300} if by == "'t'" else {"g": "one"}
    choice = judge_blocks(table.assign(**column), "multiclass", **settings)
    assert choice.attempts == []
    assert re.search(
        rf"600 rows, split by {by}, has fewer than two folds with every class of 'y'", choice.sentence
    )


def test_the_page_is_told_of_rows_left_out_for_the_gap() -> None:
    table = draw_table("regression", N_ROWS).drop(columns=["member"])
    table["t"] = pd.date_range("2024-01-01", periods=N_ROWS, freq="h")
    (note,) = judge_blocks(table, "regression", event_time="t", gap="2 days").notes
    assert note.startswith("For the gap of 2 days, the folds leave out ")


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("settings", [{}, {"event_time": "t"}])
def test_weights_decide_in_the_fits_and_in_the_losses(kind: TaskKind, settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.lognormal(size=(N_ROWS, 2)), columns=list("ab"))
    follows = np.arange(N_ROWS) % 2 == 0
    signal = np.where(follows, np.sin(2 * np.log(table["a"] / table["b"])), rng.normal(size=N_ROWS))
    table["y"] = make_target(signal, kind)
    if settings:
        table["t"] = np.arange(N_ROWS)
    alike = judge_blocks(table, kind, **settings)
    equal = judge_blocks(table.assign(w=3.0), kind, weight="w", **settings)
    of_signal, of_noise = (
        judge_blocks(table.assign(w=np.where(follows == heavy, 100.0, 1.0)), kind, weight="w", **settings)
        for heavy in (True, False)
    )
    assert equal.loss == pytest.approx(alike.loss, rel=0.02)
    assert of_signal.attempts[0].change < alike.attempts[0].change < of_noise.attempts[0].change
    assert of_signal.derivations
    assert not of_noise.derivations
    assert alike.notes == []
    assert of_signal.notes == [f"Rows count by their 'w', in the fits and in the {of_signal.loss_name}."]


def judge_reviews(frame: pd.DataFrame, kind: TaskKind, minutes: float = 0.25) -> BlockChoice:
    problem = make_problem(kind)
    y = encode_target(frame["y"], problem)
    numbers = [str(name) for name in frame.drop(columns="y").select_dtypes("number")]
    cleaned = Pipeline([("preprocess", Preprocessor(numbers, [], [], {"review": "review"}))]).fit(frame, y)
    return try_blocks(cleaned, Engineer(kind), frame, y, problem, minutes)


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("columns", [["a", "review"], ["review"]], ids=["number", "text-alone"])
def test_words_that_decide_are_found(kind: TaskKind, columns: list[str]) -> None:
    reviews, worth = draw_reviews(N_ROWS)
    table = pd.DataFrame({"a": np.arange(float(N_ROWS)) % 5, "review": reviews})[columns]
    choice = judge_reviews(table.assign(y=make_target(worth, kind)), kind)
    (attempt,) = choice.attempts
    assert attempt.title == "Words of review"
    assert ["text_target", "review"] in attempt.kept
    assert attempt.change < -0.1


@pytest.mark.slow_variants
@pytest.mark.parametrize("seed", range(3))
def test_words_without_a_meaning_are_not_kept(seed: int) -> None:
    reviews, _ = draw_reviews(N_ROWS, seed)
    noise = np.random.default_rng(seed).normal(size=(2, N_ROWS))
    choice = judge_reviews(pd.DataFrame({"a": noise[0], "review": reviews, "y": noise[1]}), "regression")
    assert [attempt.title for attempt in choice.attempts] == ["Words of review"]
    assert choice.derivations == []


def test_texts_that_take_too_long_leave_the_time_to_other_blocks() -> None:
    reviews, worth = draw_reviews(N_ROWS, n_words=250)
    table = pd.DataFrame({"a": worth, "b": np.arange(float(N_ROWS)) % 7, "review": reviews, "y": worth})
    choice = judge_reviews(table, "regression", minutes=0.05)
    assert [attempt.title for attempt in choice.attempts] == ["Arithmetic of numbers"]
    assert choice.untried == ["Words of review"]
    assert "The budget is too short to try Words of review." in choice.sentence
