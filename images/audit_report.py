"""The result of an audit, and its report as Markdown and as JSON."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from textwrap import shorten
from typing import Annotated

import msgspec

from images.lock import Pin

SERVICE = "PyPI's advisories"
_SUMMARY_WIDTH = 120
_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
_HEADING = ("Package", "Version", "Vulnerability", "Remedy", "What it is", "Accepted until", "Because")


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability of a pinned version.

    Attributes
    ----------
    package, version : str
        The vulnerable package.
    id : str
        Name of the vulnerability.
    aliases : tuple of str
        Its other names, sorted.
    fixed_in : tuple of str
        Versions without it, the lowest first.
    description : str
        A description in one line.
    """

    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]
    description: str

    @property
    def names(self) -> str:
        """All its names."""
        return ", ".join((self.id, *self.aliases))

    @property
    def remedy(self) -> str:
        """Versions without it, in words."""
        return f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed in any version yet"


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vulnerability that is accepted for a while.

    Attributes
    ----------
    id : str
        One of its names.
    package : str
        The vulnerable package, by its normalised name.
    reason : str
        Why it is accepted.
    until : date
        The last day on which it is accepted.
    """

    id: _Text
    package: _Text
    reason: _Text
    until: date

    def covers(self, finding: Vulnerability) -> bool:
        """Whether this is about a finding."""
        return self.package == finding.package and self.id in (finding.id, *finding.aliases)


@dataclass(frozen=True)
class AuditReport:
    """The result of an audit.

    Attributes
    ----------
    today : date
        The day of the audit.
    pins : tuple of Pin
        The audited versions.
    unknown : tuple of Pin
        Those of them that PyPI does not know.
    findings : tuple of Vulnerability
        The vulnerabilities of the others.
    acceptances : tuple of Acceptance
        The accepted vulnerabilities.
    """

    today: date
    pins: tuple[Pin, ...]
    unknown: tuple[Pin, ...]
    findings: tuple[Vulnerability, ...]
    acceptances: tuple[Acceptance, ...]

    def find_acceptance(self, finding: Vulnerability) -> Acceptance | None:
        """Return the acceptance of a finding with the latest date, expired or not; None if there is none."""
        matches = [acceptance for acceptance in self.acceptances if acceptance.covers(finding)]
        return max(matches, key=lambda acceptance: acceptance.until, default=None)

    def is_accepted(self, finding: Vulnerability) -> bool:
        """Whether a finding is accepted today."""
        acceptance = self.find_acceptance(finding)
        return acceptance is not None and self.today <= acceptance.until

    @property
    def faults(self) -> list[str]:
        """What to act on, one line each; empty if the audit is clean."""
        open_ = [finding for finding in self.findings if not self.is_accepted(finding)]
        unused = [entry for entry in self.acceptances if not any(map(entry.covers, self.findings))]
        return [
            *(self._describe_finding(finding) for finding in open_),
            *(
                f"{name} {version}: not audited, because PyPI does not know it"
                for name, version in self.unknown
            ),
            *(
                f"{entry.package}: the acceptance of {entry.id} no longer matches anything"
                for entry in unused
            ),
        ]

    def _describe_finding(self, finding: Vulnerability) -> str:
        line = f"{finding.package} {finding.version}: {finding.names}, {finding.remedy}"
        acceptance = self.find_acceptance(finding)
        return f"{line}; its acceptance expired on {acceptance.until}" if acceptance else line


def render_markdown(report: AuditReport) -> str:
    """Return a report as Markdown."""
    n_accepted = sum(map(report.is_accepted, report.findings))
    rows = [_HEADING, ["---"] * len(_HEADING), *(_build_row(report, finding) for finding in report.findings)]
    parts = [
        "# Known vulnerabilities",
        f"On {report.today}, pip-audit {version('pip-audit')} compared {SERVICE} with the {len(report.pins)} "
        "versions in constraints.txt, including those for other platforms and other Python versions. The "
        "images' Debian packages and Python itself were not audited.",
        f"**{len(report.faults)} to act on, {n_accepted} accepted.**",
        "\n".join(f"- {_escape(fault)}" for fault in report.faults),
        "\n".join(f"| {' | '.join(row)} |" for row in rows) if report.findings else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def to_json(report: AuditReport) -> str:
    """Return a report as JSON text."""
    content = {
        "date": report.today,
        "service": SERVICE,
        "tool": f"pip-audit {version('pip-audit')}",
        "is_clean": not report.faults,
        "findings": [
            {**asdict(finding), "is_accepted": report.is_accepted(finding)} for finding in report.findings
        ],
        "acceptances": [msgspec.structs.asdict(acceptance) for acceptance in report.acceptances],
        "unknown": [pin._asdict() for pin in report.unknown],
        "audited": [pin._asdict() for pin in report.pins if pin not in report.unknown],
    }
    return json.dumps(content, indent=2, default=str) + "\n"


def _build_row(report: AuditReport, finding: Vulnerability) -> list[str]:
    acceptance = report.find_acceptance(finding)
    summary = shorten(finding.description, _SUMMARY_WIDTH, placeholder=" ...")
    accepted = (str(acceptance.until), acceptance.reason) if acceptance else ("", "")
    cells = (finding.package, finding.version, finding.names, finding.remedy, summary, *accepted)
    return [_escape(cell) for cell in cells]


def _escape(text: str) -> str:
    # Text of advisories is untrusted: it must neither end a cell nor be read as markup.
    return " ".join(re.sub(r"([\\|<>\[\]`*_])", r"\\\1", text).split())
