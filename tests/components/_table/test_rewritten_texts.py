"""Rewritten texts: only those that surely have the form are made plain."""

import pyarrow as pa
import pytest

from components._table.rewritten_texts import rewrite_dates, rewrite_numbers


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands", "expected"),
    [
        (["1,5", "-20", "+0,25"], ",", "", ["1.5", "-20", "+0.25"]),
        (["1.234,5", "-1.234.567", "999"], ",", ".", ["1234.5", "-1234567", "999"]),
        (["1,234.5", "12"], ".", ",", ["1234.5", "12"]),
        (["1 234", "1'234"], ",", " ", None),
        (["12.34,5"], ",", ".", None),
        (["1234.567"], ",", ".", None),
        (["1..234"], ",", ".", None),
        (["1.23.456"], ",", ".", None),
        ([".123"], ",", ".", None),
        (["1,234.567"], ",", ".", None),
        (["1,2,3"], ",", "", None),
        (["1-2"], ",", "", None),
        (["12,34,567"], ".", ",", None),
        (["1,5 €"], ",", "", None),
        (["1,5", ""], ",", "", None),
        (["1\u00a0234"], ",", " ", None),
    ],
)
def test_numbers_in_a_style_become_plain(
    texts: list[str], decimal: str, thousands: str, expected: list[str] | None
) -> None:
    found = rewrite_numbers(pa.array(["7", *texts])[1:], decimal, thousands)
    assert (None if found is None else found.to_pylist()) == expected


@pytest.mark.parametrize(
    ("texts", "form", "expected"),
    [
        (["31.01.2026", "01.12.2025"], "%d.%m.%Y", ["2026-01-31", "2025-12-01"]),
        (["01/31/2026 10:20"], "%m/%d/%Y", ["2026-01-31 10:20"]),
        (["2026/01/31"], "%Y/%m/%d", ["2026-01-31"]),
        (["31.01.2026", "1.12.2025"], "%d.%m.%Y", None),
        (["31.01.2026", "01/12/2025"], "%d.%m.%Y", None),
        (["31.1.26"], "%d.%m.%y", None),
        (["31 Jan 2026"], "%d %b %Y", None),
        ([], "%d.%m.%Y", None),
    ],
)
def test_dates_in_a_form_become_those_of_iso_8601(
    texts: list[str], form: str, expected: list[str] | None
) -> None:
    found = rewrite_dates(pa.array(["7", *texts])[1:], form)
    assert (None if found is None else found.to_pylist()) == expected
