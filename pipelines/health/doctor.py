"""Which of the services around a run are reachable, and what is wrong with those that are not."""

import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO

from components.environment import Environment
from components.errors import SuiteError
from pipelines.health.services import SERVICES, ServiceStatus, State

# Seconds for all services together: they are asked side by side.
PATIENCE = 20.0
# Columns, where no terminal says; and fewer are not worth the wrapping.
_WIDTH = 110
_NARROWEST = 60
_SIGNS: dict[State, str] = {"works": "ok", "not configured": "--", "not examined": "??", "wrong": "WRONG"}


@dataclass(frozen=True)
class CheckResult:
    """What is to say of one service.

    Attributes
    ----------
    service : str
        The service, as people call it.
    state : str
        ``works``, ``wrong``, ``not configured`` or ``not examined``.
    text : str
        What answers there; or what happens without it; or what is wrong.
    remedy : str
        What to do about what is wrong; else empty.
    seconds : float
        How long it took to find out.
    """

    service: str
    state: State
    text: str
    remedy: str
    seconds: float


def examine(
    environment: Environment | None = None,
    services: Mapping[str, Callable[[Environment], ServiceStatus]] = SERVICES,
    patience: float = PATIENCE,
) -> list[CheckResult]:
    """Ask every service, all at once, and say of each how it is.

    Parameters
    ----------
    environment : Environment or None
        Where they are. None: as the environment says.
    services : mapping of str to callable
        The services and how each is examined.
    patience : float
        Seconds to wait for the slowest.
    """
    environment = environment or Environment.read()
    deadline = time.monotonic() + patience
    asked = {name: _start_check(name, ask, environment) for name, ask in services.items()}
    return [_wait_for_result(name, finding, deadline, patience) for name, finding in asked.items()]


def is_healthy(findings: Sequence[CheckResult]) -> bool:
    """Return whether no service that is configured fails."""
    return all(finding.state != "wrong" for finding in findings)


def show_results(findings: Sequence[CheckResult], out: IO[str] = sys.stdout) -> None:
    """Write what was found of each service, and below what is wrong its remedy."""
    names = max(len(finding.service) for finding in findings)
    signs = max(map(len, _SIGNS.values()))
    margin = " " * (signs + names + 4)
    width = max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 0)).columns)
    for finding in findings:
        duration = f" ({finding.seconds:.1f} s)" if finding.state == "works" else ""
        lines = [f"{finding.text}{duration}", *filter(None, [finding.remedy])]
        # Commands and addresses stay whole, to be copied.
        wrapper = textwrap.TextWrapper(
            width=width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
        text = "\n".join(map(wrapper.fill, lines)).removeprefix(margin)
        out.write(f"{_SIGNS[finding.state]:<{signs}}  {finding.service:<{names}}  {text}\n")


def _start_check(
    name: str, ask: Callable[[Environment], ServiceStatus], environment: Environment
) -> "Future[CheckResult]":
    found: Future[CheckResult] = Future()

    def examine_one() -> None:
        started = time.monotonic()
        try:
            answer = ask(environment)
        except SuiteError as error:
            answer = ServiceStatus("wrong", error.what, error.remedy)
        except BaseException as error:
            found.set_exception(error)
            return
        found.set_result(
            CheckResult(name, answer.state, answer.text, answer.remedy, time.monotonic() - started)
        )

    # A look-up of a name cannot be broken off, and must not keep the command from ending.
    threading.Thread(target=examine_one, daemon=True).start()
    return found


def _wait_for_result(
    name: str, found: "Future[CheckResult]", deadline: float, patience: float
) -> CheckResult:
    try:
        return found.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return CheckResult(
            name,
            "wrong",
            f"No answer within {patience:.0f} s.",
            "Check its address, and the firewalls and network policies between.",
            patience,
        )
