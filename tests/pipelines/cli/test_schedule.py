from pathlib import Path

import pytest

from pipelines.cli.main import main
from tests.kfp_api.state import KfpApi
from tests.pipelines.remote.cluster import write_compiled


def run_command(api: KfpApi, *words: str) -> int:
    return main(["schedule", *words, "--host", api.url])


def schedule_training(api: KfpApi, folder: Path, *words: str) -> int:
    given = [
        "--set",
        "source=s3://data/t.csv",
        "--set",
        "target=y",
        "--compiled",
        str(write_compiled(folder)),
    ]
    return run_command(api, "training", *given, *words)


def test_schedules_are_made_listed_changed_and_deleted(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monday = ("--cron", "0 6 * * 1")
    steps: list[tuple[int, str]] = [
        (run_command(api, "list"), "there are no schedules"),
        (schedule_training(api, tmp_path, *monday), "schedule training created"),
        (schedule_training(api, tmp_path, *monday), "schedule training unchanged"),
        (run_command(api, "list"), "training                enabled   cron 0 0 6 * * 1"),
        (run_command(api, "disable", "training"), "schedule training disabled"),
        (run_command(api, "disable", "training"), "schedule training was already disabled"),
        (schedule_training(api, tmp_path, "--every", "6h"), "schedule training replaced: time differed"),
        (run_command(api, "list"), "training                disabled  every 21600 s"),
        (run_command(api, "enable", "training"), "schedule training enabled"),
        (run_command(api, "delete", "training"), "schedule training deleted"),
        (run_command(api, "list"), "there are no schedules"),
    ]
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(("http", "It is"))]
    assert [status for status, _ in steps] == [0] * len(steps)
    assert lines == [line for _, line in steps]


def test_a_schedule_that_is_disabled_says_how_to_enable_it(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    schedule_training(api, tmp_path, "--every", "6h")
    run_command(api, "disable", "training")
    schedule_training(api, tmp_path, "--every", "6h")
    assert capsys.readouterr().out.endswith("It is disabled: schedule enable training\n")


def test_a_time_zone_is_said_in_utc_and_sunday_in_the_backends_way(api: KfpApi, tmp_path: Path):
    assert schedule_training(api, tmp_path, "--cron", "0 6 * * 7", "--name", "a") == 0
    assert (
        schedule_training(api, tmp_path, "--cron", "0 6 * * 1", "--timezone", "Asia/Tokyo", "--name", "b")
        == 0
    )
    crons = [schedule["trigger"]["cron_schedule"]["cron"] for schedule in api.recurringruns.values()]
    assert crons == ["0 0 6 * * 0", "0 0 21 * * 0"]


def test_all_options_arrive(api: KfpApi, tmp_path: Path):
    options = ("--catch-up", "--concurrency", "3", "--service-account", "robot", "--experiment", "other")
    assert schedule_training(api, tmp_path, "--every", "1d", *options) == 0
    (schedule,), (experiment,) = api.recurringruns.values(), api.experiments.values()
    assert (schedule["no_catchup"], schedule["max_concurrency"]) == (False, "3")
    assert schedule["trigger"] == {"periodic_schedule": {"interval_second": "86400"}}
    assert (schedule["service_account"], experiment["display_name"]) == ("robot", "other")


def test_what_an_older_backend_ignores_is_said(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    api.health["tag_name"] = "2.14.3"
    assert schedule_training(api, tmp_path, "--every", "1d", "--service-account", "robot") == 0
    out, err = capsys.readouterr()
    assert out.startswith("schedule training created\n")
    assert "Kubeflow Pipelines 2.14 does not know it" in err
    assert "the service account of a schedule (since 2.17)" in err


def test_images_that_were_never_pushed_are_not_scheduled(
    api: KfpApi, tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
):
    write_compiled(tmp_path, image=f"{registry}/team/kfp-tabular-ingest:1")
    words = ["--set", "source=x", "--set", "target=y", "--compiled", str(tmp_path), "--every", "6h"]
    assert run_command(api, "training", *words) == 1
    assert "1 of 1 images were never pushed" in capsys.readouterr().err
    assert api.requests == []


def test_a_dry_run_sends_nothing(api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert schedule_training(api, tmp_path, "--cron", "0 6 * * 1", "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.startswith("would schedule training: cron 0 0 6 * * 1\n")
    assert out.endswith("Nothing was sent.\n")
    assert api.requests == []


@pytest.mark.slow_variants
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
    assert schedule_training(api, tmp_path, *words) == 1
    assert message in capsys.readouterr().err
    assert api.requests == []


@pytest.mark.parametrize("verb", ["enable", "disable", "delete"])
def test_the_nearest_schedule_is_offered(
    api: KfpApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
):
    schedule_training(api, tmp_path, "--every", "6h", "--name", "nightly")
    assert run_command(api, verb, "nighty") == 1
    assert "There is no schedule 'nighty'.\nDid you mean 'nightly'?" in capsys.readouterr().err
    assert len(api.recurringruns) == 1


@pytest.mark.parametrize(
    "words", [["trainin"], ["delete"], ["list", "--dry-run"], ["delete", "x", "--dry-run"]]
)
def test_wrong_usage_is_refused_by_the_parser(
    api: KfpApi, capsys: pytest.CaptureFixture[str], words: list[str]
):
    assert run_command(api, *words) == 2
    assert "error: " in capsys.readouterr().err
    assert api.requests == []
