"""The order of a rollout: prepare, prove, shift requests step by step, finish; undo at the first doubt."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from components.deploy.kubernetes_client import KubernetesError
from components.deploy.model_endpoint import CanaryMetrics, HeldOutRows, ModelCheckError, ModelEndpoint
from components.deploy.readiness import ServiceNotReady
from components.deploy.rollouts import Rollout
from components.deploy.settings import Settings
from components.errors import SuiteError

# In seconds.
_PATIENCE = 60.0
_PAUSE = 0.5


@dataclass
class RolloutResult:
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
    steps: list[tuple[int, CanaryMetrics]] = field(default_factory=list)
    is_split: bool = False
    failure: SuiteError | None = None
    undo_error: str = ""


def roll_out(
    rollout: Rollout,
    service: str,
    version: str,
    held_out: HeldOutRows,
    settings: Settings,
    renew: Callable[[], None],
) -> RolloutResult:
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
    renew : callable
        Called before each step, to keep others out.
    """
    result = RolloutResult()
    try:
        endpoint = ModelEndpoint(rollout.prepare(), service)
        _wait_for_version(endpoint, version, held_out, settings)
        result.largest_difference = endpoint.check_predictions(held_out)
        for percent in settings.steps:
            renew()
            if not rollout.shift_traffic(percent):
                break
            result.is_split = True
            _check_step(result, percent, endpoint, rollout, held_out, settings)
        if not result.is_split:
            _check_step(result, 0, endpoint, rollout, held_out, settings)
        renew()
        endpoint = ModelEndpoint(rollout.finish(), service)
        _wait_for_version(endpoint, version, held_out, settings)
        endpoint.check_predictions(held_out)
    except (ModelCheckError, ServiceNotReady, KubernetesError) as error:
        result.failure = error
        try:
            rollout.undo()
        except SuiteError as second:
            result.undo_error = str(second)
    except BaseException:
        # A defect, or a task that is told to end, must not leave requests with a model that nobody watches.
        rollout.undo()
        raise
    return result


def _wait_for_version(
    endpoint: ModelEndpoint, version: str, held_out: HeldOutRows, settings: Settings
) -> None:
    """Wait until the version answers: a gateway learns of its pods some time after they are ready."""
    ends = time.monotonic() + min(_PATIENCE, settings.ready_seconds)
    while True:
        try:
            answering = endpoint.fetch_version(held_out.rows[0])
            if answering == version:
                return
            fault = ModelCheckError(
                f"Version {answering!r} answers, and not {version!r}.",
                "See which pods the service sends requests to.",
            )
        except ModelCheckError as error:
            fault = error
        if time.monotonic() > ends:
            raise fault
        time.sleep(_PAUSE)


def _check_step(
    result: RolloutResult,
    percent: int,
    endpoint: ModelEndpoint,
    rollout: Rollout,
    held_out: HeldOutRows,
    settings: Settings,
) -> None:
    seen = endpoint.measure_requests(held_out, settings.step_seconds, rollout.list_metric_urls())
    result.steps.append((percent, seen))
    if seen.error_rate > settings.max_error_rate:
        raise ModelCheckError(
            f"At {percent} % of the requests {seen.error_rate:.1%} of them failed; "
            f"{settings.max_error_rate:.1%} may.",
            "See the log of the service's pods.",
        )
    if seen.p95_ms > settings.max_latency_ms:
        raise ModelCheckError(
            f"At {percent} % of the requests 5 of 100 took {seen.p95_ms:.0f} ms or more; "
            f"{settings.max_latency_ms:g} ms are allowed.",
            "Give the pods more processors (cpu), or allow more: max_latency_ms.",
        )
