from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.data.table_comparison import NAMED_CELLS, compare_rows, find_common_kinds
from tests.pipelines.data.versions import write_version

_VALUES = {
    "count": st.none() | st.integers(-(2**63), 2**63 - 1),
    "size": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "name": st.none() | st.text("abÄ '", max_size=4),
    "is_new": st.none() | st.booleans(),
    "day": st.none() | st.integers(0, 3).map(lambda days: datetime(2026, 1, 1) + timedelta(days=days)),
}
_TYPED = {"count": 0, "size": 0.0, "name": "", "is_new": True, "day": datetime(2026, 1, 1)}
_ROW = st.fixed_dictionaries(_VALUES)


def _to_columns(rows: list[dict]) -> dict[str, list]:
    """Return the columns of rows, with a row before them that gives each column its type."""
    rows = [{"id": -1, **_TYPED}, *rows]
    return {name: [row[name] for row in rows] for name in rows[0]}


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(_ROW, min_size=1, max_size=12), edits=st.data())
def test_exactly_the_edits_are_found(rows: list[dict], edits: st.DataObject) -> None:
    old = [{"id": number, **row} for number, row in enumerate(rows)]
    gone = edits.draw(st.sets(st.sampled_from(range(len(old)))), "removed")
    new = [dict(row) for row in old if row["id"] not in gone]
    expected = {}
    for row in new:
        for column in edits.draw(st.sets(st.sampled_from(sorted(_VALUES)), max_size=2), "edited"):
            value = edits.draw(_VALUES[column], column)
            if value != row[column]:
                expected[row["id"], column] = (row[column], value)
                row[column] = value
    n_added = edits.draw(st.integers(0, 3), "added")
    new += [{"id": len(old) + number, **_TYPED} for number in range(n_added)]
    new = edits.draw(st.permutations(new), "order")
    with TemporaryDirectory() as folder:
        before, after = (
            write_version(Path(folder) / name, _to_columns(side))
            for name, side in (("old", old), ("new", new))
        )
        kinds = find_common_kinds(before, after)
        found = compare_rows(before, after, kinds, ["id"])
        whole = compare_rows(before, after, kinds, [])
    assert {(cell.key[0], cell.column): (cell.old, cell.new) for cell in found.cells} == expected
    assert found.changed == Counter(column for _, column in expected)
    assert {row["id"] for row in found.removed} == gone
    assert {row["id"] for row in found.added} == {*range(len(old), len(old) + n_added)}
    n_rewritten = len({key for key, _ in expected})
    assert len(found.match.rewritten) == n_rewritten
    assert found.match.n_same == 1 + len(old) - len(gone) - n_rewritten
    # Without a key, a rewritten row is one removed and one added.
    assert (len(whole.match.removed), len(whole.match.added)) == (
        len(gone) + n_rewritten,
        n_added + n_rewritten,
    )
    assert not len(whole.match.rewritten)


def test_the_few_changes_of_a_column_are_named_beside_the_many_of_another(tmp_path: Path) -> None:
    n = 3 * NAMED_CELLS
    old = write_version(tmp_path / "old", {"id": [*range(n)], "a": [1.0] * n, "b": ["x"] * n})
    new = write_version(tmp_path / "new", {"id": [*range(n)], "a": [2.0] * n, "b": ["x"] * (n - 1) + ["y"]})
    found = compare_rows(old, new, find_common_kinds(old, new), ["id"])
    assert found.changed == {"a": n, "b": 1}
    assert [cell.key for cell in found.cells if cell.column == "b"] == [(n - 1,)]
    assert [cell.column for cell in found.cells[:3]] == ["a", "b", "a"]
    assert len(found.cells) == NAMED_CELLS + 1
