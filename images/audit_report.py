"""The result of an audit, and its report as Markdown and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from textwrap import shorten

from images.lock import Pin
from pipelines.files import replace_file

SERVICE = "PyPI's advisories"
_SUMMARY_WIDTH = 120


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


@dataclass(frozen=True)
class Acceptance:
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

    id: str
    package: str
    reason: str
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
    def unused_acceptances(self) -> list[Acceptance]:
        """Acceptances that match no finding."""
        return [entry for entry in self.acceptances if not any(map(entry.covers, self.findings))]

    @property
    def faults(self) -> list[str]:
        """What to act on, one line each; empty if the audit is clean."""
        return [
            *(
                self._describe_vulnerability(finding)
                for finding in self.findings
                if not self.is_accepted(finding)
            ),
            *(
                f"{pin.package} {pin.version}: not audited, because PyPI does not know it"
                for pin in self.unknown
            ),
            *(
                f"{entry.package}: the acceptance of {entry.id} no longer matches anything"
                for entry in self.unused_acceptances
            ),
        ]

    def _describe_vulnerability(self, finding: Vulnerability) -> str:
        line = f"{finding.package} {finding.version}: {_format_names(finding)}, {_describe_fix(finding)}"
        acceptance = self.find_acceptance(finding)
        return f"{line}; its acceptance expired on {acceptance.until}" if acceptance else line


def write_report(report: AuditReport, folder: Path) -> list[Path]:
    """Write ``vulnerabilities.md`` and ``vulnerabilities.json`` to a folder, and return the two files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = list_report_paths(folder)
    for path, text in zip(paths, (render_markdown(report), to_json(report)), strict=True):
        replace_file(path, text)
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
        f"On {report.today}, pip-audit {version('pip-audit')} compared {SERVICE} with the {len(report.pins)} "
        "versions in constraints.txt, including those for other platforms and other Python versions. The "
        "images' Debian packages and Python itself were not audited.",
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
        *_render_table(
            "Not audited, because PyPI does not know them", ("Package", "Version"), report.unknown
        ),
        *_render_table(
            "Acceptances that match nothing",
            ("Package", "Vulnerability", "Until", "Reason"),
            [(a.package, a.id, str(a.until), a.reason) for a in report.unused_acceptances],
        ),
    ]
    return "\n\n".join(parts) + "\n"


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
        "acceptances": [asdict(acceptance) for acceptance in report.acceptances],
        "unknown": [pin._asdict() for pin in report.unknown],
        "audited": [pin._asdict() for pin in report.pins if pin not in report.unknown],
    }
    return json.dumps(content, indent=2, default=str) + "\n"


def _render_table(title: str, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [[_escape_cell(text) for text in row] for row in rows]
    if not cells:
        return []
    lines = [heading, ["---"] * len(heading), *cells]
    return [f"## {title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _escape_cell(text: str) -> str:
    # Text of advisories is untrusted: it must neither end a cell nor be read as markup.
    for mark in "\\|<>[]`*_":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _format_names(finding: Vulnerability) -> str:
    return ", ".join((finding.id, *finding.aliases))


def _describe_fix(finding: Vulnerability) -> str:
    return f"fixed in {', '.join(finding.fixed_in)}" if finding.fixed_in else "not fixed in any version yet"


def _shorten_description(finding: Vulnerability) -> str:
    return shorten(finding.description, _SUMMARY_WIDTH, placeholder=" ...")
