"""What network policies allow, worked out from them as Kubernetes' documentation says.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

import ipaddress
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.manifests.builds import Object

# Labels of namespaces that no build makes: Kubernetes' own, Kubeflow's, and those of operators.
OTHER_NAMESPACES = {"team": {"app.kubernetes.io/part-of": "kubeflow-profile"}}


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod, or an address outside the cluster's pods."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str | None = None

    def __str__(self) -> str:
        return self.address or f"{self.namespace}:{'/'.join(self.labels.values())}"


def is_allowed(objects: list[Object], source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Say whether a connection is possible: the source may start it, and the target may take it."""
    return _is_passed(objects, "Egress", source, target, port, protocol) and _is_passed(
        objects, "Ingress", target, source, port, protocol
    )


def list_covering(objects: list[Object], direction: Literal["Ingress", "Egress"], pod: End) -> list[Object]:
    """Return the policies that hold for a pod."""
    return [
        policy
        for policy in objects
        if policy["kind"] == "NetworkPolicy"
        and policy["metadata"]["namespace"] == pod.namespace
        and direction in policy["spec"]["policyTypes"]
        and is_selected(policy["spec"]["podSelector"], pod.labels)
    ]


def is_selected(selector: Object, labels: dict[str, str]) -> bool:
    """Say whether a selector selects something with these labels. An empty one selects everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] in ("In", "NotIn"), "only In and NotIn are read here"
        is_in = labels.get(expression["key"]) in expression["values"]
        if is_in != (expression["operator"] == "In"):
            return False
    return True


def _is_passed(
    objects: list[Object],
    direction: Literal["Ingress", "Egress"],
    pod: End,
    other: End,
    port: int,
    protocol: str,
) -> bool:
    policies = [] if pod.address else list_covering(objects, direction, pod)
    if not policies:
        return True
    peers_key = "to" if direction == "Egress" else "from"
    return any(
        _has_port(rule, port, protocol) and any(_is_peer(peer, pod, other) for peer in rule[peers_key])
        for policy in policies
        for rule in policy["spec"].get(direction.lower(), [])
    )


def _has_port(rule: Object, port: int, protocol: str) -> bool:
    # A rule without ports is for all.
    return "ports" not in rule or any(
        entry["port"] == port and entry["protocol"] == protocol for entry in rule["ports"]
    )


def _is_peer(peer: dict[str, Any], pod: End, other: End) -> bool:
    if block := peer.get("ipBlock"):
        if other.address is None:
            return False
        address = ipaddress.ip_address(other.address)
        inside = address in ipaddress.ip_network(block["cidr"])
        return inside and all(address not in ipaddress.ip_network(hole) for hole in block.get("except", []))
    if other.address is not None:
        return False
    if "namespaceSelector" in peer:
        labels = {"kubernetes.io/metadata.name": other.namespace, **OTHER_NAMESPACES.get(other.namespace, {})}
        if not is_selected(peer["namespaceSelector"], labels):
            return False
    elif other.namespace != pod.namespace:
        return False
    return is_selected(peer.get("podSelector", {}), other.labels)
