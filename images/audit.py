"""Compares the lock with known vulnerabilities, and these with the accepted ones.

pip-audit asks PyPI, because PyPI says if it does not know a package. Other services give the same answer for
an unknown package as for one without vulnerabilities.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from components.errors import InvalidSetting, SuiteError
from images.audit_report import SERVICE, Acceptance, AuditReport, Vulnerability, render_markdown, to_json
from images.layers import IMAGES
from images.lock import CONSTRAINTS, Pin, read_pins
from pipelines.catalogue import ROOT
from pipelines.files import replace_file

ACCEPTED = IMAGES / "accepted-findings.toml"
REPORT = ROOT / "dist" / "audit"
# This version has known vulnerabilities since 2020. An answer without them is not from PyPI but, for example,
# from a mirror, and says nothing about the other packages.
CONTROL = Pin("pyyaml", "5.3")
_REMEDY = (
    "Upgrade packages that have a fixed version (make lock, then make images). Accept what must wait, with a "
    f"reason and a date, in {ACCEPTED.relative_to(ROOT)}. Remove acceptances there that match nothing."
)


class AdvisoriesUnavailable(SuiteError):
    """PyPI's advisories could not be read, so that nothing is known about the packages."""


class AuditNotClean(SuiteError):
    """The audit found something to act on."""


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
    lock : Path
        Requirements pinned by ``==``. Those of all platforms are audited, whatever their markers.
    accepted : Path
        The list of acceptances.

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
    paths = [folder / "vulnerabilities.md", folder / "vulnerabilities.json"]
    # After a failed audit there must be no earlier report.
    for path in paths:
        path.unlink(missing_ok=True)
    report = _audit_lock(today, lock, accepted)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, (render_markdown(report), to_json(report)), strict=True):
        replace_file(path, text)
    if report.faults:
        faults = "\n".join(f"  {fault}" for fault in report.faults)
        raise AuditNotClean(f"The audit of {lock.name} found:\n{faults}", _REMEDY)
    return paths


class _AcceptanceFile(msgspec.Struct, forbid_unknown_fields=True):
    accepted: list[Acceptance] = []


def read_acceptances(path: Path) -> list[Acceptance]:
    """Return the accepted vulnerabilities.

    Raises
    ------
    InvalidSetting
        The file is not TOML, or an entry is incomplete.
    """
    try:
        entries = msgspec.toml.decode(path.read_bytes(), type=_AcceptanceFile).accepted
    except msgspec.DecodeError as error:
        raise InvalidSetting(
            f"{path.name} cannot be read: {error}.",
            "Write it as the comment at its top shows, the date without quotes.",
        ) from None
    return [msgspec.structs.replace(entry, package=canonicalize_name(entry.package)) for entry in entries]


def _audit_lock(today: date, lock: Path, accepted: Path) -> AuditReport:
    pins = read_pins(lock)
    acceptances = read_acceptances(accepted)
    known = _fetch_vulnerabilities([*pins, CONTROL])
    if not known.get(CONTROL):
        raise AdvisoriesUnavailable(
            f"The answers are not PyPI's: they have no vulnerability of {CONTROL.package} "
            f"{CONTROL.version}, which has known ones.",
            "Run the audit where PyPI itself can be reached, not a mirror.",
        )
    return AuditReport(
        today=today,
        pins=tuple(pins),
        unknown=tuple(pin for pin in pins if pin not in known),
        findings=tuple(finding for pin in pins for finding in known.get(pin, ())),
        acceptances=tuple(acceptances),
    )


def _fetch_vulnerabilities(pins: Iterable[Pin]) -> dict[Pin, list[Vulnerability]]:
    """Return the vulnerabilities of each pin that PyPI knows."""
    with tempfile.TemporaryDirectory() as scratch:
        lock, output = Path(scratch) / "pylock.toml", Path(scratch) / "output.json"
        # pip-audit takes two versions of a package, for different platforms, only in this format.
        packages = (f'[[packages]]\nname = "{pin.package}"\nversion = "{pin.version}"\n' for pin in pins)
        lock.write_text(f'lock-version = "1.0"\n{"".join(packages)}', encoding="utf-8")
        command = [
            *(sys.executable, "-m", "pip_audit", "--locked", scratch, "--vulnerability-service", "pypi"),
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
        entries = json.loads(output.read_text(encoding="utf-8"))["dependencies"]
    # An entry that PyPI does not know has a reason instead.
    audited = {Pin(entry["name"], entry["version"]): entry["vulns"] for entry in entries if "vulns" in entry}
    return {
        pin: [
            Vulnerability(
                *pin,
                id=found["id"],
                aliases=tuple(sorted(found["aliases"])),
                fixed_in=tuple(found["fix_versions"]),
                description=found["description"],
            )
            for found in sorted(vulnerabilities, key=itemgetter("id"))
        ]
        for pin, vulnerabilities in audited.items()
    }
