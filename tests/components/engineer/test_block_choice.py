import pytest

from components.engineer.block_choice import Attempt, BlockChoice
from components.engineer.workload import Workload

ARITHMETIC = Attempt("Arithmetic of numbers", 9, -0.123, 0.02, [["ratio", "a", "b"], ["product", "a", "b"]])
CROSSES = Attempt("Crosses of categories", 1, -0.04, 0.01, [["cross", "s", "t"]])
DATES = Attempt("Dates", 6, 0.01, 0.03, [])


def choose(*attempts: Attempt, reason: str = "", untried: tuple[str, ...] = ()) -> BlockChoice:
    workload = Workload(800, 60, 3, 2) if attempts else None
    return BlockChoice(workload, reason, "log loss", 0.5, list(attempts), list(untried))


def test_the_derivations_are_those_of_all_kept_blocks_in_their_order() -> None:
    choice = choose(ARITHMETIC, DATES, CROSSES)
    assert choice.derivations == [*ARITHMETIC.kept, *CROSSES.kept]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (choose(reason="20 rows are too few."), "No block of features was tried. 20 rows are too few."),
        (choose(DATES), "0 of 1 blocks kept."),
        (
            choose(ARITHMETIC, DATES, CROSSES),
            "2 of 3 blocks kept: Arithmetic of numbers (log loss -12.3%), Crosses of categories (log loss "
            "-4.0%).",
        ),
        (
            choose(DATES, untried=("Words of review",)),
            "0 of 1 blocks kept. The budget is too short to try Words of review.",
        ),
    ],
)
def test_the_sentence_says_what_was_decided(choice: BlockChoice, sentence: str) -> None:
    assert choice.sentence == sentence
