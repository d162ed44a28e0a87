from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components._readings.column_evidence import MOST_CATEGORIES, MOST_SHAPES, ColumnEvidence
from components._readings.facts import FEW_NUMBERS
from components._table.cells import MIXED
from components._table.reading import NULL_MARKS
from tests.components._readings.columns import gather


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "0"], {"n_whole": 3, "smallest": -2, "largest": 1, "n_small": 3}),
        (["999", "1000"], {"n_whole": 2, "n_small": 1}),
        (["999999999999999999"], {"n_whole": 1}),
        (["1.050", "-2.600"], {"n_three_decimals": 2}),
        (["0.125", "1.5", ".5", "1.", "1e-07", "1.5E+3", "inf"], {"n_decimal": 7}),
        (["1000.125"], {"n_decimal": 1}),
        (["2024-01-31", "2024-01-31 10:20", "2024-01-31T10:20:30.123456789"], {"n_iso": 3}),
        (["20240131", "20241301"], {"n_whole": 2, "n_packed": 1}),
    ],
)
def test_plain_texts_are_distinguished(cells: list[str], expected: dict[str, int]) -> None:
    evidence = gather(cells)
    assert {name: getattr(evidence.plain, name) for name in expected} == expected
    assert evidence.shapes == {}
    assert evidence.n_known == len(cells)


@pytest.mark.parametrize(
    ("cells", "shapes"),
    [
        (["31.12.2024", "01.02.2023"], {"99.99.9999": (2, [31, 12, 2024], True, False)}),
        (["1,250.50", "2,000.00"], {"9,999.99": (2, [2, 250, 50], False, False)}),
        (["0,125"], {"9,999": (1, [0, 125], False, True)}),
        (["007", "010"], {"999": (2, [10], True, False)}),
        (["9999999999999999999"], {"9" * 19: (1, [], False, False)}),
        (["a", "b", "a"], {"a": (2, [], False, False), "b": (1, [], False, False)}),
        (["1 000"], {"9 999": (1, [1, 0], False, False)}),
    ],
)
def test_other_texts_have_shapes(cells: list[str], shapes: dict[str, Any]) -> None:
    found = {
        shape: (facts.n, facts.largest, facts.is_code, facts.has_zero)
        for shape, facts in gather(cells).iterate_shapes()
    }
    assert found == shapes


@pytest.mark.parametrize(
    ("cells", "nulls", "n_known", "n_null"),
    [
        (["1", None, ""], (), 1, 2),
        (["1", " n/a ", "N/A", "-"], NULL_MARKS, 1, 3),
        (["1", "n/a"], (), 2, 0),
        (["1", "k.A."], ("k.a.",), 1, 1),
        (["1", "weiß nicht", "Weiß Nicht"], ("weiss nicht",), 1, 2),
        (["\u00a0", "\ufeff", "\t"], (), 0, 3),
    ],
)
def test_nulls_are_counted_and_left_out(
    cells: list[str | None], nulls: tuple[str, ...], n_known: int, n_null: int
) -> None:
    evidence = gather(cells, nulls)
    assert (evidence.n_known, evidence.n_null) == (n_known, n_null)


def test_native_cells_are_counted_by_kind() -> None:
    evidence = ColumnEvidence(())
    evidence.add(pa.array([1, None]))
    evidence.add(pa.array([0.5]))
    evidence.add(pa.nulls(2))
    assert evidence.natives == {"integer": 1, "float": 1}
    assert (evidence.n_known, evidence.n_null) == (2, 3)


def test_mixed_cells_are_texts_and_numbers() -> None:
    evidence = ColumnEvidence(())
    evidence.add(pa.array([{"number": 1.5}, {"text": "x"}, {}, {"text": ""}], MIXED))
    assert evidence.natives == {"float": 1}
    assert list(evidence.shapes or ()) == ["x"]
    assert (evidence.n_known, evidence.n_null) == (2, 2)


def test_native_placeholder_dates_are_counted() -> None:
    cells = pa.array([0, 253_402_214_400_000_000, None], pa.timestamp("us"))
    evidence = ColumnEvidence(())
    evidence.add(cells)
    assert evidence.n_far == 1


def test_free_text_has_neither_shapes_nor_spellings() -> None:
    evidence = gather([f"{'x' * i}" for i in range(1, MOST_SHAPES + 2)])
    assert (evidence.shapes, evidence.spellings) == (None, None)
    evidence = gather([f"v{i}" for i in range(MOST_CATEGORIES + 1)])
    assert evidence.spellings is None
    assert evidence.shapes is not None


def test_few_but_long_texts_are_free_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._readings.column_evidence.MOST_CHARACTERS", 1_000)
    evidence = gather(["x" * 600, "x" * 600])
    assert (len(evidence.shapes or ()), len(evidence.spellings or ())) == (1, 1)
    evidence = gather(["x" * 600, "y" * 600])
    assert (evidence.shapes, evidence.spellings) == (None, None)


def test_spellings_are_counted_without_regard_to_case() -> None:
    assert gather(["Yes", "YES", "yes", "Yes", "Straße", "STRASSE"]).spellings == {
        "yes": {"Yes": 2, "YES": 1, "yes": 1},
        "strasse": {"Straße": 1, "STRASSE": 1},
    }


def test_few_different_numbers_are_kept() -> None:
    assert len(gather(map(str, range(100))).plain.distinct) == FEW_NUMBERS + 1
    assert gather(["1", "1", "2"]).plain.distinct == {"1", "2"}


PLAIN_TEXTS = st.one_of(
    st.integers(-2000, 2000).map(str),
    st.integers(19_000_101, 20_991_231).map(str),
    st.decimals(-2000, 2000, places=3).map(str),
    st.floats(allow_nan=False).map(repr),
    st.from_regex(r"\A[+-]?[0-9]{0,19}[.,]?[0-9]{0,4}\Z"),
    st.dates().map(str),
    st.datetimes().map(str),
)
OTHER_TEXTS = st.one_of(
    st.sampled_from(["", " ", "NA", "-", ".", "\u0663", "1\x00", "0x1F", "007", " 5", "5 ", "1e5", "inf"]),
    st.text("0123456789.-:T \x00\u0663", max_size=12),
    st.text(max_size=4),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    plain=st.lists(PLAIN_TEXTS, max_size=12),
    others=st.lists(st.one_of(st.none(), OTHER_TEXTS), max_size=3),
    repeats=st.integers(1, 3),
    start=st.integers(0, 2),
)
@example(plain=["1", "-2", "0.125", "1.050"], others=[""], repeats=1, start=1)
@example(plain=["2024-01-31", "2024-02-29"], others=["", "NA"], repeats=2, start=0)
@example(plain=["1", "+2.500"], others=["007"], repeats=1, start=0)
def test_evidence_by_bytes_is_that_of_patterns(
    plain: list[str], others: list[str | None], repeats: int, start: int
) -> None:
    cells = pa.array([*plain, *others] * repeats, pa.string())[start:]
    by_bytes, by_patterns = ColumnEvidence(NULL_MARKS), ColumnEvidence([*NULL_MARKS, IMPOSSIBLE_MARK])
    by_bytes.add(cells)
    by_patterns.add(cells)
    assert list_facts(by_bytes) == list_facts(by_patterns)


# A null mark that ends with a digit, so that no text is plain before it is compared with the marks.
IMPOSSIBLE_MARK = "no text of the test is mark 1"


def list_facts(evidence: ColumnEvidence) -> list[Any]:
    facts = vars(evidence.plain) | {"distinct": len(evidence.plain.distinct)}
    return [evidence.n_known, evidence.n_null, facts, evidence.shapes, evidence.spellings]
