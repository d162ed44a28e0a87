from typing import Any

import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.storage import hash_rows
from components.split.overlap import Side, describe_overlap

TRAIN = pd.DataFrame({"x": [1.0, 2.0, None], "who": ["a", "b", None], "when": [1, 2, 3], "y": [0, 1, 0]})
COPIES = "Test rows that are also training rows: 1 of 2. The scores may be too good."
GROUPS = "Test rows whose 'who' is also in the training rows: 1 of 2."
EARLY = "Test rows that are not later than all training rows, by 'when': 2 of 2."


def _make_sides(test: pd.DataFrame) -> tuple[Side, Side]:
    hashes = hash_rows(pd.concat([TRAIN, test], ignore_index=True))
    return Side(TRAIN, hashes[: len(TRAIN)]), Side(test, hashes[len(TRAIN) :])


@pytest.mark.parametrize(
    ("test", "settings", "expected"),
    [
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [1, 3], "y": [0, 0]}, {}, (COPIES,)),
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [1, 3], "y": [1, 0]}, {}, ()),
        ({"x": [1.0, 1.0], "who": ["a", "c"], "when": [4, 4], "y": [0, 0]}, {"group": "who"}, (GROUPS,)),
        ({"x": [1.0, 1.0], "who": ["d", "c"], "when": [1, 3], "y": [0, 0]}, {"event_time": "when"}, (EARLY,)),
        ({"x": [9.0, 9.0], "who": ["d", "c"], "when": [4, 5], "y": [0, 0]}, {"event_time": "when"}, ()),
    ],
)
def test_what_both_sides_share_is_counted(
    test: dict[str, list[Any]], settings: dict[str, str], expected: tuple[str, ...]
) -> None:
    problem = Problem.from_settings({"target": "y", **settings})
    assert describe_overlap(*_make_sides(pd.DataFrame(test)), problem) == expected
