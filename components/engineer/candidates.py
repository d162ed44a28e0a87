"""The blocks of features that the gate tries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from components._recipe.derivations import Derivation

# The columns with the largest gains that each block is made of.
_NUMBERS_OF_ARITHMETIC = 6
_STRINGS_OF_CROSSES = 4
_NUMBERS_OF_GROUPS, _STRINGS_OF_GROUPS = 3, 3
_STRINGS_OF_FREQUENCIES = 8
_DATES = 3
_DAYS_OF_CYCLES = {"year": 365, "week": 7, "day": 1}
# Each cross has a feature for each class, and so have the words of a text.
_MOST_FEATURES = 30


@dataclass(frozen=True)
class Block:
    """Features that are tried together.

    Attributes
    ----------
    title : str
        Its name on the page.
    derivations : list of list of str
        Kind and columns of each derivation.
    """

    title: str
    derivations: list[Derivation]


def propose_blocks(
    numbers: Sequence[str],
    strings: Sequence[str],
    dates: Sequence[str],
    gains: Mapping[str, float],
    n_outputs: int,
    calendar: Sequence[Derivation] = (),
    texts: Sequence[str] = (),
) -> list[Block]:
    """Return the blocks to try, in this order; blocks without a feature are left out.

    Parameters
    ----------
    numbers, strings, dates : sequence of str
        Columns by their kind.
    gains : mapping of str to float
        What trees gain from each column; columns that gain nothing are not used.
    n_outputs : int
        Number of mean targets of a category: the classes of a multiclass problem, else 1.
    calendar : sequence of list of str
        The derivations of the event time, see ``list_calendar``.
    texts : sequence of str
        Texts, which trees cannot gain from as they are.
    """
    of_numbers, of_strings, of_dates = (
        sorted((name for name in names if gains.get(name, 0.0) > 0), key=lambda name: -gains[name])
        for names in (numbers, strings, dates)
    )
    blocks = [
        *(Block(name_words(text), _list_words(text, n_outputs)) for text in texts),
        Block("Calendar of the event time", list(calendar)),
        Block("Arithmetic of numbers", list(_iterate_arithmetic(of_numbers[:_NUMBERS_OF_ARITHMETIC]))),
        Block("Crosses of categories", _list_crosses(of_strings[:_STRINGS_OF_CROSSES], n_outputs)),
        Block(
            "Numbers by category",
            list(_iterate_groups(of_numbers[:_NUMBERS_OF_GROUPS], of_strings[:_STRINGS_OF_GROUPS])),
        ),
        Block(
            "Frequencies of categories",
            [["frequency", name] for name in of_strings[:_STRINGS_OF_FREQUENCIES]],
        ),
        Block("Dates", list(_iterate_dates(of_dates[:_DATES]))),
    ]
    return [block for block in blocks if block.derivations]


def name_words(text: str) -> str:
    """Return the title of the block of a text's words."""
    return f"Words of {text}"


def list_calendar(event_time: str, times: np.ndarray, dates: Sequence[str]) -> list[Derivation]:
    """Return what can be made of an event time without its position, which no later row has.

    A cycle must have been seen twice: of a single year, a month is a position.

    Parameters
    ----------
    event_time : str
        The event time.
    times : ndarray of datetime64, shape (n_rows,)
        Its values.
    dates : sequence of str
        Other dates, which are counted from it.
    """
    span = times.max() - times.min()
    cycles = [
        [f"{cycle}_cycle", event_time]
        for cycle, days in _DAYS_OF_CYCLES.items()
        if span >= np.timedelta64(2 * days, "D")
    ]
    return [*cycles, *(["days_between", event_time, date] for date in dates)]


def _list_words(text: str, n_outputs: int) -> list[Derivation]:
    kinds = ["text_length", "text_topics"]
    if n_outputs <= _MOST_FEATURES:
        kinds.append("text_target")
    return [[kind, text] for kind in kinds]


def _iterate_arithmetic(numbers: Sequence[str]) -> Iterator[Derivation]:
    for left, right in combinations(numbers, 2):
        yield from ([kind, left, right] for kind in ("product", "difference", "ratio"))


def _list_crosses(strings: Sequence[str], n_outputs: int) -> list[Derivation]:
    pairs = [["cross", left, right] for left, right in combinations(strings, 2)]
    return pairs[: _MOST_FEATURES // n_outputs]


def _iterate_groups(numbers: Sequence[str], strings: Sequence[str]) -> Iterator[Derivation]:
    kinds = ("group_mean", "group_deviation", "difference_to_group", "ratio_to_group")
    for number in numbers:
        for string in strings:
            yield from ([kind, number, string] for kind in kinds)


def _iterate_dates(dates: Sequence[str]) -> Iterator[Derivation]:
    yield from (["days_between", later, earlier] for later, earlier in combinations(dates, 2))
    for date in dates:
        yield from ([f"{cycle}_cycle", date] for cycle in ("year", "week", "day"))
