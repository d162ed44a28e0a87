from collections.abc import Sequence

import numpy as np
import pytest

from components._compiled.steps import Strings
from components._compiled.texts import LENGTHS, LONGEST, TextNumbers, hash_terms, split_words
from tests.texts import draw_hostile_texts


def make_numbers(words: Sequence[str], n_numbers: int = 3) -> TextNumbers:
    """Return numbers of which all words and their pairs are known, with random weights."""
    terms = sorted(hash_terms(words, {}))
    rng = np.random.default_rng(0)
    weights = rng.integers(-32767, 32768, (len(terms), 1 + n_numbers))
    weights[:, 0] = np.abs(weights[:, 0]) + 1
    units, offsets = rng.random(1 + n_numbers), rng.normal(size=n_numbers)
    return TextNumbers(terms, np.minimum(weights, 32767).tolist(), units.tolist(), offsets.tolist())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  \n\t ", []),
        ("Don't PANIC, it's 42!", ["don", "t", "panic", "it", "s", "42"]),
        ("Größe ÉTÉ straße", ["größe", "été", "straße"]),
        ("很好。不錯 ok", ["很", "好", "不", "錯", "ok"]),
        ("Очень хорошо", ["очень", "хорошо"]),
        ("👍🏽 great 👩‍🚀", ["great"]),
        ("half \ud800 a pair", ["half", "a", "pair"]),
    ],
)
def test_words_are_runs_of_letters_and_digits_in_lower_case(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_a_long_text_is_cut() -> None:
    text = "word " * 1_000
    assert len(split_words(text)) == LONGEST / 5
    numbers = make_numbers(["word", "word"])
    np.testing.assert_array_equal(numbers.compute_row(text), numbers.compute_row(text[:LONGEST]))


def test_a_pair_is_neither_its_words_nor_the_two_as_one_word() -> None:
    assert len(hash_terms(["hot", "dog"], {}) | hash_terms(["dog", "hot"], {})) == 4
    assert len(hash_terms(["hot", "dog"], {}) | hash_terms(["hotdog"], {})) == 4
    assert hash_terms(["a", "a", "a"], {}) == hash_terms(["a", "a"], {})


def test_hashes_are_the_same_on_every_machine_and_with_words_that_are_known() -> None:
    known = {"good": (b" good", 1234)}
    assert hash_terms(["good"], {}) == {1243826583}
    assert hash_terms(["good"], known) == {1234}


@pytest.mark.parametrize("seed", range(5))
def test_a_text_has_the_same_numbers_alone_and_in_a_column_to_the_last_bit(seed: int) -> None:
    texts = draw_hostile_texts(300, seed)
    numbers = make_numbers([word for text in texts[:40] for word in split_words(text)][:2_000])
    values = list(dict.fromkeys(texts))
    codes = np.array([values.index(text) for text in texts])
    together = numbers(Strings(codes, values))
    alone = np.array([numbers.compute_row(text) for text in texts])
    np.testing.assert_array_equal(together, alone)
    assert np.isfinite(together).all()
    # Many texts are added up in several blocks.
    often = numbers(Strings(np.tile(codes, 3), values))
    np.testing.assert_array_equal(often, np.tile(together, (3, 1)))


def test_blocks_of_texts_do_not_matter() -> None:
    words = [f"w{i}" for i in range(400)]
    numbers = make_numbers(words)
    texts = [" ".join(np.roll(words, i)) for i in range(300)]
    together = numbers(Strings(np.arange(len(texts)), texts))
    np.testing.assert_array_equal(together, np.array([numbers.compute_row(text) for text in texts]))


def test_lengths_and_shares_are_counted() -> None:
    numbers = make_numbers(["x"], n_numbers=0)
    lengths = dict(zip(LENGTHS, numbers.compute_row("AB c 12"), strict=True))
    assert lengths == {"is_null": 0, "characters": 7, "words": 3, "capitals": 2 / 7, "digits": 2 / 7}
    assert numbers.compute_row("").tolist() == [0.0] * len(LENGTHS)


def test_a_null_is_no_empty_text() -> None:
    numbers = make_numbers(["x"])
    null, empty = numbers(Strings(np.array([-1, 0]), [""]))
    np.testing.assert_array_equal(null, numbers.null)
    assert null[0] == 1.0
    assert np.isnan(null[1:]).all()
    assert empty[0] == 0.0
    assert np.isfinite(empty).all()


def test_a_column_of_nulls_has_nulls() -> None:
    numbers = make_numbers(["x"])
    np.testing.assert_array_equal(numbers(Strings(np.array([-1, -1]), [])), np.tile(numbers.null, (2, 1)))


def test_a_text_without_known_terms_has_the_offsets() -> None:
    numbers = TextNumbers([7], [[100, 5]], [0.5, 2.0], [-3.0])
    assert numbers.compute_row("unknown words").tolist()[len(LENGTHS) :] == [-3.0]
    assert TextNumbers([], [], [1.0, 1.0], [-3.0]).compute_row("a b").tolist()[len(LENGTHS) :] == [-3.0]


def test_a_number_is_the_mean_of_the_weights_of_normalised_tf_idf() -> None:
    good, bad = sorted(hash_terms(["good"], {})), sorted(hash_terms(["bad"], {}))
    numbers = TextNumbers([*good, *bad], [[4, 10], [9, -6]], [1.0, 0.5], [1.0])
    *_, value = numbers.compute_row("good bad good")
    assert value == pytest.approx((10 * 0.5 - 6 * 0.5) / np.sqrt(4 + 9) + 1.0)
