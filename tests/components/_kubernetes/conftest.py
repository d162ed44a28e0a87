from tests.kube_api.namespace import cluster, kube_api  # noqa: F401
