"""A run followed by kfp's real client on a stand-in for the API."""

import io
import itertools
from typing import Any

import pytest

from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.run_progress import PollingClock, follow_run
from tests.kfp_api.state import LOGIN_PAGE, KfpApi, Trouble, describe_run
from tests.pipelines.remote.cluster import make_patient_client, make_spec

TITLES = make_spec().titles


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
    has_succeeded = follow_run(client, "1", TITLES, output, seconds=seconds, clock=FakeTime().make_clock())
    return has_succeeded, output.getvalue().splitlines()


def test_each_task_has_a_line_when_it_begins_and_when_it_ends(api: KfpApi):
    has_succeeded, lines = watch(
        api,
        describe_run("PENDING"),
        describe_run("RUNNING", ingest="RUNNING"),
        describe_run("RUNNING", ingest="RUNNING"),
        describe_run("RUNNING", ingest="SUCCEEDED", validate_gate="RUNNING"),
        describe_run("SUCCEEDED", ingest="SUCCEEDED", validate_gate="SUCCEEDED"),
    )
    assert has_succeeded
    assert lines == [
        "› Ingest the table",
        "✓ Ingest the table                  42 s",
        "› Gate: data",
        "✓ Gate: data                        42 s",
        "run-1 succeeded.",
    ]


def test_tasks_of_a_loop_have_a_line_each(api: KfpApi):
    _, lines = watch(api, describe_run("SUCCEEDED", ingest="SUCCEEDED", ingest_again="SUCCEEDED"))
    assert lines[:-1] == ["✓ Ingest the table                  42 s"] * 2


@pytest.mark.parametrize(
    ("picture", "verdict"),
    [
        (describe_run("FAILED", ingest="FAILED"), "run-1 failed at: Ingest the table."),
        (describe_run("FAILED"), "run-1 failed."),
        (
            describe_run("FAILED", ingest="SUCCEEDED", validate_gate="FAILED"),
            "run-1 was rejected at: Gate: data. The report of the task before it says why.",
        ),
        (describe_run("FAILED", ingest="FAILED", validate_gate="FAILED"), "run-1 failed at: "),
        # kfp's own waiting would wait for these for ever.
        (describe_run("CANCELED", ingest="CANCELED"), "run-1 was canceled."),
        (describe_run("SKIPPED"), "run-1 was skipped."),
    ],
)
def test_every_end_is_one_and_only_success_succeeds(api: KfpApi, picture: dict[str, Any], verdict: str):
    has_succeeded, lines = watch(api, describe_run("RUNNING"), picture)
    assert not has_succeeded
    assert lines[-1].startswith(verdict)


def test_what_the_cluster_says_of_a_failure_is_said(api: KfpApi):
    picture = describe_run("FAILED", ingest="FAILED")
    picture["run_details"]["task_details"][0]["error"] = {"code": 2, "message": "OOMKilled"}
    picture["error"] = {"code": 2, "message": "the workflow was stopped"}
    _, lines = watch(api, picture)
    assert lines[-2:] == ["OOMKilled", "the workflow was stopped"]


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "CANCELING", "PAUSED", "RUNTIME_STATE_UNSPECIFIED"])
def test_a_run_that_does_not_end_in_time_is_left(api: KfpApi, state: str):
    with pytest.raises(KubeflowError, match="has not ended after 60 s and continues"):
        watch(api, describe_run(state), seconds=60)
    assert len(api.requests) == 13


def test_a_forwarded_port_may_come_and_go(api: KfpApi):
    api.troubles = [Trouble("GET", "/apis/v2beta1/runs", 503, times=12)]
    assert watch(api, describe_run("SUCCEEDED")) == (True, ["run-1 succeeded."])


def test_a_port_that_comes_and_goes_all_day_is_never_given_up(api: KfpApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipelines.remote.run_progress._FAILED_ATTEMPTS", 2)
    script = [*[describe_run("RUNNING")] * 5, describe_run("SUCCEEDED")]
    api.runs["1"] = {"run_id": "1", "display_name": "run-1", "script": script}
    outages = itertools.cycle([True, False])

    def sleep(_: float) -> None:
        if next(outages):
            api.troubles.append(Trouble("GET", "/apis/v2beta1/runs", 503, times=5))

    client = make_patient_client(KubeflowConnection(host=api.url))
    assert follow_run(client, "1", TITLES, io.StringIO(), clock=PollingClock(now=lambda: 0.0, sleep=sleep))
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
