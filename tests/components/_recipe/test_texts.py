import numpy as np
import pytest

from components._compiled.steps import Strings
from components._compiled.texts import LENGTHS, TextNumbers, hash_terms
from components._recipe import texts as learned_texts
from components._recipe.texts import (
    LearnedTexts,
    choose_rows,
    learn_column,
    learn_texts,
    split_at_random,
    split_by_time,
)
from components._table.time_blocks import cut_time_blocks
from tests.texts import draw_hostile_texts, draw_reviews


def learn(texts: list[str], y: np.ndarray) -> LearnedTexts:
    folds = split_at_random(len(texts), 0)
    return learn_texts(texts, y.reshape(len(texts), y[:1].size or 1).astype(float), folds, seed=0)


def compute_numbers(learned: LearnedTexts, texts: list[str]) -> np.ndarray:
    """Return the topics and targets."""
    numbers = TextNumbers(**learned.state)(Strings(np.arange(len(texts)), texts))
    return np.asarray(numbers[:, len(LENGTHS) :])


def test_words_that_decide_predict_the_target_of_new_texts() -> None:
    texts, worth = draw_reviews(1_500)
    learned = learn(texts[:1_200], worth[:1_200])
    predicted = compute_numbers(learned, texts[1_200:])[:, -1]
    assert np.corrcoef(predicted, worth[1_200:])[0, 1] > 0.9


def test_the_target_of_a_row_has_not_seen_it() -> None:
    texts, _ = draw_reviews(1_000)
    y = np.random.default_rng(5).normal(size=1_000)
    learned = learn(texts, y)
    assert abs(np.corrcoef(learned.cross_fitted[:, 0], y)[0, 1]) < 4 / np.sqrt(1_000)
    # Of all rows the words remember some.
    assert np.corrcoef(compute_numbers(learned, texts)[:, -1], y)[0, 1] > 0.3


def test_each_target_has_its_own_weights() -> None:
    texts, worth = draw_reviews(600)
    targets = np.column_stack([worth > 0, worth <= 0])
    numbers = compute_numbers(learn(texts, targets), texts)
    np.testing.assert_allclose(numbers[:, -1] + numbers[:, -2], 1.0, atol=0.01)


def test_topics_tell_texts_of_different_words_apart() -> None:
    rng = np.random.default_rng(0)
    topics = [[f"{topic}{i}" for i in range(40)] for topic in ("sea", "sky")]
    texts = [" ".join(rng.choice(topics[i % 2], 12)) for i in range(400)]
    learned = learn(texts, rng.normal(size=400))
    numbers = compute_numbers(learned, texts)[:, : learned.n_topics]
    assert max(abs(np.corrcoef(column, np.arange(400) % 2)[0, 1]) for column in numbers.T) > 0.95


@pytest.mark.parametrize(("n_texts", "n_topics"), [(19, 0), (100, 8), (1_000, 16)])
def test_the_number_of_topics_depends_on_the_number_of_texts(n_texts: int, n_topics: int) -> None:
    texts, worth = draw_reviews(n_texts)
    assert learn(texts, worth).n_topics == n_topics


def test_rare_terms_are_not_known_and_the_most_frequent_of_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*["often here"] * 12, *["often again"] * 12, "often rare"]
    y = np.arange(25.0)
    often = hash_terms(["often"], {})
    expected = hash_terms(["often", "here"], {}) | hash_terms(["often", "again"], {})
    assert set(learn(texts, y).state["terms"].tolist()) == expected
    monkeypatch.setattr(learned_texts, "_MOST_TERMS", 1)
    assert set(learn(texts, y).state["terms"].tolist()) == often


@pytest.mark.parametrize("texts", [[""] * 30, [f"w{i}" for i in range(30)], ["same"] * 30])
def test_texts_without_a_difference_have_finite_numbers_and_the_mean_target(texts: list[str]) -> None:
    y = np.arange(30.0)
    numbers = compute_numbers(learn(texts, y), texts)
    assert np.isfinite(numbers).all()
    assert numbers[:, -1] == pytest.approx(y.mean(), abs=0.01)


@pytest.mark.parametrize("n_texts", [0, 3])
def test_of_too_few_texts_nothing_is_learned_but_the_mean_target(n_texts: int) -> None:
    learned = learn(["good"] * n_texts, np.full(n_texts, 5.0))
    assert len(learned.state["terms"]) == learned.n_topics == 0
    assert compute_numbers(learned, ["good"]).tolist() == [[5.0 if n_texts else 0.0]]
    assert learned.cross_fitted.tolist() == [[5.0]] * n_texts


def test_weights_fit_two_bytes_whatever_the_target() -> None:
    texts, worth = draw_reviews(300)
    for y in (worth * 1e9, worth * 1e-9, np.zeros(300)):
        learned = learn(texts, y)
        assert learned.state["weights"].dtype == np.int16
        assert np.isfinite(compute_numbers(learned, texts)).all()


def test_hostile_texts_are_learned() -> None:
    texts = draw_hostile_texts(200)
    numbers = compute_numbers(learn(texts, np.arange(200.0)), texts)
    assert np.isfinite(numbers).all()


def test_the_same_texts_and_seed_learn_the_same() -> None:
    texts, worth = draw_reviews(300)
    one, again = learn(texts, worth), learn(texts, worth)
    assert one.state["weights"].tobytes() == again.state["weights"].tobytes()
    assert one.cross_fitted.tobytes() == again.cross_fitted.tobytes()


def test_many_or_long_texts_are_sampled_and_nulls_are_not_learned_from() -> None:
    codes = np.arange(30_000) % 100 - 1
    rows = choose_rows(codes, ["short"] * 99, seed=0)
    assert len(rows) == 20_000
    assert (codes[rows] >= 0).all()
    assert (np.diff(rows) > 0).all()
    # Of 3 million characters at most, with the first 2,000 of each.
    assert len(choose_rows(codes, ["x" * 9_000] * 99, seed=0)) == 1_500
    assert len(choose_rows(np.full(5, -1), [], seed=0)) == 0


def test_by_time_the_target_of_a_row_is_learned_from_earlier_rows() -> None:
    texts, worth = draw_reviews(600)
    blocks = cut_time_blocks(np.arange(600), None)
    # Every second row has a text.
    rows = np.arange(0, 600, 2)
    folds = split_by_time(rows, blocks)
    for fit, rest in folds:
        assert len(fit) >= 20
        assert rows[fit].max() < rows[rest].min()
    chosen = [texts[row] for row in rows]
    learned = learn_texts(chosen, worth[rows].reshape(-1, 1), folds, seed=0)
    later = worth[rows].copy()
    later[150:] = 1e3
    changed = learn_texts(chosen, later.reshape(-1, 1), folds, seed=0)
    np.testing.assert_array_equal(learned.cross_fitted[:150], changed.cross_fitted[:150])
    assert not np.array_equal(learned.cross_fitted[160:], changed.cross_fitted[160:], equal_nan=True)
    # The first have too few earlier rows.
    assert np.isnan(learned.cross_fitted[:20]).all()
    assert np.isfinite(learned.cross_fitted[60:]).all()


def test_training_rows_get_cross_fitted_targets_and_the_numbers_of_all_rows() -> None:
    reviews, worth = draw_reviews(300)
    codes = np.where(np.arange(300) % 10, np.arange(300), -1)
    strings, is_known = Strings(codes, reviews), codes >= 0
    targets = worth[:, np.newaxis]
    learned = learn_column(strings, targets, None, seed=0)
    assert learned.state["n_texts"] == 270
    assert learned.state["n_targets"] == 1
    of_all = TextNumbers(**learned.state["learned"])(strings)
    np.testing.assert_array_equal(learned.numbers[:, :-1], of_all[:, :-1])
    np.testing.assert_array_equal(learned.numbers[~is_known], of_all[~is_known])
    assert not np.isclose(learned.numbers[is_known, -1], of_all[is_known, -1]).any()
    assert np.corrcoef(learned.numbers[is_known, -1], worth[is_known])[0, 1] > 0.5


def test_by_time_the_first_rows_have_no_target_of_their_words() -> None:
    reviews, worth = draw_reviews(300)
    blocks = cut_time_blocks(np.arange(300), None)
    learned = learn_column(Strings(np.arange(300), reviews), worth[:, np.newaxis], blocks, seed=0)
    is_unknown = np.isnan(learned.numbers[:, -1])
    assert is_unknown.tolist() == [number < 2 for number in blocks.numbers]
