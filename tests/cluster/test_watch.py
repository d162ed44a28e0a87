"""The watcher on a cluster: it stops a run that nobody follows and that cannot go on, and tells of it."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipelines.image_names import ImageNames
from tests.cluster.kubectl import Kubectl, Object, wait_for
from tests.cluster.pods import make_pod
from tests.cluster.runs import NAMESPACE, PREFIX, ClusterRun, ClusterRuns
from tests.cluster.test_faults import MOST_SECONDS, SAMPLE, Executor, set_image, write_spec
from tests.manifests.test_network import COMPONENT, NAME, PART

pytestmark = pytest.mark.cluster

WATCHER, SECRET, KEY = "deployment/kfp-tabular-watch", "kfp-tabular", "KFP_TABULAR_WEBHOOK"
RECEIVER, PORT = f"{PREFIX}-webhook", 8080
# Prints each message as a line of JSON.
PROGRAM = f"""
from http.server import BaseHTTPRequestHandler, HTTPServer
class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()
HTTPServer(("", {PORT}), Webhook).serve_forever()
"""


def make_receiver() -> tuple[Object, ...]:
    """Return a webhook in the cluster, and a policy that lets the watcher and notify connect to it.

    Without that policy, they reach webhooks on the internet only.
    """
    metadata = {"name": RECEIVER, "namespace": NAMESPACE}
    selector = {"matchLabels": {NAME: RECEIVER}}
    command = ["python3", "-c", PROGRAM]
    image = ImageNames.choose().name_image("ingest")
    pod = make_pod("webhook", NAMESPACE, {NAME: RECEIVER}, image, command, terminationGracePeriodSeconds=0)
    pod["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": PORT}}
    senders = [
        {"key": PART, "operator": "In", "values": ["kfp-tabular"]},
        {"key": COMPONENT, "operator": "In", "values": ["watch", "notify"]},
    ]
    rule = {"to": [{"podSelector": selector}], "ports": [{"protocol": "TCP", "port": PORT}]}
    return (
        pod,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {NAME: RECEIVER}, "ports": [{"port": PORT, "targetPort": PORT}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata,
            "spec": {
                "podSelector": {"matchExpressions": senders},
                "policyTypes": ["Egress"],
                "egress": [rule],
            },
        },
    )


def set_webhook(kubectl: Kubectl, address: str) -> None:
    """Set the webhook of the watcher, which is started again, and of the runs that start from now on."""
    patch = json.dumps({"stringData": {KEY: address}})
    kubectl.run("patch", "secret", SECRET, "--namespace", NAMESPACE, "--type=merge", "--patch", patch)
    kubectl.run("rollout", "restart", WATCHER, "--namespace", NAMESPACE)
    kubectl.run("rollout", "status", WATCHER, "--namespace", NAMESPACE, "--timeout=5m", seconds=320)


@pytest.fixture(scope="module")
def webhook(suite: Kubectl) -> Iterator[Kubectl]:
    """A webhook in the cluster, which the watcher and new runs notify."""
    before = suite.get("secret", SECRET, NAMESPACE)["data"].get(KEY, "")
    kinds = ("pod", "service", "networkpolicy")
    with ExitStack() as stack:
        for kind in kinds:
            words = ["delete", kind, RECEIVER, "--namespace", NAMESPACE, "--ignore-not-found"]
            suite.run(*words)
            stack.callback(suite.run, *words)
        suite.apply(*make_receiver())
        ready = ["wait", f"pod/{RECEIVER}", "--namespace", NAMESPACE, "--for=condition=Ready"]
        suite.run(*ready, "--timeout=3m", seconds=200)
        stack.callback(set_webhook, suite, base64.b64decode(before).decode())
        set_webhook(suite, f"http://{RECEIVER}.{NAMESPACE}:{PORT}/")
        yield suite


def list_messages(kubectl: Kubectl, run: ClusterRun) -> list[str]:
    """Return what the webhook was told of a run."""
    lines = kubectl.run("logs", RECEIVER, "--namespace", NAMESPACE).splitlines()
    texts = [json.loads(line)["text"] for line in lines if line.startswith("{")]
    return [text for text in texts if run.run_id in text]


def wait_for_message(kubectl: Kubectl, run: ClusterRun) -> str:
    """Return the first message about a run, which comes in time."""
    return wait_for(
        lambda: next(iter(list_messages(kubectl, run)), None), MOST_SECONDS, "the webhook is notified"
    )


def is_stopped(run: ClusterRun) -> bool:
    return run.workflow["spec"].get("activeDeadlineSeconds") == 0


def test_a_run_that_nobody_follows_is_stopped_and_told_of_once(
    webhook: Kubectl, runs: ClusterRuns, private_image: str, spec_folder: Path, tmp_path: Path
) -> None:
    folder = write_spec(spec_folder, tmp_path, set_image(private_image, "ingest-plan"))
    changed = ClusterRuns(webhook, folder, runs.host)
    with changed.start("training", *SAMPLE, is_followed=False) as run:
        message = wait_for_message(webhook, run)
        assert f"{PREFIX}-training" in message
        assert "of the pipeline training cannot go on and was stopped at: Look at the source." in message
        assert "Its image cannot be pulled" in message
        assert private_image in message
        assert "make push" in message
        assert "Started by " in message
        # notify, which can start here, comes after the end and adds nothing.
        wait_for(lambda: run.workflow["status"].get("phase") == "Failed", 240, "the run has ended")
        assert any(".onExit" in node["name"] for node in run.nodes)
        assert len(list_messages(webhook, run)) == 1


def test_a_run_of_others_is_left_alone_and_one_whose_notify_cannot_start_is_told_of(
    webhook: Kubectl, runs: ClusterRuns, private_image: str, spec_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "ours").mkdir()
    without_images = set_image(private_image)

    def become_foreign(component: str, container: Executor, part: Executor) -> None:
        without_images(component, container, part)
        part.pop("podMetadata")

    foreign = write_spec(spec_folder, tmp_path / "foreign", become_foreign)
    ours = write_spec(spec_folder, tmp_path / "ours", without_images)
    with ExitStack() as stack:
        other, run = (
            stack.enter_context(
                ClusterRuns(webhook, folder, runs.host).start("training", *SAMPLE, is_followed=False)
            )
            for folder in (foreign, ours)
        )
        assert "Its image cannot be pulled" in wait_for_message(webhook, run)
        assert is_stopped(run)
        # The other one began before, so its time would be over, too.
        time.sleep(45)
        assert not is_stopped(other)
        assert list_messages(webhook, other) == []
        # Neither would ever end: a task that runs at the end is not stopped.
        for each in (other, run):
            webhook.run(
                *("delete", "workflows.argoproj.io", "--namespace", NAMESPACE, "--selector", each.selector)
            )
