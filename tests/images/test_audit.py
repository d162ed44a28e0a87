"""What the lock pins against known vulnerabilities. The real service is never asked: see advisory_service."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from images.audit import (
    ACCEPTED,
    CONTROL,
    AdvisoriesUnavailable,
    AuditNotClean,
    read_acceptances,
    run_audit,
)
from tests.images.advisory_service import AdvisoryService, make_advisory, serve_advisories

TODAY = date(2026, 11, 24)
LOCK = """\
# As the real lock has them.
colorama==0.4.6 ; sys_platform == 'win32'
numpy==2.4.6 ; python_full_version < '3.12'
numpy==2.5.5 ; python_full_version >= '3.12'
PyYAML==6.0.3
"""
ENTRY: dict[str, Any] = {"id": "CVE-1", "package": "numpy", "reason": "No stage calls it.", "until": TODAY}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.txt"
    path.write_text(LOCK)
    return path


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdvisoryService]:
    with serve_advisories(AdvisoryService(), tmp_path, monkeypatch) as service:
        yield service


def write_acceptances(folder: Path, *entries: dict[str, Any]) -> Path:
    def format_line(key: str, value: object) -> str:
        return f"{key} = {value}" if isinstance(value, date) else f"{key} = {json.dumps(value)}"

    path = folder / "accepted.toml"
    texts = [
        "\n".join(["[[accepted]]", *(format_line(*item) for item in entry.items())]) for entry in entries
    ]
    path.write_text("\n\n".join(texts))
    return path


def test_the_acceptances_of_the_house_can_be_read() -> None:
    assert isinstance(read_acceptances(ACCEPTED), list)


def test_the_entry_that_the_comment_shows_can_be_read(tmp_path: Path) -> None:
    shown = [
        line.removeprefix("#   ") for line in ACCEPTED.read_text().splitlines() if line.startswith("#   ")
    ]
    path = tmp_path / "accepted.toml"
    path.write_text("\n".join(shown))
    (acceptance,) = read_acceptances(path)
    assert acceptance.package == "example"
    assert acceptance.until == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accepted]", r"accepted.toml cannot be read: Expected ']]' .* line 1"),
        ("accepted = 3", "Expected `array`, got `int`"),
        ("accepted = [3]", "Expected `object`, got `int`"),
        ("[[acepted]]", "unknown field `acepted`"),
        ("[[accepted]]", r"missing required field `id` - at `\$.accepted\[0\]`"),
        (
            '[[accepted]]\nid = "A"\npackage = "b"\nreason = " "\nuntil = 2027-01-31',
            r"Expected `str` .*accepted\[0\].reason",
        ),
        (
            '[[accepted]]\nid = "A"\npackage = "b"\nreason = "c"\nuntil = "2027-01-31"',
            r"Expected `date`, got `str` .*until`\.\nWrite it as the comment .* without quotes",
        ),
        (
            '[[accepted]]\nid = "A"\npackage = "b"\nreason = "c"\nuntil = 2027-01-31T00:00:00',
            "Expected `date`, got `datetime`",
        ),
    ],
)
def test_an_acceptance_that_is_not_whole_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "accepted.toml"
    path.write_text(text)
    with pytest.raises(InvalidSetting, match=message):
        read_acceptances(path)


def test_a_stand_in_service_is_asked_about_every_version_and_the_report_is_clean(
    tmp_path: Path, lock: Path, service: AdvisoryService
) -> None:
    paths = run_audit(TODAY, tmp_path / "audit", lock, write_acceptances(tmp_path))
    assert sorted(service.asked) == [
        ("colorama", "0.4.6"),
        ("numpy", "2.4.6"),
        ("numpy", "2.5.5"),
        tuple(CONTROL),
        ("pyyaml", "6.0.3"),
    ]
    assert sorted(path.name for path in (tmp_path / "audit").iterdir()) == sorted(path.name for path in paths)
    told = json.loads(paths[1].read_text())
    assert told["is_clean"]
    assert len(told["audited"]) == 4
    assert "**0 to act on, 0 accepted.**" in paths[0].read_text()


def test_findings_of_a_stand_in_service_fail_all_at_once_and_are_in_the_report(
    tmp_path: Path, lock: Path, service: AdvisoryService
) -> None:
    service.known |= {
        ("numpy", "2.5.5"): [make_advisory("PYSEC-7", ("2.10.0", "2.5.6"), aliases=["CVE-7", "GHSA-7"])],
        ("colorama", "0.4.6"): [
            make_advisory("GHSA-8"),
            make_advisory("GHSA-9", withdrawn="2026-01-01T00:00:00Z"),
        ],
        ("pyyaml", "6.0.3"): [make_advisory("PYSEC-6", ("6.0.4",))],
    }
    service.unknown = {("numpy", "2.4.6")}
    entries = write_acceptances(tmp_path, ENTRY | {"id": "PYSEC-6", "package": "PyYAML"})
    with pytest.raises(AuditNotClean, match=r"The audit of lock\.txt found:") as caught:
        run_audit(TODAY, tmp_path / "audit", lock, entries)
    assert caught.value.what.splitlines()[1:] == [
        "  colorama 0.4.6: GHSA-8, not fixed in any version yet",
        "  numpy 2.5.5: PYSEC-7, CVE-7, GHSA-7, fixed in 2.5.6, 2.10.0",
        "  numpy 2.4.6: not audited, because PyPI does not know it",
    ]
    assert "make lock" in caught.value.remedy
    told = json.loads((tmp_path / "audit" / "vulnerabilities.json").read_text())
    assert not told["is_clean"]
    assert told["unknown"] == [{"package": "numpy", "version": "2.4.6"}]
    assert [found["id"] for found in told["findings"] if found["is_accepted"]] == ["PYSEC-6"]


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, "{}"), "not PyPI's: they have no vulnerability of pyyaml 5.3"),
        ((200, '{"info": {}}'), "not PyPI's: they have no vulnerability of pyyaml 5.3"),
        ((500, "{}"), r"could not be reached, or the answer could not be read: .*ServiceError"),
        ((200, "<html>Welcome to the mirror</html>"), r"could not be reached, or .*JSONDecodeError"),
    ],
)
def test_a_stand_in_that_is_no_advisory_service_leaves_no_report_not_even_an_earlier_one(
    tmp_path: Path, lock: Path, service: AdvisoryService, answer: tuple[int, str], message: str
) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / "vulnerabilities.md").write_text("All is well.")
    service.answer = answer
    with pytest.raises(AdvisoriesUnavailable, match=message):
        run_audit(TODAY, folder, lock, write_acceptances(tmp_path))
    assert service.asked
    assert list(folder.iterdir()) == []


def test_without_a_network_the_audit_fails_and_says_so(
    tmp_path: Path, lock: Path, service: AdvisoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens there.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(
        AdvisoriesUnavailable,
        match=r"could not be reached, or the answer .*: .*Connection refused",
    ):
        run_audit(TODAY, tmp_path / "audit", lock, write_acceptances(tmp_path))
    assert service.asked == []
