"""What an audit saw, and its report: one file for people, one for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

SERVICE = "PyPI's advisories"
_SUMMARY_WIDTH = 120


class Pin(NamedTuple):
    """A package, by its normalised name, and a version of it."""

    package: str
    version: str


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability of a pinned version.

    Attributes
    ----------
    package, version : str
        What has it.
    id : str
        Its name.
    aliases : tuple of str
        Its other names, sorted.
    fixed_in : tuple of str
        Versions without it, the lowest first.
    description : str
        What it is, in one line.
    """

    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Acceptance:
    """A vulnerability that may stay for a while.

    Attributes
    ----------
    id : str
        One of its names.
    package : str
        What has it, normalised.
    reason : str
        Why it may stay.
    until : date
        The last day that it may.
    """

    id: str
    package: str
    reason: str
    until: date

    def covers(self, finding: Vulnerability) -> bool:
        """Whether this is about a finding."""
        return self.package == finding.package and self.id in (finding.id, *finding.aliases)


@dataclass(frozen=True)
class AuditReport:
    """What an audit saw.

    Attributes
    ----------
    today : date
        When.
    pins : tuple of Pin
        What the service was asked about.
    unknown : tuple of Pin
        Those of them that it does not know.
    findings : tuple of Finding
        What it knows of the others.
    acceptances : tuple of Acceptance
        What may stay.
    """

    today: date
    pins: tuple[Pin, ...]
    unknown: tuple[Pin, ...]
    findings: tuple[Vulnerability, ...]
    acceptances: tuple[Acceptance, ...]

    def find_acceptance(self, finding: Vulnerability) -> Acceptance | None:
        """Return the acceptance of a finding that counts longest, run out or not; None if there is none."""
        about = [acceptance for acceptance in self.acceptances if acceptance.covers(finding)]
        return max(about, key=lambda acceptance: acceptance.until, default=None)

    def is_accepted(self, finding: Vulnerability) -> bool:
        """Whether a finding may stay today."""
        acceptance = self.find_acceptance(finding)
        return acceptance is not None and self.today <= acceptance.until

    @property
    def unused_acceptances(self) -> list[Acceptance]:
        """Acceptances that are about no finding."""
        return [entry for entry in self.acceptances if not any(map(entry.covers, self.findings))]

    @property
    def faults(self) -> list[str]:
        """What there is to act on, a line each; empty if the audit is clean."""
        return [
            *(
                self._describe_vulnerability(finding)
                for finding in self.findings
                if not self.is_accepted(finding)
            ),
            *(
                f"{pin.package} {pin.version}: not known to the service, so not audited"
                for pin in self.unknown
            ),
            *(
                f"{entry.package}: the acceptance of {entry.id} matches nothing any more"
                for entry in self.unused_acceptances
            ),
        ]

    def _describe_vulnerability(self, finding: Vulnerability) -> str:
        names = ", ".join((finding.id, *finding.aliases))
        told = f"{finding.package} {finding.version}: {names}, {_describe_fix(finding)}"
        acceptance = self.find_acceptance(finding)
        return f"{told}; its acceptance ran out on {acceptance.until}" if acceptance else told


def write_report(report: AuditReport, folder: Path) -> list[Path]:
    """Write a report for people and one for programs.

    Parameters
    ----------
    report : Report
        What an audit saw.
    folder : Path
        Receives ``vulnerabilities.md`` and ``vulnerabilities.json``.

    Returns
    -------
    list of Path
        The two files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = list_report_paths(folder)
    for path, text in zip(paths, (render_markdown(report), to_json(report)), strict=True):
        new = path.with_name(f"{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    return paths


def list_report_paths(folder: Path) -> list[Path]:
    """Return the two files of a report in a folder."""
    return [folder / "vulnerabilities.md", folder / "vulnerabilities.json"]


def render_markdown(report: AuditReport) -> str:
    """Return a report as Markdown."""
    accepted = [finding for finding in report.findings if report.is_accepted(finding)]
    rest = [finding for finding in report.findings if finding not in accepted]
    parts = [
        "# Known vulnerabilities",
        f"{SERVICE} were asked on {report.today}, with pip-audit {version('pip-audit')}, about the "
        f"{len(report.pins)} versions that constraints.txt pins, those for other platforms and other Python "
        "versions included. What an image holds of Debian and of Python itself is not among them.",
        f"**{len(report.faults)} to act on, {len(accepted)} accepted.**",
        *_render_table(
            "To act on",
            ("Package", "Version", "Vulnerability", "Remedy", "What it is"),
            [
                (f.package, f.version, _format_names(f), _describe_fix(f), _shorten_description(f))
                for f in rest
            ],
        ),
        *_render_table(
            "Accepted",
            ("Package", "Version", "Vulnerability", "Remedy", "Until", "Reason"),
            [
                (f.package, f.version, _format_names(f), _describe_fix(f), str(a.until), a.reason)
                for f in accepted
                if (a := report.find_acceptance(f))
            ],
        ),
        *_render_table("Not known to the service, so not audited", ("Package", "Version"), report.unknown),
        *_render_table(
            "Acceptances that match nothing",
            ("Package", "Vulnerability", "Until", "Reason"),
            [(a.package, a.id, str(a.until), a.reason) for a in report.unused_acceptances],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def to_json(report: AuditReport) -> str:
    """Return a report as JSON text."""
    told = {
        "date": report.today,
        "service": SERVICE,
        "tool": f"pip-audit {version('pip-audit')}",
        "is_clean": not report.faults,
        "findings": [
            {**asdict(finding), "is_accepted": report.is_accepted(finding)} for finding in report.findings
        ],
        "acceptances": [asdict(acceptance) for acceptance in report.acceptances],
        "unknown": [pin._asdict() for pin in report.unknown],
        "audited": [pin._asdict() for pin in report.pins if pin not in report.unknown],
    }
    return json.dumps(told, indent=2, default=str) + "\n"


def _render_table(title: str, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [[_escape_cell(text) for text in row] for row in rows]
    if not cells:
        return []
    lines = [heading, ["---"] * len(heading), *cells]
    return [f"## {title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _escape_cell(text: str) -> str:
    # Advisories are written by strangers: their text must neither end a cell nor be markup.
    for mark in "\\|<>[]`*_":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _format_names(finding: Vulnerability) -> str:
    return ", ".join((finding.id, *finding.aliases))


def _describe_fix(finding: Vulnerability) -> str:
    return f"fixed in {', '.join(finding.fixed_in)}" if finding.fixed_in else "not fixed in any version yet"


def _shorten_description(finding: Vulnerability) -> str:
    return shorten(finding.description, _SUMMARY_WIDTH, placeholder=" ...")
