"""Times of day and durations in text, converted to minutes."""

import re

MINUTES = {
    unit: minutes
    for units, minutes in (
        ("ms msec millisecond milliseconds", 1 / 60_000),
        (
            "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo secondi",
            1 / 60,
        ),
        ("m min mins minute minutes minuten minuto minutos minuti", 1.0),
        ("h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur", 60.0),
        ("d day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen", 1440.0),
        ("w wk wks week weeks woche wochen semaine semaines semana semanas settimana settimane", 10_080.0),
        ("mo month months monat monate monaten mois mes meses mese mesi maand maanden", 43_830.0),
        ("y yr yrs year years jahr jahre jahren an ans année années año años anno anni jaar", 525_960.0),
    )
    for unit in units.split()
}
_CLOCK = re.compile(
    r"(?P<sign>[+-])?\s*(?:(?P<days>\d+)\s*d(?:ays?)?,?\s+)?(?P<hours>\d{1,4})[:hH](?P<minutes>[0-5]\d)"
    r"(?::(?P<seconds>[0-5]\d)(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?:(?P<half>[AaPp]\.?[Mm]\.?)|[Uu]hr|h)?"
)
_ISO = re.compile(
    r"(?P<sign>[+-])?P(?=.)(?:(?P<y>\d+(?:\.\d+)?)Y)?(?:(?P<mo>\d+(?:\.\d+)?)M)?(?:(?P<w>\d+(?:\.\d+)?)W)?"
    r"(?:(?P<d>\d+(?:\.\d+)?)D)?(?:T(?=.)(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<min>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_WORD = r"(\d+(?:\.\d+)?)\s*([^\W\d_]+)\.?"
_WORDS = re.compile(rf"(?P<sign>[+-])?\s*{_WORD}(?:(?:\s*,\s*|\s+and\s+|\s*){_WORD})*")
_DAY = 1440.0


def parse_minutes(text: str) -> float:
    """Return the minutes from midnight to a time of day, or of a duration.

    Parameters
    ----------
    text : str
        ``"23:22"``, ``"11:22 PM"``, ``"08:41:00"``, ``"2 days 03:00:00"``, ``"P3DT4H"``, ``"1h 30min"``.

    Raises
    ------
    ValueError
        It is none of these.
    """
    for pattern, minutes in ((_CLOCK, _parse_clock), (_ISO, _parse_iso), (_WORDS, _parse_words)):
        match = pattern.fullmatch(text)
        if match is not None:
            total = minutes(match)
            return -total if match["sign"] == "-" else total
    raise ValueError("is not a time of day or a duration")


def is_time_unit(unit: str) -> bool:
    """Return whether a word is a unit of time, in one of six languages."""
    return unit.casefold().rstrip(".") in MINUTES


def convert_hour(hour: int, half: str | None) -> int:
    """Return an hour of the day from 0 to 23; without AM or PM, the hour as it is.

    Raises
    ------
    ValueError
        AM or PM goes with hours from 1 to 12 only.
    """
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("has an hour that does not go with AM or PM")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _parse_clock(match: re.Match[str]) -> float:
    hours = convert_hour(int(match["hours"]), match["half"])
    seconds = float(f"{match['seconds'] or 0}.{match['fraction'] or 0}")
    return int(match["days"] or 0) * _DAY + hours * 60 + int(match["minutes"]) + seconds / 60


def _parse_iso(match: re.Match[str]) -> float:
    return sum(float(match[unit] or 0) * MINUTES[unit] for unit in ("y", "mo", "w", "d", "h", "min", "s"))


def _parse_words(match: re.Match[str]) -> float:
    total = 0.0
    for number, unit in re.findall(_WORD, match[0]):
        if unit.casefold() not in MINUTES:
            raise ValueError(f"has {unit!r}, which is not a unit of time")
        total += float(number) * MINUTES[unit.casefold()]
    return total
