"""Why a task failed or cannot start, by what Argo and Kubernetes write about its pod."""

import re
from typing import NamedTuple

# What Argo and Kubernetes write before the last words of a container.
_EXIT = re.compile(r"(?P<reason>\w*) ?\(exit code (?P<code>-?\d+)\)(?:: (?P<words>.*))?", flags=re.DOTALL)
# What Argo writes before the answer of Kubernetes to the creation of a pod.
_CREATION = re.compile(r"^task '[^']*' errored: ")
# What Kubernetes writes about a pod that is evicted because it uses more of the node's disk than its limit.
_FULL_DISK = re.compile(r"ephemeral (local )?storage (usage exceeds|limit)|Usage of EmptyDir volume")
_STOPPED = ("Step exceeded its deadline", "Stopped with strategy", "workflow shutdown with strategy")
# While images and volumes are on their way, Kubernetes gives no other reason.
STARTING = ("", "PodInitializing", "ContainerCreating")
# The registry may answer again; any other reason to refuse an image needs a person.
_REGISTRY_IS_AWAY = re.compile(
    r"timeout|timed out|connection re(fused|set)|unreachable|\bEOF\b|toomanyrequests|\b(429|50[0-4])\b",
    flags=re.IGNORECASE,
)
_UNITS = {
    "m": 1e-3,
    "": 1.0,
    **{unit: 1e3**power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", start=1)},
}


class Cause(NamedTuple):
    """Why a task failed or cannot start.

    Attributes
    ----------
    what : str
        What is wrong.
    remedy : str
        What to do about it; empty if ``what`` says it.
    is_permanent : bool
        Whether waiting does not help.
    """

    what: str
    remedy: str
    is_permanent: bool = True

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}".strip()


def explain_failure(message: str, log: str, *, is_driver: bool = False) -> Cause:
    """Return why a pod failed, by Argo's message about it.

    Parameters
    ----------
    message : str
        The message, with the last words of the container if it left any.
    log : str
        The command that shows the pod's log.
    is_driver : bool
        Whether the pod is Kubeflow's own, which prepares a task.
    """
    message = _CREATION.sub("", message)
    text = " ".join(message.split())
    if message.startswith(_STOPPED):
        return Cause("It was running or waiting when the run was stopped.", "")
    if message == "pod deleted":
        return Cause(
            "Its pod was deleted while it ran: by a person, or with its node.", "Start the run again."
        )
    if "low on resource" in message or "Evicted" in message:
        return Cause(f"Its pod was evicted: {text}", "Start the run again, on a node with more room.")
    if message.startswith("Pod was rejected"):
        return Cause(f"Its node did not accept it: {text}", "Start the run again, on a node with more room.")
    if _FULL_DISK.search(message):
        return Cause(
            f"It needed more of the node's disk than its pod may use: {text}",
            "Raise the limit of ephemeral-storage, which a LimitRange of the namespace sets, or use a "
            "smaller table.",
        )
    if found := re.search(r'serviceaccount "([^"]+)" not found', message):
        return Cause(
            f"The service account {found[1]} does not exist in the namespace of the run.",
            "Create it (manifests/base/runs has kfp-tabular), or name another with --service-account.",
        )
    if "violates PodSecurity" in message or " is forbidden: " in message:
        reason = text.partition(" is forbidden: ")[2] or text
        return Cause(
            f"The namespace does not admit its pod: {reason}",
            "Change the namespace's limits, or compile for a smaller SIZE.",
        )
    if found := _EXIT.fullmatch(message):
        if found["reason"] == "OOMKilled":
            return Cause(
                "It needed more memory than its pod may use.",
                "Compile for a larger SIZE: make compile SIZE=medium.",
            )
        if words := (found["words"] or "").strip():
            return Cause(words, "")
        who = "Kubeflow's driver, which prepares the task," if is_driver else "It"
        return Cause(f"{who} ended with exit code {found['code']}. Its log has the cause:", log)
    return Cause(text or "Argo gives no cause. The log of its pod may have it:", "" if text else log)


def explain_waiting(message: str, description: str) -> Cause:
    """Return why a pod has not started, by Argo's message about it.

    Parameters
    ----------
    message : str
        Reason and message of Kubernetes, as ``Reason: message``, or the answer to the attempt to create it.
    description : str
        The command that shows the pod and its events.
    """
    text = " ".join(message.split()).rstrip(".")
    reason, _, details = text.partition(": ")
    if message in STARTING:
        return Cause("its images and volumes are on their way", description, is_permanent=False)
    if reason in ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"):
        return Cause(
            f"its image cannot be pulled: {details or reason}",
            "Push the image (make push), or compile with the REGISTRY and TAG of images that were pushed. "
            "A private registry needs a pull secret at the service account of the pods.",
            is_permanent=not _REGISTRY_IS_AWAY.search(details),
        )
    if reason == "CreateContainerConfigError":
        return Cause(
            f"its configuration is incomplete: {details or reason}",
            "Create the Secret and the ConfigMap kfp-tabular with all keys, also empty ones: "
            "manifests/create-secrets does. A run that was compiled for Kubeflow Pipelines 2.15 or newer "
            "can do without.",
        )
    if "exceeded quota" in message:
        return Cause(
            f"a quota of the namespace is used up: {text[text.index('exceeded quota') :]}",
            "Wait for other runs, raise the quota, or compile for a smaller SIZE.",
            is_permanent=_is_beyond_quota(message),
        )
    if reason == "Unschedulable":
        return Cause(
            f"no node has room for it: {details or reason}",
            "Wait for other pods, add a node, or compile for a smaller SIZE.",
            is_permanent=False,
        )
    return Cause(text, description, is_permanent=False)


def parse_quantity(text: str) -> float:
    """Return a quantity of Kubernetes, such as ``500m`` or ``4Gi``, as a number."""
    found = re.fullmatch(r"([\d.]+)([a-zA-Z]*)", text)
    return float(found[1]) * _UNITS.get(found[2], 1.0) if found else 0.0


def _is_beyond_quota(message: str) -> bool:
    """Return whether a pod asks for more of something than its quota has for all pods together."""
    requested, limited = _read_amounts(message, "requested"), _read_amounts(message, "limited")
    return any(amount > limited[name] for name, amount in requested.items() if name in limited)


def _read_amounts(message: str, part: str) -> dict[str, float]:
    found = re.search(rf"{part}: ([^:]*?)(?:, \w+:|$)", message)
    pairs = re.findall(r"([\w./-]+)=([\w.]+)", found[1]) if found else []
    return {name: parse_quantity(amount) for name, amount in pairs}
