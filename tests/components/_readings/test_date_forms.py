import pytest

from components._readings.date_forms import find_date_forms
from tests.components._readings.columns import list_shapes


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["31/12/2024", "1/2/2024"], ("%d/%m/%Y",)),
        (["12/31/2024", "1/2/2024"], ("%m/%d/%Y",)),
        (["31.12.2024 10:20"], ("%d.%m.%Y",)),
        (["01.02.2024"], ("%d.%m.%Y",)),
        (["1. 2. 2024"], ("%d. %m. %Y",)),
        (["31-12-2024"], ("%d-%m-%Y",)),
        (["31 12 2024"], ("%d %m %Y",)),
        (["31/12/24"], ("%d/%m/%y",)),
        (["12/31/24"], ("%m/%d/%y",)),
        (["31.12.24", "01.02.23"], ("%d.%m.%y",)),
        (["85-01-02", "86-12-31"], ("%y-%m-%d",)),
        (["2024/1/31"], ("%Y/%m/%d",)),
        (["2024.01.31"], ("%Y.%m.%d",)),
        (["2024-1-31"], ()),
        (["2024-01-31T10:20Z"], ()),
        (["2024-01-31 10:20 PM"], ()),
        (["31/12/2024", "31.12.2024"], ("%d.%m.%Y", "%d/%m/%Y")),
        (["31-Jan-2024"], ("%d-%b-%Y",)),
        (["31-JAN-24"], ("%d-%b-%y",)),
        (["31JAN2024"], ("%d%b%Y",)),
        (["Jan 31, 2024", "May 1st, 2024"], ("%b %d, %Y",)),
        (["12. März 2024", "1. Mai 2024"], ("%d. %b %Y",)),
        (["3 févr. 2024"], ("%d %b %Y",)),
        (["12 de enero de 2024"], ("%d de %b de %Y",)),
        (["1st of May 2024"], ("%d of %b %Y",)),
        (["Mon, 31 Jan 2024 10:20:30 +0100"], ("%a, %d %b %Y",)),
        (["Thu Jan 31 10:20:30 2024", "Thu Jan  4 10:20:30 2024"], ("%a %b %d %H:%M:%S %Y",)),
        (["January 2024", "Feb 2024"], ("%b %Y",)),
        (["Jan-24"], ("%b-%y",)),
        (["2024-01"], ("%Y-%m",)),
        (["12/2024"], ("%m/%Y",)),
        (["2024-W05"], ("%G-W%V",)),
        (["2024-W05-3"], ("%G-W%V-%u",)),
        (["2024年1月31日"], ("%Y年%m月%d日",)),
        # A day that is not in the calendar is still a date; reading it is an error.
        (["31/02/2023"], ("%d/%m/%Y",)),
        (["30.02.2023"], ("%d.%m.%Y",)),
        # Placeholder dates.
        (["31/12/9999", "31/01/2024"], ("%d/%m/%Y",)),
        (["00.00.0000"], ("%d.%m.%Y",)),
    ],
)
def test_the_form_of_all_dates_is_found(cells: list[str], formats: tuple[str, ...]) -> None:
    found = find_date_forms(list_shapes(*cells))
    assert found is not None
    assert (found.formats, found.others) == (formats, ())


@pytest.mark.parametrize(
    ("cells", "formats", "others"),
    [
        (["01/02/2024"], ("%d/%m/%Y",), ("%m/%d/%Y",)),
        (["01/02/24", "3/4/24"], ("%d/%m/%y",), ("%m/%d/%y",)),
        (["01-02-2024 10:20"], ("%d-%m-%Y",), ("%m-%d-%Y",)),
        # The last numbers are as large as days: the year may come first.
        (["24-12-31", "23-01-02"], ("%d-%m-%y",), ("%y-%m-%d",)),
        (["24/12/31"], ("%d/%m/%y",), ("%y/%m/%d",)),
    ],
)
def test_two_forms_may_fit(cells: list[str], formats: tuple[str, ...], others: tuple[str, ...]) -> None:
    found = find_date_forms(list_shapes(*cells))
    assert found is not None
    assert (found.formats, found.others) == (formats, others)


@pytest.mark.parametrize(
    "cells",
    [
        ["31/12/2024", "12/31/2024"],
        ["32/01/2024"],
        ["31/12/2024 25:00 XYZ"],
        ["2024-01-31 10:20 IST"],
        ["01-1234", "12-5678"],
        ["12-0815"],
        ["2019-20"],
        ["2019/2020"],
        ["1.1.2"],
        ["192.168.0.1"],
        ["555-1234"],
        ["10-20"],
        ["16:9"],
        ["31 Foo 2024"],
        ["may 5"],
        ["2024-W54"],
        ["12 kg"],
        ["x"],
    ],
)
def test_codes_and_impossible_dates_have_no_form(cells: list[str]) -> None:
    assert find_date_forms(list_shapes(*cells)) is None


@pytest.mark.parametrize(
    ("cells", "has_zones", "has_no_zones"),
    [
        (["2024-01-31T10:20Z", "2024-01-31 10:20 PM"], True, True),
        (["2024-01-31T10:20Z"], True, False),
        (["31/12/2024"], False, False),
    ],
)
def test_zones_are_seen(cells: list[str], has_zones: bool, has_no_zones: bool) -> None:
    found = find_date_forms(list_shapes(*cells))
    assert found is not None
    assert (found.has_zones, found.has_no_zones) == (has_zones, has_no_zones)
