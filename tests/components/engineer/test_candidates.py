import numpy as np
import pytest

from components.engineer.candidates import Block, list_calendar, propose_blocks


def find(blocks: list[Block], title: str) -> list[list[str]]:
    return next(block.derivations for block in blocks if block.title == title)


def test_blocks_are_made_of_the_columns_that_trees_gain_from() -> None:
    gains = {"a": 1.0, "b": 3.0, "void": 0.0, "s": 1.0, "t": 2.0, "d": 1.0, "e": 2.0}
    blocks = propose_blocks(["a", "b", "void", "unknown"], ["s", "t"], ["d", "e"], gains, n_outputs=1)
    assert find(blocks, "Arithmetic of numbers") == [
        ["product", "b", "a"],
        ["difference", "b", "a"],
        ["ratio", "b", "a"],
    ]
    assert find(blocks, "Crosses of categories") == [["cross", "t", "s"]]
    assert ["ratio_to_group", "a", "s"] in find(blocks, "Numbers by category")
    assert len(find(blocks, "Numbers by category")) == 2 * 2 * 4
    assert find(blocks, "Frequencies of categories") == [["frequency", "t"], ["frequency", "s"]]
    assert find(blocks, "Dates") == [
        ["days_between", "e", "d"],
        *(["year_cycle", "e"], ["week_cycle", "e"], ["day_cycle", "e"]),
        *(["year_cycle", "d"], ["week_cycle", "d"], ["day_cycle", "d"]),
    ]


def test_a_block_is_bounded_however_many_columns_there_are() -> None:
    numbers, strings, dates = ([f"{kind}{i}" for i in range(50)] for kind in "nsd")
    gains = dict.fromkeys([*numbers, *strings, *dates], 1.0)
    blocks = propose_blocks(numbers, strings, dates, gains, n_outputs=1)
    assert len(blocks) == 5
    assert max(len(block.derivations) for block in blocks) <= 45


def test_many_classes_leave_room_for_few_crosses() -> None:
    gains = dict.fromkeys("stuv", 1.0)
    crosses = [
        len(find(propose_blocks([], list("stuv"), [], gains, n), "Crosses of categories")) for n in (1, 10)
    ]
    assert crosses == [6, 3]
    titles = [block.title for block in propose_blocks([], list("stuv"), [], gains, 50)]
    assert titles == ["Frequencies of categories"]


def test_a_single_number_has_no_block() -> None:
    assert propose_blocks(["a"], [], [], {"a": 1.0}, 1) == []


@pytest.mark.parametrize(
    ("days", "cycles"),
    [
        (1.5, []),
        (3, ["day"]),
        (20, ["week", "day"]),
        # Of a single year, a month is a position, which no later row has.
        (400, ["week", "day"]),
        (800, ["year", "week", "day"]),
    ],
)
def test_a_cycle_of_the_event_time_must_have_been_seen_twice(days: float, cycles: list[str]) -> None:
    hours = np.arange(0, 24 * days + 1).astype("timedelta64[h]")
    calendar = list_calendar("t", np.datetime64("2024-01-01") + hours, ["d"])
    assert calendar == [*([f"{cycle}_cycle", "t"] for cycle in cycles), ["days_between", "t", "d"]]


def test_the_calendar_is_tried_first() -> None:
    blocks = propose_blocks(["a", "b"], [], [], {"a": 1.0, "b": 1.0}, 1, [["week_cycle", "t"]])
    assert [block.title for block in blocks] == ["Calendar of the event time", "Arithmetic of numbers"]


@pytest.mark.parametrize(("n_outputs", "kinds"), [(30, 3), (31, 2)])
def test_each_text_is_a_block_of_its_own_and_comes_first(n_outputs: int, kinds: int) -> None:
    gains = {"a": 1.0, "b": 1.0}
    blocks = propose_blocks(["a", "b"], [], [], gains, n_outputs, [["week_cycle", "t"]], ["x", "z"])
    assert [block.title for block in blocks] == [
        "Words of x",
        "Words of z",
        "Calendar of the event time",
        "Arithmetic of numbers",
    ]
    of_text = [["text_length", "x"], ["text_topics", "x"], ["text_target", "x"]]
    assert blocks[0].derivations == of_text[:kinds]
