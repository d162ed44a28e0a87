"""The order of a rollout: prepare, check, shift requests step by step, finish; undo on failure."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from components._kubernetes.client import KubernetesError
from components.deploy.deployment_record import ClaimLost, Phase
from components.deploy.model_endpoint import CanaryMetrics, HeldOutRows, ModelCheckError, ModelEndpoint
from components.deploy.readiness import ServiceNotReady
from components.deploy.rollouts import Rollout
from components.deploy.settings import Settings
from components.errors import SuiteError

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_ALL = 100


@dataclass
class RolloutResult:
    """The result of a rollout.

    Attributes
    ----------
    largest_difference : float or None
        Largest difference between the served predictions of the held-out rows and the pipeline's; None if
        they were not compared.
    steps : list of tuple of int and CanaryMetrics
        The new model's share of the requests in per cent, and the measurements.
    is_split : bool
        Whether requests can be split between the old model and the new one.
    failure : SuiteError or None
        Why the rollout was undone; None if it succeeded.
    undo_error : str
        Why undoing it failed; else empty.
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
    note_phase: Callable[[Phase, int], None],
) -> RolloutResult:
    """Roll a model out; on failure restore the previous state.

    Parameters
    ----------
    rollout : Rollout
        The steps.
    service : str
        The model's name in addresses.
    version : str
        The version that must answer.
    held_out : HeldOutRows
        Rows to check the new model with.
    settings : Settings
        Steps and limits.
    note_phase : callable
        Records the phase and the new model's share of the requests in per cent, before they change. The phase
        "prepare" is recorded already.

    Raises
    ------
    ClaimLost
        Another run has taken over; nothing was undone.
    """
    result = RolloutResult(is_split=rollout.can_split)
    phase: Phase = "prepare"

    def enter(following: Phase, percent: int) -> None:
        nonlocal phase
        note_phase(following, percent)
        phase = following

    try:
        endpoint = ModelEndpoint(rollout.prepare(), service)
        _wait_for_version(endpoint, version, held_out, settings)
        result.largest_difference = endpoint.check_predictions(held_out)
        for percent in settings.steps if rollout.can_split else ():
            enter("shift", percent)
            rollout.shift_traffic(percent)
            _check_step(result, percent, endpoint, rollout, held_out, settings)
        if not result.steps:
            _check_step(result, 0, endpoint, rollout, held_out, settings)
        enter("replace", _ALL)
        endpoint = ModelEndpoint(rollout.finish(), service)
        _wait_for_version(endpoint, version, held_out, settings)
        endpoint.check_predictions(held_out)
    except (ModelCheckError, ServiceNotReady, KubernetesError) as error:
        result.failure = error
        try:
            rollout.undo(phase)
        except (ServiceNotReady, KubernetesError) as undo_error:
            result.undo_error = str(undo_error)
    except ClaimLost:
        raise
    except BaseException:
        # Requests must not go to a model that nobody watches. After SIGTERM a pod has at most two seconds for
        # this; the next run undoes the rest.
        rollout.undo(phase)
        raise
    return result


def _wait_for_version(
    endpoint: ModelEndpoint, version: str, held_out: HeldOutRows, settings: Settings
) -> None:
    """Wait until the version answers: a gateway learns of pods some time after they are ready."""
    end = time.monotonic() + min(_PATIENCE_SECONDS, settings.ready_seconds)
    while True:
        try:
            found = endpoint.fetch_version(held_out.rows[0])
            if found == version:
                return
            fault = ModelCheckError(
                f"The service answers with version {found!r}, not {version!r}.",
                "Check which pods the service sends requests to.",
            )
        except ModelCheckError as error:
            fault = error
        if time.monotonic() > end:
            raise fault
        time.sleep(_PAUSE_SECONDS)


def _check_step(
    result: RolloutResult,
    percent: int,
    endpoint: ModelEndpoint,
    rollout: Rollout,
    held_out: HeldOutRows,
    settings: Settings,
) -> None:
    measured = endpoint.measure_requests(held_out, settings.step_seconds, rollout.list_metric_urls())
    result.steps.append((percent, measured))
    if measured.error_rate > settings.max_error_rate:
        raise ModelCheckError(
            f"In the step with {percent} % of the requests, {measured.error_rate:.1%} of them failed; "
            f"{settings.max_error_rate:.1%} are allowed (max_error_rate).",
            "See the logs of the service's pods.",
        )
    if measured.p95_ms > settings.max_p95_ms:
        raise ModelCheckError(
            f"In the step with {percent} % of the requests, 5 of 100 took {measured.p95_ms:.0f} ms or more; "
            f"{settings.max_p95_ms:g} ms are allowed (max_p95_ms).",
            "Give the pods more processors (cpu_limit), or raise max_p95_ms.",
        )
