"""Transformations of dates and times."""

from typing import Any

from benchmarks.mess.sheet import Role
from benchmarks.mess.times import (
    write_clock,
    write_epoch,
    write_form,
    write_in_zone,
    write_rfc_2822,
    write_times,
)
from benchmarks.mess.transformation import Transformation


def _make_way(name: str, texts: dict[Role, Any], null: dict[Role, str] | None = None) -> Transformation:
    return Transformation(name, "dates", texts, null or {})


TIME_WAYS = (
    _make_way("dd/mm/yyyy", write_times("%d/%m/%Y")),
    _make_way("mm/dd/yyyy", write_times("%m/%d/%Y")),
    _make_way("d/m/yyyy", write_times("%-d/%-m/%Y", " %H:%M:%S")),
    _make_way(
        "m/d/yyyy, AM and PM",
        {"day": write_form("%-m/%-d/%Y"), "moment": write_form("%-m/%-d/%Y %-I:%M:%S %p")},
    ),
    _make_way("dd.mm.yyyy", write_times("%d.%m.%Y")),
    _make_way("dd.mm.yy", write_times("%d.%m.%y")),
    _make_way("dd/mm/yy", write_times("%d/%m/%y")),
    _make_way("mm/dd/yy", write_times("%m/%d/%y")),
    _make_way("dd-mm-yyyy", write_times("%d-%m-%Y")),
    _make_way("yyyy/mm/dd", write_times("%Y/%m/%d")),
    _make_way("yyyymmdd", {"day": write_form("%Y%m%d")}),
    _make_way("yyyy-mm-ddThh:mm:ss", {"moment": write_form("%Y-%m-%dT%H:%M:%S")}),
    _make_way("with thousandths of seconds", {"moment": write_form("%Y-%m-%d %H:%M:%S.000")}),
    _make_way("days at midnight", {"day": write_form("%Y-%m-%d 00:00:00")}),
    _make_way("Z", {"moment": write_in_zone(0, "Z")}),
    _make_way("+02:00", {"moment": write_in_zone(2, "+02:00")}),
    _make_way("-0500", {"moment": write_in_zone(-5, "-0500", " ")}),
    _make_way("UTC", {"moment": write_in_zone(0, " UTC", " ")}),
    _make_way("EST", {"moment": write_in_zone(-5, " EST", " ")}),
    _make_way("RFC 2822", {"moment": write_rfc_2822}),
    _make_way("seconds since 1970", {"moment": write_epoch(1)}),
    _make_way("milliseconds since 1970", {"moment": write_epoch(1000)}),
    _make_way("3 Mar 2024", write_times("%-d %b %Y")),
    _make_way("03-Mar-24", write_times("%d-%b-%y")),
    _make_way("March 3, 2024", write_times("%B %-d, %Y")),
    _make_way("Sun, 3 Mar 2024", write_times("%a, %-d %b %Y")),
    _make_way("3. März 2024", write_times("%-d. {german} %Y")),
    _make_way("3 mars 2024", write_times("%-d {french} %Y")),
    _make_way("3 de marzo de 2024", write_times("%-d de {spanish} de %Y")),
    _make_way("ISO weeks with days", {"day": write_form("%G-W%V-%u")}),
    _make_way("times as 2:05 PM", {"clock": write_clock("%I:%M %p")}),
    _make_way("times with seconds", {"clock": write_clock("%H:%M:%S")}),
    _make_way("durations of ISO 8601", {"clock": write_clock("PT%HH%MM")}),
    _make_way("9999-12-31 where there is none", {}, {"day": "9999-12-31", "moment": "9999-12-31 00:00:00"}),
    _make_way("0000-00-00 where there is none", {}, {"day": "0000-00-00", "moment": "0000-00-00 00:00:00"}),
    _make_way(
        "31/12/9999 where there is none",
        write_times("%d/%m/%Y"),
        {"day": "31/12/9999", "moment": "31/12/9999 00:00:00"},
    ),
)
