from datetime import datetime
from typing import Any

import pytest

from components._model.usual_row import compute_usual_row
from components._table.schema import Kind


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("string", {"categories": {"a": 0.2, "b": 0.5, "c": 0.3}}, "b"),
        # Of free text the profile has lengths only.
        ("string", {"starts": [3.0, 9.0], "shares": [0.5, 0.5]}, None),
        ("float", {"starts": [1.5, 2.5, 9.0], "shares": [0.4, 0.4, 0.2]}, 2.5),
        ("integer", {"starts": [], "shares": []}, None),
        ("boolean", {"starts": [0.0, 1.0], "shares": [0.3, 0.7]}, 1.0),
        ("datetime", {"starts": [0.0, 86_400.0], "shares": [0.4, 0.6]}, datetime(1970, 1, 2)),
    ],
)
def test_it_is_the_most_frequent_category_or_the_start_of_the_middle_bin(
    kind: Kind, facts: dict[str, Any], expected: object
) -> None:
    assert compute_usual_row({"x": kind}, {"columns": {"x": facts}}) == [expected]
