import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from images.audit_report import Acceptance, AuditReport, Vulnerability, render_markdown, to_json
from images.lock import Pin

TODAY = date(2026, 11, 24)


ENTRY: dict[str, Any] = {"id": "CVE-1", "package": "numpy", "reason": "No stage calls it.", "until": TODAY}


def make_finding(
    package: str = "numpy", version: str = "2.4.6", name: str = "PYSEC-1", **more: Any
) -> Vulnerability:
    known = {"aliases": ("CVE-1",), "fixed_in": ("2.4.7",), "description": "Overflow."}
    return Vulnerability(package, version, name, **{**known, **more})


def report(
    *findings: Vulnerability, acceptances: tuple[Acceptance, ...] = (), unknown: tuple[Pin, ...] = ()
) -> AuditReport:
    pins = (Pin("numpy", "2.4.6"), Pin("odd", "1.0"))
    return AuditReport(TODAY, pins, unknown, findings, acceptances)


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        (report(), []),
        (report(make_finding()), ["numpy 2.4.6: PYSEC-1, CVE-1, fixed in 2.4.7"]),
        (report(make_finding(fixed_in=())), ["numpy 2.4.6: PYSEC-1, CVE-1, not fixed in any version yet"]),
        (report(make_finding(), acceptances=(Acceptance(**ENTRY),)), []),
        (report(make_finding(), acceptances=(Acceptance(**ENTRY | {"id": "PYSEC-1"}),)), []),
        (
            report(make_finding(), acceptances=(Acceptance(**ENTRY | {"until": TODAY - timedelta(days=1)}),)),
            ["numpy 2.4.6: PYSEC-1, CVE-1, fixed in 2.4.7; its acceptance expired on 2026-11-23"],
        ),
        (
            report(make_finding(), acceptances=(Acceptance(**ENTRY | {"package": "scipy"}),)),
            [
                "numpy 2.4.6: PYSEC-1, CVE-1, fixed in 2.4.7",
                "scipy: the acceptance of CVE-1 no longer matches anything",
            ],
        ),
        (
            report(acceptances=(Acceptance(**ENTRY),)),
            ["numpy: the acceptance of CVE-1 no longer matches anything"],
        ),
        (report(unknown=(Pin("odd", "1.0"),)), ["odd 1.0: not audited, because PyPI does not know it"]),
    ],
)
def test_a_fault_is_what_is_neither_accepted_for_today_nor_asked_nor_there(
    seen: AuditReport, faults: list[str]
) -> None:
    assert seen.faults == faults


def test_one_acceptance_covers_a_vulnerability_of_both_versions_of_a_package() -> None:
    both = (make_finding(), make_finding(version="2.5.5"))
    assert report(*both, acceptances=(Acceptance(**ENTRY),)).faults == []


def test_a_report_shows_what_is_open_and_what_is_accepted_until_when_and_why() -> None:
    seen = report(
        make_finding(description="Breaks | tables\nand <b>pages</b>. " + "On " * 100),
        make_finding("odd", "1.0", "PYSEC-2", aliases=()),
        acceptances=(Acceptance("PYSEC-2", "odd", "Not called.", TODAY),),
    )
    text = render_markdown(seen)
    assert "On 2026-11-24, pip-audit " in text
    assert "**1 to act on, 1 accepted.**" in text
    assert "- numpy 2.4.6: PYSEC-1, CVE-1, fixed in 2.4.7\n" in text
    assert re.search(
        r"^\| numpy \| 2.4.6 \| PYSEC-1, CVE-1 \| fixed in 2.4.7 \| Breaks \\\| tables .* \|  \|  \|$",
        text,
        re.M,
    )
    assert "<b>" not in text.replace("\\<", "")
    assert "| odd | 1.0 | PYSEC-2 | fixed in 2.4.7 | Overflow. | 2026-11-24 | Not called. |" in text
    told = json.loads(to_json(seen))
    assert (told["date"], told["is_clean"]) == ("2026-11-24", False)
    assert [(found["id"], found["is_accepted"]) for found in told["findings"]] == [
        ("PYSEC-1", False),
        ("PYSEC-2", True),
    ]
    assert told["acceptances"][0]["until"] == "2026-11-24"
