"""What the service account of runs did, by the API server's audit log, and what it may do."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import ACCOUNT, MONITORING_ACCOUNT, NAMESPACE
from tests.docker_engine import skip_or_fail

pytestmark = pytest.mark.cluster

# Of the pods that start runs from git.
SUBMIT_ACCOUNT = "kfp-tabular-submit"
ROLES = ("kfp-tabular", "kfp-tabular-deploy")
_FORBIDDEN = 403
# In these, everybody may ask what they themselves may do.
_OF_EVERYBODY = ("authorization.k8s.io", "authentication.k8s.io")


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


def read_events(account: str) -> Iterator[tuple[Right, int]]:
    user = f"system:serviceaccount:{NAMESPACE}:{account}"
    path = os.environ.get("AUDIT_LOG")
    if not path or not Path(path).exists():
        skip_or_fail("AUDIT_LOG names no audit log of the cluster's API server")
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            if user not in line:
                continue
            event = json.loads(line)
            target = event.get("objectRef")
            if event["user"]["username"] == user and target:
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


def list_permitted(kubectl: Kubectl, account: str, namespace: str) -> set[tuple[Right, str]]:
    """Return what an account may do with the objects of a namespace: all of a kind, or those of a name."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    place = f"system:serviceaccounts:{NAMESPACE}"
    # To validate, kubectl would read as the account, which may not.
    words = ["--validate=false", "--as", f"system:serviceaccount:{NAMESPACE}:{account}"]
    for group in ("system:serviceaccounts", place, "system:authenticated"):
        words += ["--as-group", group]
    text = kubectl.run("create", *words, "--filename", "-", "--output", "json", content=json.dumps(review))
    return {
        (Right(verb, ".".join(filter(None, (resource, group)))), name)
        for rule in json.loads(text)["status"]["resourceRules"]
        for group in rule["apiGroups"]
        if group not in _OF_EVERYBODY
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("account", [ACCOUNT, MONITORING_ACCOUNT])
def test_runs_were_refused_nothing(account: str, suite: Kubectl) -> None:
    events = list(read_events(account))
    assert events, "no run used the account; run test_core.py and test_monitoring.py first"
    assert {right for right, code in events if code == _FORBIDDEN} == set()


def test_runs_may_do_no_more_than_they_do(suite: Kubectl) -> None:
    used = {right for right, _ in read_events(ACCOUNT)}
    assert used, "no run used the account; run tests/cluster/test_core.py first"
    assert list_rights(suite) - used - set(SELDOM) == set()


def test_a_monitoring_run_may_do_no_more_than_every_run(suite: Kubectl) -> None:
    """It changes no service, reads no other Secret, and starts no pod."""
    assert list_permitted(suite, MONITORING_ACCOUNT, NAMESPACE) == {
        (Right("get", "configmaps"), "kfp-launcher"),
        (Right("get", "secrets"), "mlpipeline-minio-artifact"),
        (Right("get", "pods"), ""),
        (Right("get", "workflows.argoproj.io"), ""),
        (Right("create", "workflowtaskresults.argoproj.io"), ""),
        (Right("patch", "workflowtaskresults.argoproj.io"), ""),
    }


@pytest.mark.usefixtures("git_schedules")
def test_who_starts_runs_may_stop_or_delete_none(suite: Kubectl) -> None:
    """These are rights in Kubeflow's API; in Kubernetes' it has none."""
    kinds = ("pipelines", "pipelineversions", "experiments", "runs")
    assert list_permitted(suite, SUBMIT_ACCOUNT, NAMESPACE) == {
        (Right(verb, f"{kind}.pipelines.kubeflow.org"), "")
        for kind in kinds
        for verb in ("get", "list", "create")
    }


@pytest.mark.parametrize("namespace", ["kfp-tabular", "default", "kube-system"])
@pytest.mark.parametrize("account", [ACCOUNT, MONITORING_ACCOUNT])
def test_runs_may_do_nothing_elsewhere(account: str, namespace: str, suite: Kubectl) -> None:
    assert list_permitted(suite, account, namespace) == set()
