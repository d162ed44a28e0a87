import numpy as np
import pandas as pd

from components._table.schema import Kind
from tests.components.eda.suspects import make_suspects

KINDS: dict[str, Kind] = {"a": "float", "b": "float", "id": "integer"}
FRAME = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 5, 4], "id": [7, 8, 9], "y": np.arange(3.0)})


def test_suspects_know_their_findings_and_the_base_without_a_column() -> None:
    suspects = make_suspects(FRAME, KINDS, {"id": "unique", "a": "skewed"})
    assert suspects.base == ("a", "b")
    assert suspects.drop("a") == ("b",)
    assert [item.column for item in suspects.select("unique")] == ["id"]
    assert suspects.get_numbers("b").median == 4.0
