import pytest

from components._table.schema import Column
from components.validate.evidence import find_column, has_variation
from tests.components.validate.evidence import make_evidence


def test_features_are_the_columns_without_a_role() -> None:
    evidence = make_evidence({"identifiers": ["color"]}, z=[1] * 40)
    assert [column.name for column in evidence.features] == ["x", "z"]


@pytest.mark.parametrize(("name", "found"), [("x", "x"), ("X", None), (None, None)])
def test_a_column_is_found_by_its_name(name: str | None, found: str | None) -> None:
    column = find_column(make_evidence(), name)
    assert (column and column.name) == found


@pytest.mark.parametrize(
    ("n_null", "n_distinct", "expected"), [(0, 2, True), (1, 1, True), (0, 1, False), (5, 0, False)]
)
def test_nulls_beside_one_value_vary(n_null: int, n_distinct: int, expected: bool) -> None:
    assert has_variation(Column("c", "integer", n_null, n_distinct)) is expected
