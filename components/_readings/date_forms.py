"""Date forms: find the forms that fit all dates of a column."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from itertools import product
from typing import Literal, NamedTuple

from components._readings.facts import ShapeFacts
from components._table.date_text import ISO, build_date_reader, has_zone

# Whether the day comes before the month, which numbers alone may not decide.
Order = Literal["day first", "month first", "any"]
# The shape of a year and a month, which seasons such as 2009-10 have too.
SEASON = re.compile("9999[-/]99")
_LIMITS = {"d": 31, "m": 12, "V": 53, "u": 7, "H": 23, "M": 59, "S": 59}
# Years of a month without a day. Other numbers of four digits are codes, such as 01-1234.
_PLAUSIBLE_YEARS = range(1800, 2200)
_LETTER = re.compile(r"[^\W\d_]")
# A group of digits with numbers as large as this is a day rather than a year.
_SURELY_DAYS = 28
_KNOWN_DATES = 10_000


class DateForm(NamedTuple):
    """A form, and the order of its day and month.

    Attributes
    ----------
    format : str
        As for strptime.
    order : str
        Whether the day comes first if both are numbers.
    """

    format: str
    order: Order


class DateForms(NamedTuple):
    """The forms of a column's dates.

    Attributes
    ----------
    formats : tuple of str
        The forms that fit all of them, without ISO 8601.
    others : tuple of str
        The forms with another order of day, month and year, if they fit all too.
    has_zones, has_no_zones : bool
        Whether some texts have a time zone, and whether some texts with a time have none.
    """

    formats: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    has_zones: bool = False
    has_no_zones: bool = False


def find_date_forms(shapes: list[ShapeFacts]) -> DateForms | None:
    """Return the forms that fit all dates of some shapes; None if a shape is not a date."""
    if not all(facts.largest for facts in shapes):
        return None
    fitting = [_find_fitting(facts.last, tuple(facts.largest)) for facts in shapes]
    if not all(fitting):
        return None
    # Years of two digits rarely come first. So this order is taken only if no other fits, or asked about.
    usual = [[form for form in forms if not form.format.startswith("%y")] for forms in fitting]
    reverse = _choose_formats(
        [[form for form in forms if form not in usual[i]] for i, forms in enumerate(fitting)], "any"
    )
    fitting = usual if all(usual) else fitting
    chosen = {order: _choose_formats(fitting, order) for order in ("day first", "month first")}
    complete = [forms for forms in chosen.values() if forms is not None]
    if not complete:
        return None
    formats = complete[0]
    others = complete[1] if len(complete) == 2 and complete[1] != formats else ()
    if reverse and formats != reverse and not others and _can_be_reversed(shapes):
        others = reverse
    zoned = [has_zone(facts.last) for facts in shapes]
    timed = [":" in facts.last for facts in shapes]
    has_no_zones = any(is_timed and not is_zoned for is_timed, is_zoned in zip(timed, zoned, strict=True))
    formats = tuple(form for form in formats if form != ISO)
    return DateForms(formats, others, any(zoned), has_no_zones)


def _choose_formats(fitting: list[list[DateForm]], order: str) -> tuple[str, ...] | None:
    formats: dict[str, None] = {}
    for forms in fitting:
        suitable = [form.format for form in forms if form.order in (order, "any")]
        if not suitable:
            return None
        # A form that is chosen already, otherwise the most likely.
        formats[next((form for form in suitable if form in formats), suitable[0])] = None
    return tuple(formats)


def _can_be_reversed(shapes: list[ShapeFacts]) -> bool:
    """Return whether the last numbers of dates are as large as days, and the first ones smaller."""
    first, last = (max(facts.largest[at] for facts in shapes) for at in (0, 2))
    return first < last >= _SURELY_DAYS


# The readings of a column are decided several times, and its shapes seldom change meanwhile.
@lru_cache(_KNOWN_DATES)
def _find_fitting(date: str, largest: tuple[int, ...]) -> list[DateForm]:
    """Return the forms that fit the dates of a shape, given one of them and its ``largest``."""
    numbers_fit = {parts: _can_be_numbers(parts, largest) for parts in set(_list_parts().values())}
    if not any(numbers_fit.values()):
        return []
    text = date.casefold()
    letters = _LETTER.search(text)
    return [
        form
        for form, parts in _list_parts().items()
        # To compile the pattern of a form takes longer than all other checks.
        if numbers_fit[parts]
        and (letters is not None or "%b" not in form.format)
        and text[0].isdecimal() == (form.format[1] in _LIMITS or form.format[1] in "yYG")
        and all(mark in text for mark in _list_marks(form))
        and _can_parse(form, parts, date)
    ]


def _can_be_numbers(parts: tuple[str, ...], largest: tuple[int, ...]) -> bool:
    """Return whether the numbers of dates are not too large for the parts of a form."""
    numbers = dict(zip(parts, largest, strict=False))
    if len(numbers) < len(parts) or any(number > _LIMITS.get(part, 9999) for part, number in numbers.items()):
        return False
    return parts not in (("Y", "m"), ("m", "Y")) or numbers["Y"] in _PLAUSIBLE_YEARS


def _can_parse(form: DateForm, parts: tuple[str, ...], date: str) -> bool:
    try:
        _get_date_reader(form.format)(_make_valid_date(date, parts))
    except ValueError:
        return False
    return True


def _make_valid_date(date: str, parts: tuple[str, ...]) -> str:
    """Return a date with a valid day and month: the 31st of February still has a date's form."""
    safe = iter({"d": 1, "m": 1, "V": 1, "u": 1}.get(part) for part in parts)

    def replace(match: re.Match[str]) -> str:
        value = next(safe, None)
        return match[0] if value is None else str(value).zfill(len(match[0]))

    return re.sub(r"\d+", replace, date)


@cache
def _list_parts() -> dict[DateForm, tuple[str, ...]]:
    """Return the numbers that each form has."""
    return {form: tuple(re.findall(r"%([dmyYGVuHMS])", form.format)) for form in _list_known_forms()}


@cache
def _list_marks(form: DateForm) -> str:
    """Return the characters that a form has between its parts, besides blanks."""
    return re.sub(r"%.|\s", "", form.format).casefold()


@cache
def _get_date_reader(format_: str) -> Callable[[str], datetime | None]:
    return build_date_reader([format_])


@cache
def _list_known_forms() -> tuple[DateForm, ...]:
    """Return the forms that are tried, the most likely first."""
    forms = [DateForm("%Y-%m-%d", "any"), DateForm("%Y/%m/%d", "any"), DateForm("%Y.%m.%d", "any")]
    for separator in ("/", "-", ".", ". ", " "):
        s = separator
        for year in ("%Y", "%y"):
            forms.append(DateForm(f"%d{s}%m{s}{year}", "day first"))
            # With dots the day comes first by convention.
            if not s.startswith("."):
                forms.append(DateForm(f"%m{s}%d{s}{year}", "month first"))
    named = [
        f"{prefix}{body}"
        for prefix, body in product(
            ("", "%a, ", "%a "),
            [
                form.replace("%Y", year)
                for year in ("%Y", "%y")
                for form in (
                    "%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%d/%b/%Y", "%d.%b.%Y", "%d%b%Y", "%d %b, %Y",
                    "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%b %d %H:%M:%S %Y", "%d de %b de %Y", "%d of %b %Y",
                )
            ] + ["%Y-%b-%d", "%Y %b %d"],
        )
    ]  # fmt: skip
    partial = [
        "%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%b %Y", "%b-%Y", "%b. %Y", "%b %y", "%b-%y", "%Y %b", "%Y-%b",
        "%G-W%V", "%G-W%V-%u", "%GW%V", "%G W%V", "%Y年%m月%d日", "%Y年%m月",
    ]  # fmt: skip
    forms += [DateForm(form, "any") for form in (*named, *partial)]
    forms += [DateForm(f"%y{s}%m{s}%d", "any") for s in "/-."]
    return tuple(forms)
