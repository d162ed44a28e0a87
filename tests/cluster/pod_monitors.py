"""What the Prometheus Operator makes of PodMonitors, where the operator itself is missing."""

import re
from typing import Any

from tests.cluster.kubectl import Object

_POD = "__meta_kubernetes_pod"


def make_scrape_configs(monitors: list[Object]) -> list[dict[str, Any]]:
    """Return a job for each endpoint of each monitor, as the operator's documentation describes them.

    Parameters
    ----------
    monitors : list of Object
        PodMonitors that select by ``matchLabels``, in their own namespace.
    """
    return [
        _make_job(monitor, endpoint)
        for monitor in monitors
        for endpoint in monitor["spec"]["podMetricsEndpoints"]
    ]


def _make_job(monitor: Object, endpoint: dict[str, Any]) -> dict[str, Any]:
    name, namespace = monitor["metadata"]["name"], monitor["metadata"]["namespace"]
    others = set(endpoint) - {"port", "path", "scheme", "tlsConfig", "honorLabels", "relabelings"}
    assert not others, f"not translated here: {sorted(others)}"
    assert set(monitor["spec"]) == {"selector", "podMetricsEndpoints"}
    assert set(monitor["spec"]["selector"]) == {"matchLabels"}
    skips_verification = endpoint.get("tlsConfig", {}).get("insecureSkipVerify", False)
    return {
        "job_name": f"podMonitor/{namespace}/{name}/{endpoint['port']}",
        "honor_labels": endpoint.get("honorLabels", False),
        "metrics_path": endpoint["path"],
        "scheme": endpoint.get("scheme", "http"),
        "tls_config": {"insecure_skip_verify": skips_verification},
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
        "relabel_configs": [
            _make_rule(f"{_POD}_phase", regex="Failed|Succeeded", action="drop"),
            *(
                _make_rule(f"{_POD}_label_{_to_label(key)}", regex=re.escape(value), action="keep")
                for key, value in monitor["spec"]["selector"]["matchLabels"].items()
            ),
            _make_rule(f"{_POD}_container_port_name", regex=endpoint["port"], action="keep"),
            _make_rule("__meta_kubernetes_namespace", target_label="namespace"),
            _make_rule(f"{_POD}_container_name", target_label="container"),
            _make_rule(f"{_POD}_name", target_label="pod"),
            {"target_label": "job", "replacement": f"{namespace}/{name}"},
            *(
                {_to_snake_case(key): value for key, value in each.items()}
                for each in endpoint.get("relabelings", [])
            ),
        ],
    }


def _make_rule(source: str, **rest: str) -> dict[str, Any]:
    return {"source_labels": [source], **rest}


def _to_label(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def _to_snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
