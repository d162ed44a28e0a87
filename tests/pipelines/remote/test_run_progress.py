"""A run followed by kfp's real client on a stand-in for the API."""

import io
import itertools
from typing import Any

import pytest

from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.run_progress import PollingClock, follow_run
from pipelines.remote.submission import SubmittedRun
from tests.kfp_api.state import LOGIN_PAGE, KfpApi, Trouble, describe_run
from tests.pipelines.remote.cluster import make_patient_client, make_spec
from tests.workflows import make_manifest, make_task

RUN = SubmittedRun("1", "http://dashboard/#/runs/details/1", "training-1", is_version_new=False)
NAME = "The run run-1 of the pipeline training"
WORDS = "There is no object s3://data/churn.csv.\nDid you mean s3://data/churned.csv?"
TITLES = {"ingest": "Ingest the table", "validate_gate": "Gate: data"}
NOT_THERE = 'ImagePullBackOff: Back-off pulling image "r/x:1": ErrImagePull: r/x:1: not found'
NO_ROOM = "Unschedulable: 0/1 nodes are available: 1 Insufficient memory."


class FakeTime:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def make_clock(self) -> PollingClock:
        return PollingClock(now=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        assert self.seconds < 3600, "this waits for ever"


def watch(api: KfpApi, *pictures: dict[str, Any], seconds: float | None = None) -> tuple[bool, list[str]]:
    api.runs["1"] = {"run_id": "1", "experiment_id": "1", "display_name": "run-1", "script": list(pictures)}
    output = io.StringIO()
    client = make_patient_client(KubeflowConnection(host=api.url))
    clock = FakeTime().make_clock()
    has_succeeded = follow_run(client, RUN, make_spec(), output, seconds=seconds, clock=clock)
    return has_succeeded, output.getvalue().splitlines()


def show(state: str, **tasks: str) -> dict[str, Any]:
    """Return a look at a run and the phases of its tasks by name, ``_`` for ``-``."""
    nodes = [make_task(name.replace("_", "-"), TITLES[name], phase) for name, phase in tasks.items()]
    return describe_run(state, make_manifest(*nodes))


def test_each_task_has_a_line_when_it_begins_and_when_it_ends(api: KfpApi):
    has_succeeded, lines = watch(
        api,
        describe_run("PENDING"),
        show("RUNNING", ingest="Running"),
        show("RUNNING", ingest="Running"),
        show("RUNNING", ingest="Succeeded", validate_gate="Running"),
        show("SUCCEEDED", ingest="Succeeded", validate_gate="Succeeded"),
    )
    assert has_succeeded
    assert lines == [
        "› Ingest the table",
        "✓ Ingest the table                  42 s",
        "› Gate: data",
        "✓ Gate: data                        42 s",
        f"{NAME} succeeded.",
    ]


def test_tasks_of_a_loop_have_a_line_each(api: KfpApi):
    workers = [
        make_task("ingest", "Ingest the table", "Succeeded", within=f"training-x7k2p.root.sweep({i})")
        for i in range(2)
    ]
    _, lines = watch(api, describe_run("SUCCEEDED", make_manifest(*workers)))
    assert lines[:-1] == ["✓ Ingest the table                  42 s"] * 2


@pytest.mark.parametrize(
    ("picture", "verdict"),
    [
        (show("FAILED", ingest="Failed"), "failed at: Ingest the table."),
        (describe_run("FAILED"), "failed."),
        # kfp's own waiting would wait for these for ever.
        (show("CANCELED", ingest="Running"), "was canceled."),
        (describe_run("SKIPPED"), "was skipped."),
    ],
)
def test_every_end_is_one_and_only_success_succeeds(api: KfpApi, picture: dict[str, Any], verdict: str):
    has_succeeded, lines = watch(api, describe_run("RUNNING"), picture)
    assert not has_succeeded
    assert f"{NAME} {verdict}" in lines
    assert lines[-1] == RUN.url


def test_what_the_cluster_says_of_a_failure_is_said(api: KfpApi):
    picture = {**describe_run("FAILED"), "error": {"code": 2, "message": "the workflow was stopped"}}
    _, lines = watch(api, picture)
    assert lines == [f"{NAME} failed.", "the workflow was stopped", RUN.url]


def test_a_failed_run_is_explained_by_the_last_words_of_its_stage(api: KfpApi):
    manifest = make_manifest(
        make_task("ingest", "Ingest the table", "Failed", f"Error (exit code 1): {WORDS}"), phase="Failed"
    )
    has_succeeded, lines = watch(api, describe_run("FAILED", manifest))
    assert not has_succeeded
    assert lines[1:] == [f"{NAME} failed at: Ingest the table.", *WORDS.splitlines(), RUN.url]


def test_a_gate_rejects_with_its_reason(api: KfpApi):
    gate = make_task("validate-gate", "Gate: data", "Failed", "Error (exit code 1): Too few rows.\nAdd rows.")
    _, lines = watch(api, describe_run("FAILED", make_manifest(gate)))
    assert lines[1:] == [f"{NAME} was rejected at: Gate: data.", "Too few rows.", "Add rows.", RUN.url]


def test_without_the_workflow_the_command_that_shows_the_cause_is_said(api: KfpApi):
    api.troubles = [Trouble("GET", "/apis/v1beta1/runs", 404, times=1000)]
    _, lines = watch(api, show("FAILED", ingest="Failed"))
    assert lines[-2] == "The API gives no cause. kubectl describe workflows -A -l pipeline/runid=1"


def describe_waiting(message: str) -> dict[str, Any]:
    return describe_run("RUNNING", make_manifest(make_task("ingest", "Ingest the table", "Pending", message)))


def test_a_task_that_waits_for_what_does_not_come_stops_the_run_within_two_minutes(api: KfpApi):
    time = FakeTime()
    api.runs["1"] = {"run_id": "1", "display_name": "run-1", "script": [describe_waiting(NOT_THERE)]}
    output, client = io.StringIO(), make_patient_client(KubeflowConnection(host=api.url))
    assert not follow_run(client, RUN, make_spec(), output, clock=time.make_clock())
    lines = output.getvalue().splitlines()
    assert lines[0] == "› Ingest the table"
    assert lines[1].startswith("… Ingest the table: its image cannot be pulled: Back-off pulling image")
    assert lines[3] == f"{NAME} cannot go on and was stopped at: Ingest the table."
    assert lines[4].startswith("Its image cannot be pulled: ")
    assert "make push" in lines[5]
    assert lines[6:] == [RUN.url]
    assert api.changes == ["/apis/v2beta1/runs/1:terminate"]
    assert 90 < time.seconds < 120


STOPPED = make_manifest(
    make_task("ingest", "Ingest the table", "Failed", "Step exceeded its deadline"), activeDeadlineSeconds=0
)


@pytest.mark.parametrize("state", ["CANCELING", "FAILED", "CANCELED"])
def test_a_run_that_the_watcher_stops_says_why_all_the_same(api: KfpApi, state: str):
    pictures = [describe_waiting(NOT_THERE)] * 13
    has_succeeded, lines = watch(api, *pictures, describe_run(state, STOPPED))
    assert not has_succeeded
    assert lines[-5] == "✗ Ingest the table                  42 s"
    assert lines[-4] == f"{NAME} cannot go on and was stopped at: Ingest the table."
    assert lines[-3].startswith("Its image cannot be pulled: ")
    assert lines[-1] == RUN.url
    assert api.changes == []


def test_a_run_that_the_watcher_stops_at_the_same_moment_is_said_to_be_stopped(api: KfpApi):
    # The look before the request shows it running, the one after the refusal does not.
    pictures = [*[describe_waiting(NOT_THERE)] * 21, describe_run("CANCELING", STOPPED)]
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 400)]
    _, lines = watch(api, *pictures)
    assert api.changes == ["/apis/v2beta1/runs/1:terminate"]
    assert lines[-4] == f"{NAME} cannot go on and was stopped at: Ingest the table."


def test_a_run_that_a_person_stops_names_what_was_running(api: KfpApi):
    running = make_manifest(make_task("ingest", "Ingest the table", "Running"))
    _, lines = watch(api, describe_run("RUNNING", running), describe_run("FAILED", STOPPED))
    assert lines[2] == f"{NAME} was stopped at: Ingest the table."


def test_a_cause_that_kubernetes_mentions_now_and_then_counts(api: KfpApi):
    pictures = [describe_waiting(NOT_THERE), describe_waiting("ImagePullBackOff: connection reset")]
    has_succeeded, lines = watch(api, *pictures)
    assert not has_succeeded
    assert "was stopped at" in "".join(lines)


def test_a_run_that_cannot_be_stopped_is_said_to_go_on(api: KfpApi):
    api.troubles = [Trouble("POST", "/apis/v2beta1/runs", 403)]
    _, lines = watch(api, describe_waiting('CreateContainerConfigError: secret "kfp-tabular" not found'))
    assert f"{NAME} cannot go on and could not be stopped ({api.url} does not permit" in "\n".join(lines)


def test_a_task_that_waits_for_room_is_mentioned_once_and_waited_for(api: KfpApi):
    pictures = [describe_waiting(NO_ROOM)] * 40
    has_succeeded, lines = watch(api, *pictures, show("SUCCEEDED", ingest="Succeeded"))
    assert has_succeeded
    assert (
        lines[1]
        == "… Ingest the table: no node has room for it: 0/1 nodes are available: 1 Insufficient memory."
    )
    assert [line[0] for line in lines] == ["›", "…", " ", "✓", "T"]
    assert api.changes == []


def test_a_timeout_says_what_a_task_waits_for(api: KfpApi):
    with pytest.raises(
        KubeflowError, match=r"after 60 s and continues\.\nIngest the table waits: no node has"
    ):
        watch(api, describe_waiting(NO_ROOM), seconds=60)


@pytest.mark.parametrize(("n_pictures", "is_mentioned"), [(20, False), (40, True)])
def test_a_large_image_has_time(api: KfpApi, n_pictures: int, is_mentioned: bool):
    pictures = [describe_waiting("PodInitializing")] * n_pictures
    _, lines = watch(api, *pictures, describe_run("SUCCEEDED"))
    assert lines[1].startswith("… Ingest the table: its images and volumes are on their way") is is_mentioned


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "CANCELING", "PAUSED", "RUNTIME_STATE_UNSPECIFIED"])
def test_a_run_that_does_not_end_in_time_is_left(api: KfpApi, state: str):
    with pytest.raises(KubeflowError, match="has not ended after 60 s and continues"):
        watch(api, describe_run(state), seconds=60)
    assert api.requests.count(("GET", "/apis/v2beta1/runs/1")) == 13


def test_a_forwarded_port_may_come_and_go(api: KfpApi):
    api.troubles = [Trouble("GET", "/apis/v2beta1/runs", 503, times=12)]
    assert watch(api, describe_run("SUCCEEDED")) == (True, [f"{NAME} succeeded."])


def test_a_port_that_comes_and_goes_all_day_is_never_given_up(api: KfpApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.remote.run_progress._FAILED_ATTEMPTS", 2)
    script = [*[describe_run("RUNNING")] * 5, describe_run("SUCCEEDED")]
    api.runs["1"] = {"run_id": "1", "display_name": "run-1", "script": script}
    outages = itertools.cycle([True, False])

    def sleep(_: float) -> None:
        if next(outages):
            api.troubles.append(Trouble("GET", "/apis/v2beta1/runs", 503, times=5))

    client = make_patient_client(KubeflowConnection(host=api.url))
    clock = PollingClock(now=lambda: 0.0, sleep=sleep)
    assert follow_run(client, RUN, make_spec(), io.StringIO(), clock=clock)
    assert len(api.troubles) == 5


def test_a_stand_in_that_stays_away_ends_the_watch_and_not_the_run(api: KfpApi):
    api.troubles = [Trouble("GET", "/apis/v2beta1/runs", 503, times=1000)]
    with pytest.raises(KubeflowError, match=r"failed with 503 (?s:.*)The run continues on the cluster"):
        watch(api, describe_run("SUCCEEDED"))


@pytest.mark.parametrize("trouble", [{"status": 401}, {"status": 200, "body": LOGIN_PAGE}])
def test_a_session_that_ends_meanwhile_ends_the_watch_at_once(api: KfpApi, trouble: dict[str, Any]):
    api.troubles = [Trouble("GET", "/apis/v2beta1/runs", **trouble)]
    with pytest.raises(KubeflowError, match="The run continues on the cluster"):
        watch(api, describe_run("SUCCEEDED"))
    assert len(api.requests) == 1
