"""The order of a rollout: prepare, prove, shift requests step by step, finish; undo at the first doubt."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from components.deploy.asking import Asked, HeldOut, Unproven, Watched
from components.deploy.cluster import ClusterRefused
from components.deploy.rollouts import Rollout
from components.deploy.settings import Settings
from components.deploy.waiting import NotReady
from components.errors import SuiteError

# In seconds.
_PATIENCE = 60.0
_PAUSE = 0.5


@dataclass
class Course:
    """What happened.

    Attributes
    ----------
    largest_difference : float or None
        Largest difference of a held-out row's prediction from the pipeline's; None if none was asked for.
    steps : list of tuple of int and Watched
        Per cent of the requests, and what was seen.
    is_split : bool
        Whether requests could be shared between the old model and the new.
    failure : SuiteError or None
        Why it was undone; None if it was not.
    undone : str
        What became of undoing it; empty if it was not undone or all is as before.
    """

    largest_difference: float | None = None
    steps: list[tuple[int, Watched]] = field(default_factory=list)
    is_split: bool = False
    failure: SuiteError | None = None
    undone: str = ""


def proven(
    rollout: Rollout,
    service: str,
    version: str,
    held_out: HeldOut,
    settings: Settings,
    keep: Callable[[], None],
) -> Course:
    """Roll a model out, or leave everything as it was.

    Parameters
    ----------
    rollout : Rollout
        The steps.
    service : str
        The model's name in addresses.
    version : str
        The version that must answer.
    held_out : HeldOut
        Rows to prove it by.
    settings : Settings
        Steps and limits.
    keep : callable
        Called before each step, to keep others out.
    """
    course = Course()
    try:
        asked = Asked(rollout.prepare(), service)
        _smoke(asked, version, held_out, settings)
        course.largest_difference = asked.replay(held_out)
        for percent in settings.steps:
            keep()
            if not rollout.shift(percent):
                break
            course.is_split = True
            _watch(course, percent, asked, rollout, held_out, settings)
        if not course.is_split:
            _watch(course, 0, asked, rollout, held_out, settings)
        keep()
        asked = Asked(rollout.finish(), service)
        _smoke(asked, version, held_out, settings)
        asked.replay(held_out)
    except (Unproven, NotReady, ClusterRefused) as error:
        course.failure = error
        try:
            rollout.undo()
        except SuiteError as second:
            course.undone = str(second)
    except BaseException:
        # A defect, or a task that is told to end, must not leave requests with a model that nobody watches.
        rollout.undo()
        raise
    return course


def _smoke(asked: Asked, version: str, held_out: HeldOut, settings: Settings) -> None:
    """Wait until the version answers: a gateway learns of its pods some time after they are ready."""
    ends = time.monotonic() + min(_PATIENCE, settings.ready_seconds)
    while True:
        try:
            answering = asked.version(held_out.rows[0])
            if answering == version:
                return
            fault = Unproven(
                f"Version {answering!r} answers, and not {version!r}.",
                "See which pods the service sends requests to.",
            )
        except Unproven as error:
            fault = error
        if time.monotonic() > ends:
            raise fault
        time.sleep(_PAUSE)


def _watch(
    course: Course, percent: int, asked: Asked, rollout: Rollout, held_out: HeldOut, settings: Settings
) -> None:
    seen = asked.watch(held_out, settings.step_seconds, rollout.scraped())
    course.steps.append((percent, seen))
    if seen.error_rate > settings.max_error_rate:
        raise Unproven(
            f"At {percent} % of the requests {seen.error_rate:.1%} of them failed; "
            f"{settings.max_error_rate:.1%} may.",
            "See the log of the service's pods.",
        )
    if seen.p95_ms > settings.max_latency_ms:
        raise Unproven(
            f"At {percent} % of the requests 5 of 100 took {seen.p95_ms:.0f} ms or more; "
            f"{settings.max_latency_ms:g} ms are allowed.",
            "Give the pods more processors (cpu), or allow more: max_latency_ms.",
        )
