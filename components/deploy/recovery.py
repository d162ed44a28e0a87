"""What a run finds that an earlier one began and did not finish: it is undone, or finished."""

from components._kubernetes.client import KubernetesClient
from components.deploy.deployment_record import DeploymentRecord, UnfinishedChange
from components.deploy.objects import ServiceSpec
from components.deploy.readiness import ServiceNotReady
from components.deploy.rollouts import choose_rollout, remove_service
from components.errors import SuiteError


class RecoveryError(SuiteError):
    """What an earlier run left cannot be undone."""


def restore_service(cluster: KubernetesClient, service: str, record: DeploymentRecord) -> str:
    """Bring a service into the state that its record calls served.

    An unfinished rollout is undone by its own steps. A rollout that passed all checks stays. An unfinished
    removal is finished.

    Parameters
    ----------
    cluster : KubernetesClient
        The service's namespace.
    service : str
        Name of the service.
    record : DeploymentRecord
        Its record, which this run has claimed.

    Returns
    -------
    str
        What was found, and what was done with it; empty for nothing.

    Raises
    ------
    RecoveryError
        The previous model does not start any more.
    """
    found, served = record.unfinished, record.served
    if found is None:
        return ""
    try:
        if found.wanted is None:
            remove_service(cluster, service)
            record.forget_release()
        elif found.phase != "promote":
            choose_rollout(cluster, service, served, found.wanted).undo(found.phase)
    except ServiceNotReady as error:
        raise RecoveryError(
            f"{_describe(found)} This could not be undone. {error.what}",
            f"Correct this and run this stage again, or remove the service and deploy anew: "
            f"make submit PIPELINE=removal SERVICE={service}.",
        ) from error
    return f"{_describe(found)} {_describe_outcome(found, served)}"


def _describe(found: UnfinishedChange) -> str:
    if found.wanted is None:
        return f"{found.holder} began to remove the service at {found.since}, and did not finish."
    version = found.wanted.release.version
    texts = {
        "prepare": "It had not given it any requests yet.",
        "shift": f"It had given it {found.percent} % of the requests.",
        "replace": "It was replacing the served model by it.",
        "promote": "It passed all checks and is served, but may not be the champion.",
    }
    return (
        f"{found.holder} began to roll out version {version} at {found.since}, and did not finish. "
        f"{texts[found.phase]}"
    )


def _describe_outcome(found: UnfinishedChange, served: ServiceSpec | None) -> str:
    if found.wanted is None:
        return "The removal was finished first."
    if found.phase == "promote":
        return "It was left as it is. This run moves the champion if it finishes."
    if served is None:
        return "This was undone first: nothing had been served before, so the service was removed."
    return f"This was undone first: version {served.release.version} got all requests again."
