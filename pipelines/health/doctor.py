"""Checks all services at the same time and shows the results."""

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

# Seconds for all services, which are checked at the same time.
PATIENCE = 20.0
# Columns without a terminal, and at least.
_WIDTH = 110
_LEAST_WIDTH = 60
_SIGNS: dict[State, str] = {"works": "ok", "not configured": "--", "not examined": "??", "wrong": "WRONG"}


@dataclass(frozen=True)
class CheckResult:
    """The result of one service's check.

    Attributes
    ----------
    service : str
        Name of the service.
    state : str
        ``works``, ``wrong``, ``not configured`` or ``not examined``.
    text : str
        What answers; or what happens without the service; or what is wrong.
    remedy : str
        What to do if something is wrong; else empty.
    seconds : float
        Duration of the check.
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
    """Check every service, all at the same time.

    Parameters
    ----------
    environment : Environment or None
        Settings of the services. None: from the environment.
    services : mapping of str to callable
        The services and their checks.
    patience : float
        Seconds to wait for the slowest.
    """
    environment = environment or Environment.read()
    deadline = time.monotonic() + patience
    futures = {name: _start_check(name, check, environment) for name, check in services.items()}
    return [_wait_for_result(name, future, deadline, patience) for name, future in futures.items()]


def is_healthy(results: Sequence[CheckResult]) -> bool:
    """Return whether no configured service fails."""
    return all(result.state != "wrong" for result in results)


def show_results(results: Sequence[CheckResult], out: IO[str] = sys.stdout) -> None:
    """Write one paragraph per service, which ends with the remedy if something is wrong."""
    name_width = max(len(result.service) for result in results)
    sign_width = max(map(len, _SIGNS.values()))
    margin = " " * (sign_width + name_width + 4)
    # Commands and addresses are not broken, so that they can be copied.
    wrapper = textwrap.TextWrapper(
        width=max(_LEAST_WIDTH, shutil.get_terminal_size((_WIDTH, 0)).columns),
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for result in results:
        duration = f" ({result.seconds:.1f} s)" if result.state == "works" else ""
        lines = [f"{result.text}{duration}", *filter(None, [result.remedy])]
        text = "\n".join(map(wrapper.fill, lines)).removeprefix(margin)
        out.write(f"{_SIGNS[result.state]:<{sign_width}}  {result.service:<{name_width}}  {text}\n")


def _start_check(
    name: str, check: Callable[[Environment], ServiceStatus], environment: Environment
) -> "Future[CheckResult]":
    future: Future[CheckResult] = Future()

    def examine_one() -> None:
        started = time.monotonic()
        try:
            status = check(environment)
        except SuiteError as error:
            status = ServiceStatus("wrong", error.what, error.remedy)
        except BaseException as error:
            future.set_exception(error)
            return
        future.set_result(
            CheckResult(name, status.state, status.text, status.remedy, time.monotonic() - started)
        )

    # A look-up of a host name cannot be cancelled. A daemon thread does not keep the command from ending.
    threading.Thread(target=examine_one, daemon=True).start()
    return future


def _wait_for_result(
    name: str, future: "Future[CheckResult]", deadline: float, patience: float
) -> CheckResult:
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return CheckResult(
            name,
            "wrong",
            f"No answer within {patience:.0f} s.",
            "Check its address, and the firewalls and network policies in between.",
            patience,
        )
