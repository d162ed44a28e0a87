"""Schedules made by the real client on a stand-in for the API."""

from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.schedules import Schedule, ScheduleChange, apply_schedule, delete_schedule, set_enabled
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble
from tests.pipelines.remote.cluster import make_patient_client, make_spec

RECURRING = "/apis/v2beta1/recurringruns"
WANTED: dict[str, Any] = {
    "name": "weekly",
    "spec": make_spec(),
    "parameters": {"source": "s3://data/t.csv", "target": "y", "trials": 5, "minutes": 2.5},
    "experiment": "mine",
    "cron": "0 0 6 * * 1",
    "seconds": None,
    "catches_up": False,
    "concurrency": 1,
}


def put(api: KfpApi, **changes: Any) -> ScheduleChange:
    connection = KubeflowConnection(host=api.url)
    return apply_schedule(make_patient_client(connection), connection, Schedule(**{**WANTED, **changes}))


def test_a_schedule_is_as_it_was_wanted(api: KfpApi):
    applied = put(api)
    (schedule,), (version,) = api.recurringruns.values(), api.versions.values()
    assert (applied.change, applied.is_enabled) == ("created", True)
    assert schedule["display_name"] == "weekly"
    assert schedule["trigger"] == {"cron_schedule": {"cron": "0 0 6 * * 1"}}
    assert schedule["runtime_config"]["parameters"] == WANTED["parameters"]
    assert (schedule["no_catchup"], schedule["max_concurrency"]) == (True, "1")
    assert schedule["pipeline_version_reference"]["pipeline_version_id"] == version["pipeline_version_id"]


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"cron": None, "seconds": 3600},
        {"catches_up": True, "concurrency": 10, "service_account": "robot"},
        {"parameters": {"source": "x", "target": "y", "problem": {"gates": [{"least": 0.75}]}}},
    ],
    ids=["cron", "interval", "options", "nested"],
)
def test_the_same_again_changes_nothing(api: KfpApi, kind: dict[str, Any]):
    put(api, **kind)
    before, posts = dict(api.recurringruns), len(api.changes)
    assert put(api, **kind).change == "unchanged"
    assert api.recurringruns == before
    assert len(api.changes) == posts


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"cron": "0 0 7 * * 1"}, "time"),
        ({"cron": None, "seconds": 3600}, "time"),
        ({"parameters": {"source": "s3://other", "target": "y"}}, "parameters"),
        ({"spec": make_spec("localhost:1/a:2")}, "pipeline"),
        ({"experiment": "other"}, "experiment"),
        ({"catches_up": True}, "catch-up"),
        ({"concurrency": 2}, "concurrency"),
        ({"service_account": "robot"}, "service account"),
    ],
)
def test_what_differs_is_replaced_and_said(api: KfpApi, change: dict[str, Any], difference: str):
    put(api)
    (old,) = api.recurringruns
    applied = put(api, **change)
    assert (applied.change, applied.differences) == ("replaced", (difference,))
    assert len(api.recurringruns) == 1
    assert old not in api.recurringruns
    assert put(api, **change).change == "unchanged"


def test_a_service_account_that_nobody_asked_for_is_no_difference(api: KfpApi):
    put(api)
    (schedule,) = api.recurringruns.values()
    assert schedule["service_account"] == "pipeline-runner"
    assert put(api).change == "unchanged"


@pytest.mark.parametrize("version", ["2.14.3", "2.16.1"])
def test_an_account_that_the_backend_ignores_is_said_and_is_no_difference(api: KfpApi, version: str):
    api.health["tag_name"] = version
    first = put(api, service_account="robot")
    (schedule,) = api.recurringruns.values()
    assert schedule["service_account"] == "pipeline-runner"
    assert "the service account of a schedule (since 2.17): The runs of the schedule use" in first.note
    again = put(api, service_account="robot")
    assert (first.change, again.change, again.note) == ("created", "unchanged", first.note)
    assert put(api).change == "unchanged"
    # After an upgrade of the backend, the account counts.
    api.health["tag_name"] = "2.17.0"
    assert "service account" in put(api, service_account="robot").differences
    assert put(api, service_account="robot").change == "unchanged"


def test_another_name_is_another_schedule(api: KfpApi):
    put(api)
    assert put(api, name="monthly", cron="0 0 6 1 * *").change == "created"
    assert sorted(s["display_name"] for s in api.recurringruns.values()) == ["monthly", "weekly"]


def test_a_disabled_schedule_stays_disabled_when_it_is_replaced(api: KfpApi):
    put(api)
    connection = KubeflowConnection(host=api.url)
    assert set_enabled(make_patient_client(connection), connection, "weekly", should_run=False)
    assert not put(api).is_enabled
    applied = put(api, concurrency=2)
    assert (applied.change, applied.is_enabled) == ("replaced", False)
    assert [schedule["status"] for schedule in api.recurringruns.values()] == ["DISABLED"]


@pytest.mark.parametrize("is_done_first", [True, False])
def test_a_lost_answer_makes_no_second_schedule(api: KfpApi, is_done_first: bool):
    api.troubles = [Trouble("POST", RECURRING, 502, is_done_first=is_done_first)]
    assert put(api).change == "created"
    assert len(api.recurringruns) == 1


def test_the_new_schedule_is_there_before_the_old_one_goes(api: KfpApi):
    put(api)
    api.troubles = [Trouble("DELETE", RECURRING, 403)]
    with pytest.raises(KubeflowError, match=r"old and the new schedule weekly both exist\. Run"):
        put(api, concurrency=2)
    assert len(api.recurringruns) == 2
    assert put(api, concurrency=2).change == "replaced"
    assert [schedule["max_concurrency"] for schedule in api.recurringruns.values()] == ["2"]


def test_a_replacement_that_is_refused_leaves_the_old_schedule(api: KfpApi):
    put(api)
    before = dict(api.recurringruns)
    api.troubles = [Trouble("POST", RECURRING, 403)]
    with pytest.raises(KubeflowError, match="does not permit this"):
        put(api, concurrency=2)
    assert api.recurringruns == before


@pytest.mark.parametrize("is_done_first", [True, False])
@pytest.mark.parametrize("times", [1, 3])
def test_changes_survive_a_burst_of_errors(api: KfpApi, is_done_first: bool, times: int):
    put(api)
    connection = KubeflowConnection(host=api.url)
    client = make_patient_client(connection)
    trouble: dict[str, Any] = {"status": 503, "times": times, "is_done_first": is_done_first}
    api.troubles = [Trouble("POST", f"{RECURRING}/", **trouble)]
    assert set_enabled(client, connection, "weekly", should_run=False)
    assert [schedule["status"] for schedule in api.recurringruns.values()] == ["DISABLED"]
    api.troubles = [Trouble("DELETE", RECURRING, **trouble)]
    delete_schedule(client, connection, "weekly")
    assert api.recurringruns == {}


def test_users_see_and_change_only_their_own_schedules():
    users = {"ann": {"team-a"}, "bob": {"team-b"}}
    with serve_kfp_api(KfpApi(is_multi_user=True, users=users)) as api:
        anns = KubeflowConnection(host=api.url, namespace="team-a", token="ann")
        apply_schedule(make_patient_client(anns), anns, Schedule(**WANTED))
        bobs = KubeflowConnection(host=api.url, namespace="team-b", token="bob")
        with pytest.raises(InvalidSetting, match=r"no schedule 'weekly'.\nThe cluster has no schedules"):
            delete_schedule(make_patient_client(bobs), bobs, "weekly")
        nosy = KubeflowConnection(host=api.url, namespace="team-a", token="bob")
        with pytest.raises(KubeflowError, match="does not permit this request in the namespace team-a"):
            delete_schedule(make_patient_client(nosy), nosy, "weekly")
        assert len(api.recurringruns) == 1
