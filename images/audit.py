"""Compares the lock with known vulnerabilities, and these with the accepted ones.

pip-audit asks PyPI, because PyPI says if it does not know a package. Other services give the same answer for
an unknown package as for one without vulnerabilities.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from components.errors import InvalidSetting, SuiteError, format_list
from images.audit_report import (
    SERVICE,
    Acceptance,
    AuditReport,
    Vulnerability,
    list_report_paths,
    write_report,
)
from images.layers import IMAGES
from images.lock import CONSTRAINTS, Pin, read_pins
from pipelines.catalogue import ROOT

ACCEPTED = IMAGES / "accepted-findings.toml"
REPORT = ROOT / "dist" / "audit"
_FIELDS = {"id": str, "package": str, "reason": str, "until": date}
_REMEDY = (
    "Upgrade packages that have a fixed version (make lock, then make images). Accept what must wait, with a "
    f"reason and a date, in {ACCEPTED.relative_to(ROOT)}. Remove acceptances there that match nothing."
)


class AdvisoriesUnavailable(SuiteError):
    """PyPI's advisories could not be read, so that nothing is known about the packages."""


class AuditNotClean(SuiteError):
    """The audit found something to act on."""


# This version has known vulnerabilities since 2020. An answer without them is not from PyPI but, for example,
# from a mirror, and says nothing about the other packages.
CONTROL = Pin("pyyaml", "5.3")


def run_audit(
    today: date, folder: Path = REPORT, lock: Path = CONSTRAINTS, accepted: Path = ACCEPTED
) -> list[Path]:
    """Audit the lock, write the report, and fail if there is something to act on.

    Parameters
    ----------
    today : date
        The day on which acceptances must be valid.
    folder : Path
        Receives ``vulnerabilities.md`` and ``vulnerabilities.json``.
    lock, accepted : Path
        The lock, and the list of acceptances.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    AdvisoriesUnavailable
        PyPI's advisories could not be read. Then there is no report, not even an earlier one.
    AuditNotClean
        There is something to act on; the report is written.
    InvalidSetting
        The lock or the list of acceptances is invalid.
    """
    # After a failed audit there must be no earlier report.
    for path in list_report_paths(folder):
        path.unlink(missing_ok=True)
    report = audit_lock(today, lock, accepted)
    paths = write_report(report, folder)
    if report.faults:
        faults = "\n".join(f"  {fault}" for fault in report.faults)
        raise AuditNotClean(f"The audit of {lock.name} found:\n{faults}", _REMEDY)
    return paths


def audit_lock(today: date, lock: Path = CONSTRAINTS, accepted: Path = ACCEPTED) -> AuditReport:
    """Ask PyPI about every version that a lock pins, and return the result.

    Parameters
    ----------
    today : date
        The day on which acceptances must be valid.
    lock : Path
        Requirements pinned by ``==``. Those of all platforms are audited, whatever their markers.
    accepted : Path
        A list of acceptances.

    Raises
    ------
    AdvisoriesUnavailable
        PyPI's advisories could not be read.
    InvalidSetting
        The lock or the list of acceptances is invalid.
    """
    pins = read_pins(lock)
    acceptances = read_acceptances(accepted)
    unknown, findings = [], []
    has_control = False
    for group in _group_pins([*pins, CONTROL]):
        for pin, vulnerabilities in _fetch_vulnerabilities(group).items():
            if pin == CONTROL:
                has_control = bool(vulnerabilities)
            if vulnerabilities is None:
                unknown.append(pin)
            elif pin in pins:
                findings += vulnerabilities
    if not has_control:
        raise AdvisoriesUnavailable(
            f"The answers are not PyPI's: they have no vulnerability of {CONTROL.package} "
            f"{CONTROL.version}, which has known ones.",
            "Run the audit where PyPI itself can be reached, not a mirror.",
        )
    return AuditReport(
        today=today,
        pins=tuple(pins),
        unknown=tuple(sorted(unknown)),
        findings=tuple(sorted(findings, key=lambda finding: (finding.package, finding.version, finding.id))),
        acceptances=tuple(acceptances),
    )


def read_acceptances(path: Path) -> list[Acceptance]:
    """Return the accepted vulnerabilities.

    Raises
    ------
    InvalidSetting
        The file is not TOML, or an entry is incomplete.
    """
    remedy = f"Write it as the comment at the top of {path.name} shows."
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"{path.name} is not TOML: {error}.", remedy) from None
    entries = content.get("accepted", [])
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not content.keys() <= {"accepted"} or not is_list:
        raise InvalidSetting(f"{path.name} contains something other than entries [[accepted]].", remedy)
    return [_build_acceptance(entry, f"{path.name}, entry {i}", remedy) for i, entry in enumerate(entries, 1)]


def _build_acceptance(entry: dict[str, Any], where: str, remedy: str) -> Acceptance:
    if entry.keys() != _FIELDS.keys():
        raise InvalidSetting(
            f"{where}: it has {format_list(entry) or 'nothing'}, but must have {format_list(_FIELDS)}.",
            remedy,
        )
    for key, kind in _FIELDS.items():
        # A datetime is an instance of date, too.
        if type(entry[key]) is not kind or not str(entry[key]).strip():
            expected = "a date without quotes, such as 2027-01-31" if kind is date else "a text"
            raise InvalidSetting(f"{where}: {key} = {entry[key]!r} is not {expected}.", remedy)
    return Acceptance(**{**entry, "package": canonicalize_name(entry["package"])})


def _group_pins(pins: Iterable[Pin]) -> list[list[Pin]]:
    """Return groups of pins, each with one version of a package, because pip-audit accepts only one."""
    groups: list[dict[str, Pin]] = []
    for pin in pins:
        group = next((group for group in groups if pin.package not in group), None)
        if group is None:
            groups.append(group := {})
        group[pin.package] = pin
    return [list(group.values()) for group in groups]


def _fetch_vulnerabilities(pins: Sequence[Pin]) -> dict[Pin, list[Vulnerability] | None]:
    """Return the vulnerabilities of each pin; None if PyPI does not know the pin."""
    with tempfile.TemporaryDirectory() as scratch:
        requirements, output = Path(scratch) / "requirements.txt", Path(scratch) / "output.json"
        requirements.write_text("".join(f"{pin.package}=={pin.version}\n" for pin in pins), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(requirements)),
            *("--no-deps", "--disable-pip", "--vulnerability-service", "pypi"),
            *("--format", "json", "--desc", "on", "--aliases", "on", "--output", str(output)),
            # An empty cache, so that every answer is new.
            *("--progress-spinner", "off", "--cache-dir", scratch),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # The exit status is the same for vulnerabilities as for errors.
        if not output.exists():
            lines = done.stderr.strip().splitlines() or ["pip-audit gives no reason."]
            raise AdvisoriesUnavailable(
                f"{SERVICE} could not be reached, or the answer could not be read: {lines[-1]}",
                "Check that this machine can reach the internet (behind a proxy: HTTPS_PROXY).",
            )
        result = json.loads(output.read_text(encoding="utf-8"))
    entries: dict[str, Any] = {canonicalize_name(entry["name"]): entry for entry in result["dependencies"]}
    return {pin: _build_vulnerabilities(pin, entries[pin.package]) for pin in pins}


def _build_vulnerabilities(pin: Pin, entry: dict[str, Any]) -> list[Vulnerability] | None:
    if "vulns" not in entry:
        return None
    return [
        Vulnerability(
            *pin,
            id=vulnerability["id"],
            aliases=tuple(sorted(vulnerability["aliases"])),
            fixed_in=tuple(vulnerability["fix_versions"]),
            description=vulnerability["description"],
        )
        for vulnerability in entry["vulns"]
    ]
