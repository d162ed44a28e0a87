"""Known vulnerabilities in what the lock pins, set against those that were accepted.

PyPI is asked, by way of pip-audit, because it answers that it does not know a package. Other services answer
the same for a package without vulnerabilities and for one that they never heard of.
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

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from components.errors import InvalidSetting, SuiteError, format_list
from images.audit_report import (
    SERVICE,
    Acceptance,
    AuditReport,
    Pin,
    Vulnerability,
    list_report_paths,
    write_report,
)
from images.layers import IMAGES, ROOT
from images.lock import CONSTRAINTS

ACCEPTED = IMAGES / "accepted-findings.toml"
REPORT = ROOT / "dist" / "audit"
_FIELDS = {"id": str, "package": str, "reason": str, "until": date}
_REMEDY = (
    "Raise what has a fixed version (make lock, then make images). Accept what must wait, with a reason and "
    f"a date, in {ACCEPTED.relative_to(ROOT)}; remove there what matches nothing."
)


class AdvisoriesUnavailable(SuiteError):
    """The advisories could not be asked, which is no sign that all is well."""


class AuditNotClean(SuiteError):
    """The audit found something to act on."""


# Its vulnerabilities are known since 2020. An answer without them comes from something else than the service,
# a mirror for one, and its silence on the other packages means nothing.
CONTROL = Pin("pyyaml", "5.3")


def run_audit(
    today: date, folder: Path = REPORT, lock: Path = CONSTRAINTS, accepted: Path = ACCEPTED
) -> list[Path]:
    """Audit the lock, write the report, and fail if there is anything to act on.

    Parameters
    ----------
    today : date
        The day by which acceptances are judged.
    folder : Path
        Receives ``vulnerabilities.md`` and ``vulnerabilities.json``.
    lock, accepted : Path
        What to audit, and what may stay.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    NotAudited
        The service could not be asked; there is then no report, not even an earlier one.
    NotClean
        There is something to act on; the report is written.
    InvalidSetting
        The lock or the list of acceptances is no such thing.
    """
    # An earlier report must not stand for an audit that failed.
    for path in list_report_paths(folder):
        path.unlink(missing_ok=True)
    report = audit_lock(today, lock, accepted)
    paths = write_report(report, folder)
    if report.faults:
        faults = "\n".join(f"  {fault}" for fault in report.faults)
        raise AuditNotClean(f"The audit of {lock.name} found:\n{faults}", _REMEDY)
    return paths


def audit_lock(today: date, lock: Path = CONSTRAINTS, accepted: Path = ACCEPTED) -> AuditReport:
    """Ask the service about every version that a lock pins, and return what it knows.

    Parameters
    ----------
    today : date
        The day by which acceptances are judged.
    lock : Path
        Requirements pinned by ``==``. Markers are left aside: some machine installs each of them.
    accepted : Path
        A list of acceptances.

    Raises
    ------
    NotAudited
        The service could not be asked.
    InvalidSetting
        The lock or the list of acceptances is no such thing.
    """
    pins = read_pins(lock)
    acceptances = read_acceptances(accepted)
    unknown, findings = [], []
    has_control = False
    for group in _group_pins([*pins, CONTROL]):
        for pin, told in _fetch_vulnerabilities(group).items():
            if pin == CONTROL:
                has_control = bool(told)
            if told is None:
                unknown.append(pin)
            elif pin in pins:
                findings += told
    if not has_control:
        raise AdvisoriesUnavailable(
            f"What answers in the place of {SERVICE} is something else: it names no vulnerability of "
            f"{CONTROL.package} {CONTROL.version}, which has known ones.",
            "Audit from where the package index itself can be reached, not a mirror of it.",
        )
    return AuditReport(
        today=today,
        pins=tuple(pins),
        unknown=tuple(sorted(unknown)),
        findings=tuple(sorted(findings, key=lambda finding: (finding.package, finding.version, finding.id))),
        acceptances=tuple(acceptances),
    )


def read_pins(lock: Path) -> list[Pin]:
    """Return every version that a lock pins, whatever its marker.

    Raises
    ------
    InvalidSetting
        A line pins nothing.
    """
    lines = (line.partition("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return sorted({_parse_pin(line, lock) for line in lines if line})


def _parse_pin(line: str, lock: Path) -> Pin:
    try:
        requirement = Requirement(line)
        (only,) = requirement.specifier
    except (InvalidRequirement, ValueError):
        only = None
    if only is None or only.operator != "==" or "*" in only.version:
        raise InvalidSetting(f"{lock.name}: {line!r} pins no version.", "Write the lock anew: make lock.")
    return Pin(canonicalize_name(requirement.name), only.version)


def read_acceptances(path: Path) -> list[Acceptance]:
    """Return the vulnerabilities that may stay.

    Raises
    ------
    InvalidSetting
        The file is no TOML, or an entry is not whole.
    """
    remedy = f"Write it as the comment at the top of {path.name} shows."
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSetting(f"{path.name} is no TOML: {error}.", remedy) from None
    entries = told.get("accepted", [])
    is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not told.keys() <= {"accepted"} or not is_list:
        raise InvalidSetting(f"{path.name} holds something else than entries [[accepted]].", remedy)
    return [_build_acceptance(entry, f"{path.name}, entry {i}", remedy) for i, entry in enumerate(entries, 1)]


def _build_acceptance(entry: dict[str, Any], where: str, remedy: str) -> Acceptance:
    if entry.keys() != _FIELDS.keys():
        raise InvalidSetting(
            f"{where}: it has {format_list(entry) or 'nothing'}, and must have {format_list(_FIELDS)}.",
            remedy,
        )
    for key, kind in _FIELDS.items():
        # A date with a time is a date too, by its class.
        if type(entry[key]) is not kind or not str(entry[key]).strip():
            expected = "a date without quotes, such as 2027-01-31" if kind is date else "a text"
            raise InvalidSetting(f"{where}: {key} = {entry[key]!r} is not {expected}.", remedy)
    return Acceptance(**{**entry, "package": canonicalize_name(entry["package"])})


def _group_pins(pins: Iterable[Pin]) -> list[list[Pin]]:
    """Return the pins in groups that name no package twice: pip-audit takes one version of each."""
    groups: list[dict[str, Pin]] = []
    for pin in pins:
        group = next((group for group in groups if pin.package not in group), None)
        if group is None:
            groups.append(group := {})
        group[pin.package] = pin
    return [list(group.values()) for group in groups]


def _fetch_vulnerabilities(pins: Sequence[Pin]) -> dict[Pin, list[Vulnerability] | None]:
    """Return what the service knows of each pin: None where it does not know the pin."""
    with tempfile.TemporaryDirectory() as scratch:
        asked, answer = Path(scratch) / "asked.txt", Path(scratch) / "answer.json"
        asked.write_text("".join(f"{pin.package}=={pin.version}\n" for pin in pins), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(asked), "--no-deps", "--disable-pip"),
            *("--vulnerability-service", "pypi", "--format", "json", "--desc", "on", "--aliases", "on"),
            # Its own cache is empty, so that every answer is of now.
            *("--output", str(answer), "--progress-spinner", "off", "--cache-dir", scratch),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # It ends alike when it finds something and when it breaks.
        if not answer.exists():
            lines = done.stderr.strip().splitlines() or ["pip-audit says nothing."]
            raise AdvisoriesUnavailable(
                f"{SERVICE} could not be reached, or their answer not read: {lines[-1]}",
                "See that this machine reaches the internet (behind a proxy: HTTPS_PROXY), then try again.",
            )
        told = json.loads(answer.read_text(encoding="utf-8"))
    answers: dict[str, Any] = {canonicalize_name(entry["name"]): entry for entry in told["dependencies"]}
    return {pin: _build_vulnerabilities(pin, answers[pin.package]) for pin in pins}


def _build_vulnerabilities(pin: Pin, entry: dict[str, Any]) -> list[Vulnerability] | None:
    if "vulns" not in entry:
        return None
    return [
        Vulnerability(
            *pin,
            id=known["id"],
            aliases=tuple(sorted(known["aliases"])),
            fixed_in=tuple(known["fix_versions"]),
            description=known["description"],
        )
        for known in entry["vulns"]
    ]
