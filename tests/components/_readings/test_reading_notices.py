"""The notices about a column, and the line that changes its reading."""

from typing import Any

import pyarrow as pa
import pytest

from components._table.cells import MIXED
from components._table.notice import Notice
from tests.components._readings.columns import decide_on

MANY = [str(i) for i in range(50)]
DAYS = [f"2024-01-{day:02}" for day in range(1, 32)]


@pytest.mark.parametrize(
    ("cells", "text", "remedy"),
    [
        (
            ["1.050", "950"],
            "has 1.050, which is read as 1,050: numbers below 1,000 have no such mark.",
            'If 1.050 is 1.05, write in problem.yaml: columns: {amount: {decimal: "."}}',
        ),
        (
            [*MANY, "missing"],
            "has 'missing' (1 row) among its values, which is read as missing.",
            "If it is a value, write in problem.yaml: columns: {amount: {kind: text}}",
        ),
        (
            ["5 %", "0.5"],
            "has a percent sign in 1 row and none in 1 row.",
            "The sign is ignored: 50 % is read as 50. If 50 % and 0.5 mean the same, correct the source.",
        ),
        (
            [f"202401{day:02}" for day in range(1, 32)],
            "is read as days such as 20260131.",
            "If it has plain numbers, write in problem.yaml: columns: {amount: {kind: number}}",
        ),
        (
            ["2024-01-31T10:20Z", "2024-01-31T10:20:30.5"],
            "has times with a time zone and times without.",
            "Times without a time zone are read as UTC.",
        ),
        *(
            (
                cells,
                f"has placeholder dates, such as {example}.",
                "They are read as missing, with an indicator.",
            )
            for cells, example in (
                (["9999-12-31", "2024-01-01"], "9999-12-31"),
                (["0001-01-01", "2024-01-01"], "0001-01-01"),
                (["0000-00-00 00:00:00", "2024-01-01"], "0000-00-00 00:00:00"),
                (["31/12/9999", "31/01/2024"], "31/12/9999"),
                (["00/00/0000", "31/01/2024"], "00/00/0000"),
                (["01.01.0001 00:00", "31.01.2024 10:00"], "01.01.0001 00:00"),
            )
        ),
        (
            ["Yes", "YES", "no"],
            "has texts that differ only in case and are read as one category: 'YES' and 'Yes'.",
            "To keep them apart, write in problem.yaml: columns: {amount: {case: keep}}",
        ),
        (
            [*MANY, "5 or 6"],
            "is read as text, but 98.0% of its values are numbers. Other values: '5 or 6'.",
            "To read the others as missing, write in problem.yaml: "
            "columns: {amount: {kind: number, unreadable: null}}",
        ),
        (
            [*DAYS, "2024 or 2025"],
            "is read as text, but 96.9% of its values are dates. Other values: '2024 or 2025'.",
            "To read the others as missing, write in problem.yaml: "
            "columns: {amount: {kind: date, unreadable: null}}",
        ),
        *(
            (
                cells,
                "has dates that no single form fits, and is read as text.",
                'Write the form in problem.yaml, for example: columns: {amount: {format: "%d.%m.%Y"}}',
            )
            for cells in (["31/12/2024", "12/31/2024"], ["32/01/2024", "31/01/2024"], ["31.13.2024 10:20"])
        ),
        (
            ["5 kg", "6 lb"],
            "has numbers with different units (kg, lb), and is read as text.",
            "Convert them to one unit.",
        ),
        *(
            (
                cells,
                "has numbers with different decimal marks, and is read as text.",
                "Write all of them with one mark.",
            )
            for cells in (["1,5", "2.5"], ["1.000.000", "2.5"], ["1.000,00", "2.5"])
        ),
        (
            ["9223372036854775808"],
            "has whole numbers of more than 18 digits, and is read as text.",
            "",
        ),
        (
            ["+4930123456", "+4940654321"],
            "has values that look like numbers, and is read as text.",
            "If they are numbers, write in problem.yaml: columns: {amount: {kind: number}}",
        ),
    ],
)  # fmt: skip
def test_what_is_not_plain_has_a_notice(cells: list[str], text: str, remedy: str) -> None:
    decision = decide_on(cells, "amount")
    assert decision.notices == (Notice("warning", f"Column 'amount' {text}", remedy),)


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (["1", "2.5"], {}),
        (["1,234.50", "2,000,000"], {}),
        (["5 %", "7 %"], {}),
        (["01.02.2024"], {}),
        (["2024-01-31T10:20:30.123456789"], {}),
        (["1900-01-01", "2024-01-01"], {}),
        (["01234", "94110"], {}),
        (["1.1.2", "1.2.0"], {}),
        (["192.168.0.1"], {}),
        (["+49 30 123456", "+49 40 654321"], {}),
        (["2024-01-31T10:20Z", "2024-01-31T10:20+01:00"], {}),
        (["2009-10", "2010-11"], {}),
        (["a", "b"], {}),
        (["9999-12-31"], {"kind": "text"}),
        (["1.050", "2.600"], {"decimal": "."}),
        (["01/02/2024"], {"format": "%d/%m/%Y"}),
        (["Yes", "YES"], {"case": "keep"}),
        (["5 kg", "6 lb"], {"kind": "text"}),
    ],
)
def test_what_is_plain_or_decided_has_no_notice(cells: list[str], options: dict[str, Any]) -> None:
    assert decide_on(cells, **options).notices == ()


@pytest.mark.parametrize(
    ("cells", "text", "remedy"),
    [
        (
            ["1,050", "2,600"],
            "Column 'amount' can be read in two ways: 2,600 is 2.6 or 2600.",
            'Write the right one in problem.yaml: columns: {amount: {decimal: ","}} for 2.6 or '
            'columns: {amount: {decimal: "."}} for 2600',
        ),
        (
            ["01/02/2024", "03/04/2024"],
            "Column 'amount' can be read in two ways: the day or the month comes first in 03/04/2024.",
            'Write the right one in problem.yaml: columns: {amount: {format: "%d/%m/%Y"}} or '
            'columns: {amount: {format: "%m/%d/%Y"}}',
        ),
        (
            ["24-12-31", "23-01-02"],
            "Column 'amount' can be read in two ways: the day or the year comes first in 24-12-31.",
            'Write the right one in problem.yaml: columns: {amount: {format: "%d-%m-%y"}} or '
            'columns: {amount: {format: "%y-%m-%d"}}',
        ),
    ],
)
def test_a_person_is_asked_with_both_lines(cells: list[str], text: str, remedy: str) -> None:
    assert decide_on(cells, "amount").notices == (Notice("error", text, remedy),)


def test_numbers_among_texts_of_a_typed_source_have_one_notice() -> None:
    cells = [{"number": 5.0}, {"text": "2024-01-31"}]
    (notice,) = decide_on(cells, type_=MIXED).notices
    assert notice.text == "Column 'a' has numbers in 1 row and texts in 1 row, and is read as text."
    assert notice.remedy.endswith("columns: {a: {kind: number, unreadable: null}}")


def test_placeholder_dates_of_a_typed_source_have_a_notice() -> None:
    cells = [0, 253_402_214_400_000_000]
    (notice,) = decide_on(cells, type_=pa.timestamp("us")).notices
    assert notice.text == "Column 'a' has placeholder dates, such as dates after the year 2899."
