"""Schedules made by kfp's real client on a stand-in for the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.cli.main import main
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.schedules import Schedule, ScheduleChange, apply_schedule, delete_schedule, set_enabled
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi, Trouble
from tests.pipelines.remote.cluster import compiled, patient, spec

RECURRING = "/apis/v2beta1/recurringruns"
WANTED = {
    "name": "weekly",
    "spec": spec(),
    "parameters": {"source": "s3://data/t.csv", "target": "y", "trials": 5, "minutes": 2.5},
    "experiment": "mine",
    "cron": "0 0 6 * * 1",
    "seconds": None,
    "catches_up": False,
    "concurrency": 1,
}


@pytest.fixture
def api() -> Iterator[KfpApi]:
    with serve_kfp_api(KfpApi()) as api:
        yield api


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch):
    for variable in ("ENDPOINT", "UI_ENDPOINT", "TOKEN", "SA_TOKEN_PATH", "COOKIE"):
        monkeypatch.delenv(f"KF_PIPELINES_{variable}", raising=False)


def put(api: KfpApi, **changes: object) -> ScheduleChange:
    connection = KubeflowConnection(host=api.url)
    return apply_schedule(patient(connection), connection, Schedule(**{**WANTED, **changes}))


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
def test_the_same_again_changes_nothing(api: KfpApi, kind: dict[str, object]):
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
        ({"spec": spec("localhost:1/a:2")}, "pipeline"),
        ({"experiment": "other"}, "experiment"),
        ({"catches_up": True}, "catch-up"),
        ({"concurrency": 2}, "concurrency"),
        ({"service_account": "robot"}, "service account"),
    ],
)
def test_what_differs_is_replaced_and_said(api: KfpApi, change: dict[str, object], difference: str):
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


def test_another_name_is_another_schedule(api: KfpApi):
    put(api)
    assert put(api, name="monthly", cron="0 0 6 1 * *").change == "created"
    assert sorted(s["display_name"] for s in api.recurringruns.values()) == ["monthly", "weekly"]


def test_a_disabled_schedule_stays_disabled_when_it_is_replaced(api: KfpApi):
    put(api)
    connection = KubeflowConnection(host=api.url)
    assert set_enabled(patient(connection), connection, "weekly", should_run=False)
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
    client = patient(connection)
    trouble = {"status": 503, "times": times, "is_done_first": is_done_first}
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
        apply_schedule(patient(anns), anns, Schedule(**WANTED))
        bobs = KubeflowConnection(host=api.url, namespace="team-b", token="bob")
        with pytest.raises(InvalidSetting, match=r"no schedule 'weekly'.\nThe cluster has no schedules"):
            delete_schedule(patient(bobs), bobs, "weekly")
        nosy = KubeflowConnection(host=api.url, namespace="team-a", token="bob")
        with pytest.raises(KubeflowError, match="does not permit this request in the namespace team-a"):
            delete_schedule(patient(nosy), nosy, "weekly")
        assert len(api.recurringruns) == 1


# The command.


def command(api: KfpApi, *words: str) -> int:
    return main(["schedule", *words, "--host", api.url])


def training(api: KfpApi, folder: Path, *words: str) -> int:
    given = ["--set", "source=s3://data/t.csv", "--set", "target=y", "--compiled", str(compiled(folder))]
    return command(api, "training", *given, *words)


def test_schedules_are_made_listed_changed_and_deleted(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monday = ("--cron", "0 6 * * 1")
    steps: list[tuple[int, str]] = [
        (command(api, "list"), "there are no schedules"),
        (training(api, tmp_path, *monday), "schedule training created"),
        (training(api, tmp_path, *monday), "schedule training unchanged"),
        (command(api, "list"), "training                enabled   cron 0 0 6 * * 1"),
        (command(api, "disable", "training"), "schedule training disabled"),
        (command(api, "disable", "training"), "schedule training was already disabled"),
        (training(api, tmp_path, "--every", "6h"), "schedule training replaced: time differed"),
        (command(api, "list"), "training                disabled  every 21600 s"),
        (command(api, "enable", "training"), "schedule training enabled"),
        (command(api, "delete", "training"), "schedule training deleted"),
        (command(api, "list"), "there are no schedules"),
    ]
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(("http", "It is"))]
    assert [status for status, _ in steps] == [0] * len(steps)
    assert lines == [line for _, line in steps]


def test_a_schedule_that_is_disabled_says_how_to_enable_it(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    training(api, tmp_path, "--every", "6h")
    command(api, "disable", "training")
    training(api, tmp_path, "--every", "6h")
    assert capsys.readouterr().out.endswith("It is disabled: schedule enable training\n")


def test_a_time_zone_is_said_in_utc_and_sunday_in_the_backends_way(api: KfpApi, tmp_path: Path):
    assert training(api, tmp_path, "--cron", "0 6 * * 7", "--name", "a") == 0
    assert training(api, tmp_path, "--cron", "0 6 * * 1", "--timezone", "Asia/Tokyo", "--name", "b") == 0
    crons = [schedule["trigger"]["cron_schedule"]["cron"] for schedule in api.recurringruns.values()]
    assert crons == ["0 0 6 * * 0", "0 0 21 * * 0"]


def test_all_options_arrive(api: KfpApi, tmp_path: Path):
    options = ("--catch-up", "--concurrency", "3", "--service-account", "robot", "--experiment", "other")
    assert training(api, tmp_path, "--every", "1d", *options) == 0
    (schedule,), (experiment,) = api.recurringruns.values(), api.experiments.values()
    assert (schedule["no_catchup"], schedule["max_concurrency"]) == (False, "3")
    assert schedule["trigger"] == {"periodic_schedule": {"interval_second": "86400"}}
    assert (schedule["service_account"], experiment["display_name"]) == ("robot", "other")


def test_images_that_were_never_pushed_are_not_scheduled(
    api: KfpApi, tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
):
    compiled(tmp_path, image=f"{registry}/team/kfp-tabular-ingest:1")
    words = ["--set", "source=x", "--set", "target=y", "--compiled", str(tmp_path), "--every", "6h"]
    assert command(api, "training", *words) == 1
    assert "1 of 1 images were never pushed" in capsys.readouterr().err
    assert api.requests == []


def test_a_dry_run_sends_nothing(api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert training(api, tmp_path, "--cron", "0 6 * * 1", "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.startswith("would schedule training: cron 0 0 6 * * 1\n")
    assert out.endswith("Nothing was sent.\n")
    assert api.requests == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "The schedule has neither a cron nor an interval.\nGive either --cron"),
        (["--cron", "0 6 * * 1", "--every", "1h"], "The schedule has both a cron and an interval"),
        (["--cron", "0 0 6 * * 1"], "has 6 fields, not 5"),
        (["--cron", "0 25 * * 1"], "The hour of the cron cannot be '25'"),
        (["--every", "soon"], "every = 'soon' is out of range"),
        (["--every", "1h", "--timezone", "UTC"], "An interval has no time zone"),
        (["--cron", "0 6 * * 1", "--timezone", "Europe/Berlin"], "The clocks of Europe/Berlin change"),
        (["--every", "1h", "--concurrency", "11"], "concurrency = 11 is out of range.\n"),
        (["--every", "1h", "--concurrency", "0"], "concurrency = 0 is out of range.\n"),
        (["--every", "1h", "--set", "trails=5"], "Did you mean 'trials'?"),
    ],
)
def test_a_mistake_ends_before_anything_is_sent(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
):
    assert training(api, tmp_path, *words) == 1
    assert message in capsys.readouterr().err
    assert api.requests == []


@pytest.mark.parametrize("verb", ["enable", "disable", "delete"])
def test_the_nearest_schedule_is_offered(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
):
    training(api, tmp_path, "--every", "6h", "--name", "nightly")
    assert command(api, verb, "nighty") == 1
    assert "There is no schedule 'nighty'.\nDid you mean 'nightly'?" in capsys.readouterr().err
    assert len(api.recurringruns) == 1


@pytest.mark.parametrize(
    "words", [["trainin"], ["delete"], ["list", "--dry-run"], ["delete", "x", "--dry-run"]]
)
def test_wrong_usage_is_refused_by_the_parser(
    api: KfpApi, capsys: pytest.CaptureFixture[str], words: list[str]
):
    assert command(api, *words) == 2
    assert "error: " in capsys.readouterr().err
    assert api.requests == []
