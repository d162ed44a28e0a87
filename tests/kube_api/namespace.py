"""The namespace of the stand-in, for tests of what deploys and of the client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components._kubernetes.client import KubernetesClient
from components.deploy.connection import connect_cluster
from tests.components.deploy.rollouts import TEMPLATE
from tests.kube_api.cluster import KubeApi
from tests.kube_api.server import serve_kube_api


@pytest.fixture
def kube_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubeApi]:
    """A namespace with the platform's runtime and role, which kubectl's settings point to."""
    with serve_kube_api("team") as (address, api):
        api.apply("ServingRuntime", "kfp-tabular", yaml.safe_load(TEMPLATE.read_text()), "kubectl")
        api.rules = yaml.safe_load(
            (TEMPLATE.parents[1] / "runs" / "kfp-tabular-deploy-role.yaml").read_text()
        )["rules"]
        api.history.clear()
        place = tmp_path / "kubeconfig"
        named = {"name": "here"}
        settings = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{**named, "cluster": {"server": address}}],
            "users": [{**named, "user": {"token": "none"}}],
            "contexts": [{**named, "context": {"cluster": "here", "user": "here", "namespace": "team"}}],
        }
        place.write_text(yaml.safe_dump(settings))
        monkeypatch.setenv("KUBECONFIG", str(place))
        # Kubernetes' client has read where kubectl's settings are when it was imported.
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(place))
        yield api


@pytest.fixture
def cluster(kube_api: KubeApi) -> KubernetesClient:
    return connect_cluster()
