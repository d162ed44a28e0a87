import argparse
from pathlib import Path

import pytest

from components.errors import SuiteError
from pipelines.cli.parser import CommandParser
from pipelines.cli.remote_options import (
    add_connection_options,
    add_remote_run_options,
    check_images_pushed,
    choose_connection,
    describe_plan,
    read_spec_and_parameters,
    run_remote_command,
)
from pipelines.problem_file import build_sample_parameters
from pipelines.remote.kubeflow_connection import KubeflowConnection
from tests.pipelines.remote.cluster import make_spec, write_compiled


def parse(folder: Path, *words: str) -> argparse.Namespace:
    parser = CommandParser()
    add_connection_options(parser)
    add_remote_run_options(parser)
    given = parser.parse_args(["--compiled", str(write_compiled(folder)), *words])
    given.pipeline = "training"
    return given


def test_the_connection_is_what_was_given(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    given = parse(
        tmp_path, "--host", "http://h:1/", "--namespace", "n", "--token-file", str(tmp_path / "token")
    )
    connection = choose_connection(given)
    assert (connection.host, connection.namespace) == ("http://h:1", "n")
    assert connection.read_bearer_token() == "secret"


def test_words_win_over_the_file_of_parameters(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("source: a.csv\ntarget: y\ntrials: 3\n")
    given = parse(tmp_path, "--parameters", str(tmp_path / "p.yaml"), "--set", "trials=5", "minutes=2")
    found, parameters = read_spec_and_parameters(given)
    assert found.version == make_spec().version
    assert parameters == {"source": "a.csv", "target": "y", "trials": 5, "minutes": 2.0}


@pytest.mark.parametrize(
    ("words", "trials"), [(["budget_minutes=2"], 0), (["budget_minutes=2", "trials=9"], 9), ([], None)]
)
def test_minutes_without_a_number_of_trials_mean_the_same_as_on_this_machine(
    tmp_path: Path, words: list[str], trials: int | None
) -> None:
    given = parse(tmp_path, "--set", "source=a.csv", "--set", "target=y", *words)
    assert read_spec_and_parameters(given)[1].get("trials") == trials


def test_the_sample_is_for_who_gives_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--set", "budget_minutes=2")
    found = read_spec_and_parameters(parse(tmp_path, *words), has_sample=True)[1]
    assert found == {**build_sample_parameters(), "trials": 0, "budget_minutes": 2.0}
    assert capsys.readouterr().err.startswith("note: no source was given")
    table = ("--set", "source=a.csv", "--set", "target=y")
    assert read_spec_and_parameters(parse(tmp_path, *table), has_sample=True)[1]["source"] == "a.csv"
    assert capsys.readouterr().err == ""
    with pytest.raises(SuiteError, match="The parameter 'source' is missing"):
        read_spec_and_parameters(parse(tmp_path))


def test_without_a_cache_it_is_another_version(tmp_path: Path) -> None:
    found, _ = read_spec_and_parameters(parse(tmp_path, "--no-cache"), has_sample=True)
    assert found.version != make_spec().version


def test_images_that_cannot_be_looked_up_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    check_images_pushed(make_spec("localhost:1/team/kfp-tabular-ingest:1"))
    assert capsys.readouterr().err.startswith("note: 1 of 1 images could not be checked")


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ({}, "anonymous"),
        ({"token": "secret"}, "the owner of the token"),
        ({"token_file": Path("t")}, "the owner of the token in t"),
        ({"cookie": "secret"}, "the user of the session cookie"),
    ],
)
def test_a_plan_says_who_and_where_and_no_secret(tmp_path: Path, who: dict[str, object], text: str) -> None:
    connection = KubeflowConnection(host="http://h", **who)  # type: ignore[arg-type]
    plan = describe_plan(connection, make_spec(), parse(tmp_path), {"trials": 5})
    assert f"  as         {text}\n" in plan
    assert "  parameter  trials: 5" in plan
    assert "secret" not in plan


def test_errors_and_interruptions_are_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise SuiteError("It broke.", "Mend it.")

    def interrupt() -> int:
        raise KeyboardInterrupt

    assert [run_remote_command(work) for work in (lambda: 0, fail, interrupt)] == [0, 1, 130]
    assert capsys.readouterr().err == (
        "error: It broke.\nMend it.\ninterrupted; runs on the cluster continue.\n"
    )
