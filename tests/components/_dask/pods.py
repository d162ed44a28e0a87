"""The pod of a task on a cluster, as Kubernetes returns it."""

from typing import Any

POD: dict[str, Any] = {
    "metadata": {
        "name": "training-x7k2p-system-container-impl-1234567",
        "uid": "5c0ad3c1-7a8f-4c11-9f4c-0f5f7a0f6c3b",
        "labels": {
            "app.kubernetes.io/part-of": "kfp-tabular",
            "app.kubernetes.io/component": "preprocess",
            "pipeline/runid": "0f7d8c1e-0000-4000-8000-000000000000",
            "workflows.argoproj.io/workflow": "training-x7k2p",
        },
    },
    "spec": {
        "serviceAccountName": "kfp-tabular",
        "imagePullSecrets": [{"name": "registry"}],
        "nodeSelector": {"pool": "large"},
        "tolerations": [{"key": "pool", "operator": "Exists", "effect": "NoSchedule"}],
        "restartPolicy": "Never",
        "containers": [
            {"name": "wait", "image": "argoexec:v3.6.7"},
            {
                "name": "main",
                "image": "registry.example.org/team/kfp-tabular-preprocess:1.2.3",
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": "KFP_POD_NAME", "value": "training-x7k2p-system-container-impl-1234567"}],
                "resources": {
                    "requests": {"cpu": "500m", "memory": "2Gi"},
                    "limits": {"cpu": "2", "memory": "2Gi"},
                },
            },
        ],
    },
}
