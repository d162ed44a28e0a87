"""Numbers in text: with marks, signs, currencies, units, and suffixes such as k and M."""

import re
from collections.abc import Callable
from typing import NamedTuple

BLANKS = " \u00a0\u2007\u2009\u202f"
_MINUS = "-\u2212\u2013"
_APOSTROPHES = "'\u2019"
_SYMBOLS = "$€£¥₹₽₩₺₫₴₦₱฿₪₡₲₵₸₼₾"
_CODES = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD "
    "PHP PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
_WORDS = r"Rs\.?|kr\.?|S?Fr\.?|zł|Kč|Ft|lei|TL"
CURRENCY = rf"(?:[A-Z]{{0,3}}[{_SYMBOLS}]|{'|'.join(_CODES.split())}|{_WORDS})"
SCALES = {"k": 3, "K": 3, "M": 6, "Mio": 6, "mio": 6, "Mn": 6, "mn": 6, "B": 9, "bn": 9, "Mrd": 9, "mrd": 9}
_SCALED = re.compile(rf"({'|'.join(sorted(SCALES, key=len, reverse=True))})\.?\s*({CURRENCY}|)")
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_ANY_CORE = rf"\d(?:[\d.,{_APOSTROPHES}{BLANKS}]*\d)?|[.,]\d+"
_FRAME = (
    r"(?P<open>\()?\s*(?P<sign>[+{minus}])?\s*(?P<prefix>{currency})?\s*(?P<inner>[+{minus}])?\s*"
    r"(?P<core>{core})(?P<exponent>[eE][+-]?\d{{1,3}})?\s*"
    r"(?P<suffix>[^\d\s.,()+²³¹⁰⁴-⁹{minus}{apostrophes}][^\d()]{{0,19}}?)?\s*(?P<trail>[{minus}])?\s*(?P<close>\))?"
)


class NumberStyle(NamedTuple):
    """How the numbers of a column are written.

    Attributes
    ----------
    decimal : str
        ``"."`` or ``","``.
    thousands : str
        Mark between thousands: ``","``, ``"."``, ``" "`` (any blank), ``"'"``, or empty for none.
    affixes : tuple of str
        Currencies, units or percent signs beside a number, as ``normalise_unit`` returns them.
    is_scaled : bool
        Whether a suffix such as k or M multiplies the number.
    """

    decimal: str = "."
    thousands: str = ""
    affixes: tuple[str, ...] = ()
    is_scaled: bool = False


class NumberParts(NamedTuple):
    """The parts of a number's text.

    Attributes
    ----------
    core : str
        Digits with their marks.
    exponent : str
        ``e5`` and the like, or empty.
    is_negative : bool
        Whether a minus sign or parentheses make it negative.
    is_signed : bool
        Whether it has a sign, plus or minus, or parentheses.
    affixes : tuple of str
        Currency, unit or percent sign before and after it, as ``normalise_unit`` returns them.
    scale : int
        Power of ten that its suffix multiplies by.
    """

    core: str
    exponent: str
    is_negative: bool
    is_signed: bool
    affixes: tuple[str, ...]
    scale: int


def split_number(text: str) -> NumberParts | None:
    """Return the parts of a text that may be a number in some style; None for any other text."""
    return _split_match(_ANY.fullmatch(text))


def build_number_reader(style: NumberStyle) -> Callable[[str], float]:
    """Return a function that converts a trimmed text to an int or a float, or raises ValueError."""
    pattern = _compile_frame(build_core_pattern(style.decimal, style.thousands))
    marks = str.maketrans(dict.fromkeys(get_marks(style.thousands), "") | {style.decimal: "."})

    def read(text: str) -> float:
        parts = _split_match(pattern.fullmatch(text))
        if parts is None and INFINITE.fullmatch(text):
            raise ValueError("is infinite")
        if parts is None or not set(parts.affixes) <= set(style.affixes):
            raise ValueError("is not a number in this column's format")
        if parts.scale and not style.is_scaled:
            raise ValueError("has a suffix that no training row has")
        literal = parts.core.translate(marks)
        sign = "-" if parts.is_negative else ""
        if literal.isdigit() and not parts.exponent:
            whole: int = int(sign + literal) * 10**parts.scale
            # An int has no negative zero, so zero becomes a float.
            return whole or float(sign + "0")
        # The exponents are added in the text, so that the result is rounded only once.
        power = int(parts.exponent[1:] or 0) if parts.exponent else 0
        return float(f"{sign}{literal}e{power + parts.scale}")

    return read


def build_core_pattern(decimal: str, thousands: str) -> str:
    """Return a regular expression for digits with the marks of a style."""
    point = re.escape(decimal)
    whole = r"\d+"
    if thousands:
        mark = f"[{re.escape(get_marks(thousands))}]"
        # India writes groups of two digits: 12,34,567.
        groups = rf"\d{{1,3}}(?:{mark}\d{{3}})+" + (r"|\d{1,2}(?:,\d{2})+,\d{3}" if thousands == "," else "")
        whole = rf"(?:{groups}|\d+)"
    return rf"{whole}(?:{point}\d*)?|{point}\d+"


def normalise_unit(text: str) -> str:
    """Return the common form of all spellings of a unit: ``kg`` for "Kg.", ``day`` for "days"."""
    key = text.strip().rstrip(".").casefold()
    return key[:-1] if len(key) > 3 and key.endswith("s") else key


def get_marks(thousands: str) -> str:
    """Return all characters that are written for a mark between thousands."""
    return {" ": BLANKS, "'": _APOSTROPHES}.get(thousands, thousands)


def _compile_frame(core: str) -> re.Pattern[str]:
    return re.compile(
        _FRAME.format(core=core, minus=re.escape(_MINUS), currency=CURRENCY, apostrophes=_APOSTROPHES)
    )


def _split_match(match: re.Match[str] | None) -> NumberParts | None:
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [sign for sign in (match["sign"], match["inner"], match["trail"], match["open"]) if sign]
    if len(signs) > 1:
        return None
    suffix, scale = match["suffix"] or "", 0
    scaled = _SCALED.fullmatch(suffix)
    if scaled:
        scale, suffix = SCALES[scaled[1]], scaled[2]
    affixes = tuple(normalise_unit(affix) for affix in (match["prefix"], suffix) if affix)
    is_negative = bool(signs) and signs[0] != "+"
    return NumberParts(match["core"], match["exponent"] or "", is_negative, bool(signs), affixes, scale)


_ANY = _compile_frame(_ANY_CORE)
