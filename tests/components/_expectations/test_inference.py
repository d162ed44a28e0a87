import math
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._expectations.inference import infer_expectations, quote_column
from components._expectations.rule_parser import parse_rule
from components._expectations.spec import Expectations
from components._expectations.table_check import check_table
from components._expectations.yaml_text import write_yaml
from components._table.arrow import ARROW_TYPES
from components._table.engine import TableEngine
from components._table.storage import open_table, write_table
from pipelines.problem_file import read_mapping

N = 200
START = datetime(2024, 1, 1)


def _guess(**columns: list[Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Return the expectation of each column and its comment."""
    guess = infer_expectations(ds.dataset(pa.table(columns)))
    return {
        name: (found.expected.model_dump(exclude_defaults=True), "; ".join(found.comments))
        for name, found in guess.columns.items()
    }


@pytest.mark.parametrize(
    ("cells", "expected", "comment"),
    [
        (
            list(range(18, 92)) * 3,
            {"type": "integer", "nullable": False, "min": 0, "max": 170},
            "every row has a value; seen: 18 to 91",
        ),
        (
            [-1.5, 3.0] * N,
            {"type": "float", "nullable": False, "min": -6, "max": 7.5},
            "every row has a value; seen: -1.5 to 3",
        ),
        (
            [-7.0, -3.0] * N,
            {"type": "float", "nullable": False, "min": -11, "max": 0},
            "every row has a value; seen: -7 to -3",
        ),
        (
            [*range(100), 999],
            {"type": "integer", "nullable": False, "min": 0},
            "every row has a value; seen: 0 to 999; no max: some values are far from most others",
        ),
        (
            [-500.0, 500.0, *([0.0] * 100)],
            {"type": "float", "nullable": False},
            "every row has a value; seen: -500 to 500; no min and no max: some values are far from most",
        ),
        ([5] * N, {"type": "integer", "nullable": False}, "every row has a value; seen: 5 to 5; only one"),
        (
            [1.0, math.inf] * N,
            {"type": "float", "nullable": False},
            "every row has a value; some numbers are infinite, so no range",
        ),
        (
            [1, 2] * 40,
            {"type": "float"},
            "every row has a value, but 80 rows are too few to expect it; whole numbers, but too few rows to "
            "expect no others; seen: 1 to 2; too few rows for a range",
        ),
        (
            ["a", "b"] * N,
            {"type": "string", "nullable": False, "allowed": ("a", "b")},
            "every row has a value; seen: 2 different values",
        ),
        (
            ["a", "b"] * N + ["c"] * 4,
            {"type": "string", "nullable": False},
            "every row has a value; seen: 3 different values; some are rare, so others are likely",
        ),
        (
            [f"v{i}" for i in range(21)] * 20,
            {"type": "string", "nullable": False},
            "every row has a value; seen: 21 different values; too many for a list",
        ),
        (
            ["a", "b"] * 20,
            {"type": "string"},
            "every row has a value, but 40 rows are too few to expect it; seen: 2 different values; too few "
            "rows for a list, so others are likely",
        ),
        (
            [START + timedelta(days=i) for i in range(N * 3)],
            {"type": "datetime", "nullable": False},
            "every row has a value; seen: 2024 to 2025; no range, because time goes on",
        ),
        ([True, False] * N, {"type": "boolean", "nullable": False}, "every row has a value"),
        (
            [True, False, None, True] * N,
            {"type": "boolean", "max_null_share": 0.51},
            "25.0% of the rows have no value",
        ),
        ([True, None] * N, {"type": "boolean"}, "50.0% of the rows have no value"),
        ([True] * 2999 + [None], {"type": "boolean", "max_null_share": 0.02}, "less than 0.1% of the rows"),
    ],
)  # fmt: skip
def test_what_is_expected_is_wider_than_what_was_seen(
    cells: list[Any], expected: dict[str, Any], comment: str
) -> None:
    ((found, said),) = _guess(x=cells).values()
    assert found == expected
    assert said.startswith(comment)


def test_a_column_without_values_is_expected_and_nothing_of_it() -> None:
    guess = infer_expectations(ds.dataset(pa.table({"x": pa.array([None] * N, pa.string())})))
    assert guess.columns["x"].expected.model_dump(exclude_defaults=True) == {}
    assert guess.rows.min == N // 2


SECRET = [f"Q{i * 7919 % 100_003:06d}" for i in range(N)]


def test_no_value_of_an_identifier_or_a_free_text_is_told() -> None:
    guess = infer_expectations(
        ds.dataset(
            pa.table(
                {
                    "code": SECRET,
                    "again": [*SECRET[:-1], SECRET[0]],
                    "customer_id": [40_001, 40_002] * (N // 2),
                    "number": list(range(70_001, 70_001 + N)),
                    "note": [f"the person {text} called us today" for text in SECRET],
                }
            )
        )
    )
    text = write_yaml(guess, "t.csv")
    assert "Q0" not in text
    assert "4000" not in text
    assert "7000" not in text
    assert "person" not in text
    uniques = {name: found.expected.unique for name, found in guess.columns.items()}
    assert uniques == {"code": True, "again": False, "customer_id": False, "number": True, "note": False}


def test_dates_that_are_in_order_in_every_row_are_proposed_as_a_rule() -> None:
    days = [START + timedelta(days=i) for i in range(N)]
    later = [None if i < 9 else day + timedelta(days=3) for i, day in enumerate(days)]
    table = pa.table({"last day": later, "first": days, "a`b": days, "other": days[::-1], "copy": days})
    guess = infer_expectations(ds.dataset(table))
    assert guess.rules == ("first <= `last day`", "copy <= `last day`")
    assert '#     expression: "first <= `last day`"' in write_yaml(guess, "t.csv")


@pytest.mark.parametrize("name", ["end", "class", "list price", "null", "größe", "2024"])
def test_a_column_is_written_as_a_rule_reads_it(name: str) -> None:
    assert parse_rule(f"{quote_column(name)} > 1").columns == (name,)


_CELLS = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(),
    "boolean": st.booleans(),
    "string": st.text(max_size=5),
    "datetime": st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
}


@st.composite
def _draw_tables(draw: st.DrawFn) -> pa.Table:
    kinds = draw(
        st.dictionaries(st.text(min_size=1, max_size=8), st.sampled_from(sorted(_CELLS)), max_size=4)
    )
    n_rows = draw(st.sampled_from([1, 3, 30, 130]))
    columns = {}
    for name, kind in kinds.items():
        some = draw(st.lists(st.none() | _CELLS[kind], min_size=1, max_size=6))
        columns[name] = pa.array([some[i % len(some)] for i in range(n_rows)], ARROW_TYPES[kind])  # type: ignore[index]
    return pa.table(columns)


@settings(deadline=None, max_examples=60)
@given(table=_draw_tables())
def test_a_table_meets_the_expectations_that_are_read_from_its_file(table: pa.Table) -> None:
    with TemporaryDirectory() as folder:
        write_table(table.to_batches(), table.schema, Path(folder, "table"))
        stored = str(Path(folder, "table"))
        guess = infer_expectations(open_table(stored))
        Path(folder, "e.yaml").write_text(write_yaml(guess, "t.csv"), encoding="utf-8")
        read = Expectations.from_settings(read_mapping(str(Path(folder, "e.yaml")), "expectations"))
        assert read == guess.expectations
        with TableEngine(256 << 20, folder) as engine:
            assert not check_table(stored, read, engine).broken
