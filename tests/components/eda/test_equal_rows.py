import pandas as pd

from tests.explored_rows import open_explored_rows

# 0.0 and -0.0 are equal, and so are nulls; a null is not equal to an empty text.
FRAME = pd.DataFrame(
    {
        "x": [0.0, -0.0, 1.0, None, None, 1.0],
        "it's": ["a", "a", "a", None, None, ""],
        "y": [1.0, 2.0, 1.0, 3.0, 3.0, 4.0],
    }
)


def test_rows_are_grouped_by_all_columns_and_read_again() -> None:
    with (
        open_explored_rows(FRAME, {"x": "float", "it's": "string"}) as rows,
        rows.group_equal_rows(["x", "it's"]) as equal,
    ):
        sizes, n_targets, most, least = equal.query(["size", "n_targets", "most", "least"], "ORDER BY ALL")
        assert sizes == [1, 1, 2, 2]
        assert n_targets == [1, 1, 1, 2]
        assert most == [1, 1, 2, 1]
        assert least == [0, 1, 0, 1]
        ((group,),) = equal.query(["row_hash"], "WHERE n_targets > 1")
        for targets in (equal.read_targets(), equal.read_targets([group])):
            assert targets["target"].tolist() == [1.0, 2.0]
            assert targets["n"].tolist() == [1, 1]
        assert equal.read_cells([group], ["it's", "x"]).to_dict("records") == [{"it's": "a", "x": 0.0}]
