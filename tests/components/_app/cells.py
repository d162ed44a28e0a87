"""Texts that people may type or paste into a cell, most of them almost right."""

import random
from datetime import datetime, timedelta

_DIGITS = "0123456789"
_ALPHABET = _DIGITS + ".,'’ \u00a0\u202f-−–+()%€$kMeEpaT:/ZznN²³٣５०\t\x85\ufeff\u0301äß"
_UNITS = (
    "%", "€", "EUR", "US$", "$", "kg", "Kg.", "m²", "days", "k", "M", "Mio.", "bn", "mrd €", "kEUR", "zł",
    "°C",
)  # fmt: skip
_FORMATS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%Y%m%d",
    "%d de %B de %Y", "%a, %d %b %Y", "%G-W%V-%u", "%G-W%V", "%Y-%j", "%m/%Y",
)  # fmt: skip
_TIMES = (
    "", "", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " at %H:%M", ", %I:%M%p", " %H:%M:%S,25",
)  # fmt: skip
_ZONES = (
    "", "", "", "Z", " z", "+02:00", "-0530", "+2500", " CET", " est", " IST", " Cuba", " PST8PDT", " Zulu",
    " Asia", " Europe/Berlin", " America/New_York", " America/Nowhere", " Asia/Kolkata", " europe/berlin",
)  # fmt: skip
_MONTHS = (
    "janvier", "enero", "Jänner", "März", "Sept.", "août", "grudnia", "MAY", "ｍａｙ", "Foo", "aralık",
)  # fmt: skip
_ODD_DATES = ("0000-00-00", "9999-12-31", "31.02.2024", "29.02.2023", "00.00.0000", "1.2.24", "2024-02-30")
_CLOCKS = (
    "{h}:{m:02}", "{h}:{m:02}:{s:02}", "{h:02}h{m:02}", "{h}:{m:02} PM", "{h}:{m:02} a.m.", "{h}:{m:02} Uhr",
    "2 days {h:02}:{m:02}:{s:02}", "1d {h}:{m:02}", "-{h}:{m:02}", "{h}:{m:02}:{s:02}.125", "P{h}DT{m}H",
    "PT{h}H{m}M{s}S", "P1Y2M", "P", "PT", "{h}h {m}min", "{h} Stunden, {m} Minuten", "{h}.5 hours and {m} s",
    "{h} parsecs", "{m}", "{h}.{m:02}", "{h} H", "{h}ſ", "٣:١٢",
)  # fmt: skip
_WORDS = (
    "", " ", "\u2003", "n/a", "N/A", "NaN", "-", "–", "?", "null", "NULL ", "k.a.", "#DIV/0!", "-999",
    "999", "1900-01-01", "true", "FALSE", "1", "0", "1.0", "0.0", "ja", "Ja ", "JA", "nein", "yes", "oui",
    "wahr", "maybe", "inf", "-Infinity", "Bern", " bern", "BERN", "Straße", "STRASSE", "strasse",
    "I\u0307stanbul", "istanbul", "e\u0301te", "éte", "ÉTE", "ΟΔΟΣ", "οδος", "new", "a\x00b", "ﬁn", "FIN",
    "😀", "1" * 400, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "9007199254740993",
    "0x10", "1_000", "1e400", "-0", "5.",
)  # fmt: skip


def draw_cells(n: int, seed: int) -> list[str]:
    """Return texts of all kinds; of each third one a character is another one, missing or doubled."""
    random_ = random.Random(seed)
    draws = (_draw_number, _draw_number, _draw_date, _draw_date, _draw_clock, _draw_word)
    texts = [random_.choice(draws)(random_) for _ in range(n)]
    return [_spoil(text, random_) if i % 3 == 0 else text for i, text in enumerate(texts)]


def _draw_number(random_: random.Random) -> str:
    whole = (
        random_.choice(_DIGITS)
        if random_.random() < 0.2
        else str(random_.randrange(10 ** random_.randint(1, 9)))
    )
    mark = random_.choice(["", "", ".", ",", " ", "'", "’", "\u202f", "\u00a0"])
    if mark and random_.random() < 0.8:
        whole = f"{int(whole):,}".replace(",", mark)
    elif random_.random() < 0.2:
        whole = "12,34,567"
    decimal = random_.choice(["", "", ".", ","])
    rest = "".join(random_.choices(_DIGITS, k=random_.randint(0, 5))) if decimal else ""
    exponent = random_.choice(["", "", "", "", "e3", "E-02", "e+1", "e0999"])
    sign = random_.choice(["", "", "", "-", "+", "−", "- ", "–"])
    prefix = random_.choice(["", "", "", "€", "$ ", "EUR ", "Rs. "])
    unit = random_.choice(["", "", *_UNITS])
    text = f"{sign}{prefix}{whole}{decimal}{rest}{exponent}{random_.choice(['', ' '])}{unit}"
    return random_.choice(
        [text, text, text, text, f"({text})", f"{text}-", f" {text}\t", f"{prefix}{sign}{whole}"]
    )


def _draw_date(random_: random.Random) -> str:
    first, last = random_.choice([(1, 3000), (1880, 2100), (1965, 2030)])
    start = datetime(first, 1, 2)
    moment = start + timedelta(seconds=random_.randrange(int((datetime(last, 1, 1) - start).total_seconds())))
    text = moment.strftime(random_.choice(_FORMATS) + random_.choice(_TIMES)) + random_.choice(_ZONES)
    if random_.random() < 0.1:
        text = f"{moment.day} {random_.choice(_MONTHS)} {moment.year}"
    if random_.random() < 0.1:
        text = random_.choice(
            ["0000-00-00", "9999-12-31", "31.02.2024", "29.02.2023", "00.00.0000", "1.2.24", "2024-02-30"]
        )
    return random_.choice([text, text, text.replace("0", ""), f"{random_.randrange(10**10)}", f" {text} "])


def _draw_clock(random_: random.Random) -> str:
    form = random_.choice(_CLOCKS)
    return form.format(h=random_.randint(0, 30), m=random_.randint(0, 65), s=random_.randint(0, 61))


def _draw_word(random_: random.Random) -> str:
    return random_.choice(_WORDS)


def _spoil(text: str, random_: random.Random) -> str:
    at = random_.randint(0, len(text))
    letter = random_.choice(_ALPHABET)
    return random_.choice(
        [text[:at] + letter + text[at:], text[:at] + letter + text[at + 1 :], text[:at] + text[at + 1 :]]
    )
