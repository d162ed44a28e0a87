from pathlib import Path

import pytest

from components._problem.spec import Problem
from components.errors import InvalidSetting
from pipelines.data.key_choice import choose_key
from pipelines.data.table_comparison import find_common_kinds
from pipelines.data.table_version import TableVersion
from tests.pipelines.data.versions import write_version


def _choose(old: TableVersion, new: TableVersion, given: tuple[str, ...] = ()) -> tuple[tuple[str, ...], str]:
    chosen = choose_key(old, new, find_common_kinds(old, new), given)
    return chosen.columns, chosen.reason


@pytest.mark.parametrize(
    ("columns", "key", "reason"),
    [
        ({"size": [1.5, 2.5], "name": ["a", "b"], "id": [1, 2]}, ("id",), "unique in both"),
        ({"size": [1.5, 2.5], "name": ["a", "b"], "plan": ["x", "x"]}, ("name",), "unique in both"),
        ({"customer_id": [1, 1, 2], "month": [1, 2, 1]}, ("customer_id", "month"), "together are unique"),
        ({"customer_id": [1] * 2 + [*range(2, 60)], "x": [0.0] * 60}, ("customer_id",), "few of its values"),
        ({"customer_id": [None, *range(59)], "x": [0.0] * 60}, ("customer_id",), "few of its values"),
        # A pair without the name of a key may be unique by chance.
        (
            {"age": [1, 1, 2], "city": ["a", "b", "a"]},
            (),
            "rewritten row counts as one removed and one added",
        ),
        # A measurement is no key, however different its values are.
        ({"size": [1.5, 2.5]}, (), "No column"),
        ({"id": [1, None], "size": [1.5, 2.5]}, ("id",), "few of its values"),
    ],
)
def test_a_key_is_chosen_and_the_reason_said(tmp_path: Path, columns: dict, key: tuple, reason: str) -> None:
    old, new = (write_version(tmp_path / name, columns) for name in ("old", "new"))
    chosen, said = _choose(old, new)
    assert chosen == key
    assert reason in said


def test_the_problems_identifiers_come_first_and_given_columns_before_them(tmp_path: Path) -> None:
    problem = Problem(target="y", identifiers=("code",))
    columns = {"id": [1, 2], "code": ["a", "a"], "y": [0, 1]}
    old = write_version(tmp_path / "old", columns, problem=problem)
    new = write_version(tmp_path / "new", columns)
    assert _choose(old, new) == (
        ("code",),
        "Rows are matched by code: identifiers in the problem of the table old.",
    )
    assert _choose(old, new, ("id", "y"))[0] == ("id", "y")


def test_a_given_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    old = write_version(tmp_path / "old", {"id": [1], "x": [1]})
    new = write_version(tmp_path / "new", {"id": [1]})
    with pytest.raises(InvalidSetting, match="The key column 'x' is not in new"):
        _choose(old, new, ("x",))


def test_the_target_is_no_key(tmp_path: Path) -> None:
    old = write_version(tmp_path / "old", {"price": [1, 2]}, problem=Problem(target="price"))
    assert _choose(old, old)[0] == ()
