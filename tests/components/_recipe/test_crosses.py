import numpy as np

from components._recipe.crosses import add_crosses, learn_crosses, name_pairs

CATEGORIES = {"s": ["x", "y"], "t": ["a", "b", "c"]}
# Five rows of x & b, five of y & a, and four of y & c.
COLUMNS = {"s": np.repeat([0, 1, 1], [5, 5, 4]), "t": np.repeat([1, 0, 2], [5, 5, 4])}


def test_pairs_of_five_rows_are_kept_and_rarer_ones_count_as_one() -> None:
    crosses = learn_crosses([["frequency", "s"], ["cross", "s", "t"]], COLUMNS, CATEGORIES)
    assert crosses == {"s & t": {"columns": ["s", "t"], "width": 3, "pairs": [1, 3]}}
    assert name_pairs(crosses["s & t"], CATEGORIES) == ["x & b", "y & a", "(other)"]


def test_codes_are_positions_among_the_names() -> None:
    crosses = learn_crosses([["cross", "s", "t"]], COLUMNS, CATEGORIES)
    columns = {"s": np.array([0, 1, 1, 0]), "t": np.array([1, 0, 2, 2])}
    added = add_crosses(columns, crosses)
    assert added["s & t"].tolist() == [0, 1, 2, 2]
    assert list(columns) == ["s", "t"]


def test_no_cross_takes_the_name_of_a_column_or_of_another_cross() -> None:
    columns = {**COLUMNS, "s & t": np.zeros(14)}
    assert list(learn_crosses([["cross", "s", "t"]] * 2, columns, CATEGORIES)) == ["s & t_2", "s & t_3"]
