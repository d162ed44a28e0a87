"""Transformations of dates and times."""

from typing import Any

from benchmarks.mess.sheet import Role
from benchmarks.mess.times import clock, epoch, form, in_zone, rfc_2822, timed
from benchmarks.mess.transformation import Transformation


def _way(name: str, texts: dict[Role, Any], null: dict[Role, str] | None = None) -> Transformation:
    return Transformation(name, "dates", texts, null or {})


TIME_WAYS = (
    _way("dd/mm/yyyy", timed("%d/%m/%Y")),
    _way("mm/dd/yyyy", timed("%m/%d/%Y")),
    _way("d/m/yyyy", timed("%-d/%-m/%Y", " %H:%M:%S")),
    _way("m/d/yyyy, AM and PM", {"day": form("%-m/%-d/%Y"), "moment": form("%-m/%-d/%Y %-I:%M:%S %p")}),
    _way("dd.mm.yyyy", timed("%d.%m.%Y")),
    _way("dd.mm.yy", timed("%d.%m.%y")),
    _way("dd/mm/yy", timed("%d/%m/%y")),
    _way("mm/dd/yy", timed("%m/%d/%y")),
    _way("dd-mm-yyyy", timed("%d-%m-%Y")),
    _way("yyyy/mm/dd", timed("%Y/%m/%d")),
    _way("yyyymmdd", {"day": form("%Y%m%d")}),
    _way("yyyy-mm-ddThh:mm:ss", {"moment": form("%Y-%m-%dT%H:%M:%S")}),
    _way("with thousandths of seconds", {"moment": form("%Y-%m-%d %H:%M:%S.000")}),
    _way("days at midnight", {"day": form("%Y-%m-%d 00:00:00")}),
    _way("Z", {"moment": in_zone(0, "Z")}),
    _way("+02:00", {"moment": in_zone(2, "+02:00")}),
    _way("-0500", {"moment": in_zone(-5, "-0500", " ")}),
    _way("UTC", {"moment": in_zone(0, " UTC", " ")}),
    _way("EST", {"moment": in_zone(-5, " EST", " ")}),
    _way("RFC 2822", {"moment": rfc_2822}),
    _way("seconds since 1970", {"moment": epoch(1)}),
    _way("milliseconds since 1970", {"moment": epoch(1000)}),
    _way("3 Mar 2024", timed("%-d %b %Y")),
    _way("03-Mar-24", timed("%d-%b-%y")),
    _way("March 3, 2024", timed("%B %-d, %Y")),
    _way("Sun, 3 Mar 2024", timed("%a, %-d %b %Y")),
    _way("3. März 2024", timed("%-d. {german} %Y")),
    _way("3 mars 2024", timed("%-d {french} %Y")),
    _way("3 de marzo de 2024", timed("%-d de {spanish} de %Y")),
    _way("ISO weeks with days", {"day": form("%G-W%V-%u")}),
    _way("times as 2:05 PM", {"clock": clock("%I:%M %p")}),
    _way("times with seconds", {"clock": clock("%H:%M:%S")}),
    _way("durations of ISO 8601", {"clock": clock("PT%HH%MM")}),
    _way("9999-12-31 where there is none", {}, {"day": "9999-12-31", "moment": "9999-12-31 00:00:00"}),
    _way("0000-00-00 where there is none", {}, {"day": "0000-00-00", "moment": "0000-00-00 00:00:00"}),
    _way(
        "31/12/9999 where there is none",
        timed("%d/%m/%Y"),
        {"day": "31/12/9999", "moment": "31/12/9999 00:00:00"},
    ),
)
