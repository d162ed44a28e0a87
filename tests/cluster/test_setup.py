"""What sets the suite up on a cluster may run again."""

import subprocess

import pytest

from pipelines.catalogue import ROOT
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import NAMESPACE

pytestmark = pytest.mark.cluster


def test_setting_up_twice_changes_nothing(suite: Kubectl) -> None:
    before = suite.get("configmap", "workflow-controller-configmap", NAMESPACE)
    scripts = [ROOT / "manifests" / name for name in ("create-secrets", "set-up-argo")]
    printed = [
        subprocess.run([script], check=True, capture_output=True, text=True).stdout for script in scripts
    ]
    assert "All Secrets exist; nothing was changed." in printed[0]
    assert "starts lost pods again already; it was not changed." in printed[1]
    assert suite.get("configmap", "workflow-controller-configmap", NAMESPACE) == before
