"""What the service account of runs did, by the API server's audit log, and what it may do."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import ACCOUNT, NAMESPACE
from tests.docker_engine import skip_or_fail

pytestmark = pytest.mark.cluster

USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
ROLES = ("kfp-tabular", "kfp-tabular-deploy")
_FORBIDDEN = 403


class Right(NamedTuple):
    verb: str
    resource: str


# Rights that not every run uses, and who does.
SELDOM = {
    Right("get", "pods"): "the driver and launcher of Kubeflow Pipelines from 2.15 on",
    Right("get", "workflows.argoproj.io"): "the driver of Kubeflow Pipelines from 2.15 on",
    Right("list", "events"): "deploy, if a pod does not start",
    Right("delete", "inferenceservices.serving.kserve.io"): "removal, and deploy when it undoes a rollout",
    Right("delete", "leases.coordination.k8s.io"): "removal",
    Right("create", "httproutes.gateway.networking.k8s.io"): "deploy with a gateway",
    Right("patch", "httproutes.gateway.networking.k8s.io"): "deploy with a gateway",
    Right("delete", "httproutes.gateway.networking.k8s.io"): "deploy with a gateway, and removal",
    # Server-side apply asks for both, and the log has the one that it needed.
    Right("create", "inferenceservices.serving.kserve.io"): "deploy: a patch that creates",
    Right("create", "servingruntimes.serving.kserve.io"): "deploy: a patch that creates",
}


def read_events() -> Iterator[tuple[Right, int]]:
    path = os.environ.get("AUDIT_LOG")
    if not path or not Path(path).exists():
        skip_or_fail("AUDIT_LOG names no audit log of the cluster's API server")
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            if USER not in line:
                continue
            event = json.loads(line)
            target = event.get("objectRef")
            if event["user"]["username"] == USER and target:
                name = ".".join(filter(None, (target["resource"], target.get("apiGroup"))))
                yield Right(event["verb"], name), event.get("responseStatus", {}).get("code", 0)


def list_rights(kubectl: Kubectl) -> set[Right]:
    return {
        Right(verb, ".".join(filter(None, (resource, group))))
        for role in ROLES
        for rule in kubectl.get("role", role, NAMESPACE)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_runs_were_refused_nothing(suite: Kubectl) -> None:
    refused = {right for right, code in read_events() if code == _FORBIDDEN}
    assert not refused


def test_runs_may_do_no_more_than_they_do(suite: Kubectl) -> None:
    used = {right for right, _ in read_events()}
    assert used, "no run used the account; run tests/cluster/test_core.py first"
    assert list_rights(suite) - used - set(SELDOM) == set()
