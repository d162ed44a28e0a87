"""How findings are gathered and shown; what is asked of each service is tested beside its module."""

import io
import threading

import pytest

from components.environment import Environment
from components.errors import SuiteError
from pipelines.health.doctor import CheckResult, examine, is_healthy, show_results
from pipelines.health.services import SERVICES, ServiceStatus

WELL = CheckResult("MLflow", "works", "MLflow 3.17.2", "", 0.26)
UNUSED = CheckResult("Object storage", "not configured", "Nothing is read there.", "", 0.0)
WRONG = CheckResult("Docker", "wrong", "No answer.", "Start it. " * 12, 3.0)


def break_down(environment: Environment) -> ServiceStatus:
    raise SuiteError("It is broken.", "Mend it.")


def fail(environment: Environment) -> ServiceStatus:
    raise ZeroDivisionError("a defect")


def test_every_service_is_asked_with_the_environment_and_an_error_is_a_finding() -> None:
    found = examine(
        Environment(commit="abc"),
        {"one": lambda environment: ServiceStatus("works", str(environment.commit)), "other": break_down},
    )
    assert [(finding.service, finding.state, finding.text, finding.remedy) for finding in found] == [
        ("one", "works", "abc", ""),
        ("other", "wrong", "It is broken.", "Mend it."),
    ]


def test_services_are_asked_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(environment: Environment) -> ServiceStatus:
        both.wait()
        return ServiceStatus("works", "met")

    assert [finding.text for finding in examine(Environment(), {"one": meet, "other": meet})] == ["met"] * 2


def test_a_service_that_takes_too_long_keeps_nobody_waiting() -> None:
    never = threading.Event()

    def wait(environment: Environment) -> ServiceStatus:
        never.wait()
        return ServiceStatus("works", "late")

    found = examine(Environment(), {"slow": wait, "fast": lambda _: ServiceStatus("works", "")}, patience=0.1)
    never.set()
    assert [finding.state for finding in found] == ["wrong", "works"]
    assert found[0].text.startswith("No answer within")


def test_a_defect_is_no_finding() -> None:
    with pytest.raises(ZeroDivisionError, match="a defect"):
        examine(Environment(), {"one": fail})


@pytest.mark.parametrize(
    ("findings", "well"), [([WELL, UNUSED], True), ([WELL, WRONG], False), ([UNUSED], True)]
)
def test_only_what_is_configured_and_fails_is_bad(findings: list[CheckResult], well: bool) -> None:
    assert is_healthy(findings) is well


def test_findings_are_shown_with_their_remedies_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    out = io.StringIO()
    show_results([WELL, UNUSED, WRONG], out)
    assert out.getvalue() == (
        "ok     MLflow          MLflow 3.17.2 (0.3 s)\n"
        "--     Object storage  Nothing is read there.\n"
        "WRONG  Docker          No answer.\n"
        "                       Start it. Start it. Start it. Start it. Start\n"
        "                       it. Start it. Start it. Start it. Start it.\n"
        "                       Start it. Start it. Start it.\n"
    )


def test_without_an_environment_nothing_but_docker_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KF_PIPELINES_ENDPOINT", raising=False)
    found = examine(Environment(), {name: ask for name, ask in SERVICES.items() if name != "Docker Engine"})
    assert {finding.state for finding in found} == {"not configured"}
    assert len(found) == 4
