import argparse
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import build_parser, main
from pipelines.cli.parser import resolve_given
from pipelines.cli.run import _COMPLETIONS, complete_training, list_typed_options, resolve_source
from pipelines.interface import Command


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def parse(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["run", *words])


def complete_arguments(*words: str) -> dict[str, Any]:
    given = parse("training", *words)
    parameters = resolve_given(given, given.parser.parameters)
    return complete_training(parameters, given, Command(("run", "training")))


def test_without_an_engine_no_run_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert main(["run", "training", "--docker", "--tag", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: No Docker Engine answers: ")
    assert list(tmp_path.rglob("*")) == []


def test_without_a_table_it_is_the_sample() -> None:
    arguments = complete_arguments("trials=5")
    problem = arguments.pop("problem")
    assert arguments == {"source": "sample:churn", "target": "churned", "trials": 5}
    assert problem["identifiers"] == ["customer_id"]
    assert complete_arguments("--problem", '{"owner": "me"}')["problem"] == {"owner": "me"}


@pytest.mark.parametrize(
    ("words", "trials"),
    [
        (["--minutes", "2"], 0),
        (["budget_minutes=2"], 0),
        (["--minutes", "2", "--trials", "50"], 50),
        (["--trials", "0"], 0),
        ([], None),
    ],
)
def test_who_gives_minutes_but_no_trials_gets_as_many_as_the_time_allows(
    words: list[str], trials: int | None
) -> None:
    assert complete_arguments(*words).get("trials") == trials


@pytest.mark.parametrize(
    "words",
    [
        ["--minutes", "2.5", "--seed", "0", "--task", "binary", "--weighs-time"],
        ["--weighs-time", "--budget-minutes", "2.5", "--seed=0", "--task=binary"],
        ["budget_minutes=2.5", "seed=0", "task=binary", "weighs_time=true"],
        ["budget_minutes=2.5", "task=binary", "--weighs-time", "seed=0"],
        # Words may stand between options, and options come before them.
        ["seed=7", "--minutes", "2.5", "task=binary", "--seed", "0", "weighs_time=1"],
    ],
)
def test_options_and_words_become_parameters_of_the_pipeline(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").touch()
    seen: list[dict[str, Any]] = []

    def complete(parameters: dict[str, Any], *_: object) -> None:
        seen.append(parameters)
        sys.exit("complete")

    monkeypatch.setitem(_COMPLETIONS, "training", complete)
    with pytest.raises(SystemExit, match="complete"):
        main(["run", "training", "--source", "t.csv", *words])
    assert seen == [
        {
            "source": str(tmp_path / "t.csv"),
            "task": "binary",
            "budget_minutes": 2.5,
            "weighs_time": True,
            "seed": 0,
        }
    ]


# Longer than a path may be.
LONG_QUERY = f"postgresql://host/shop?query=SELECT {'a, ' * 99} b"


@pytest.mark.parametrize(
    "source",
    [
        "sample:churn",
        "https://host/t.csv",
        "s3://bucket/t.parquet",
        "S3://bucket/t.parquet",
        "dvc+https://host/data@v1:t.csv",
        "delta+s3://bucket/table@3",
        LONG_QUERY,
    ],
)
def test_an_address_stays_as_it_is(source: str) -> None:
    assert resolve_source(source) == source


def test_the_folder_of_a_dvc_repository_becomes_absolute() -> None:
    assert resolve_source("dvc+data@v1:t.csv") == f"dvc+{Path('data').resolve()}@v1:t.csv"


@pytest.mark.parametrize("source", ["t.csv", "folder/t.csv", "a:b.csv"])
def test_a_path_becomes_absolute(source: str, tmp_path: Path) -> None:
    path = tmp_path / source
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert resolve_source(source) == str(path)
    assert resolve_source(str(path)) == str(path)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["training"], {}),
        (
            ["training", "--source", "my t.csv", "--target", "y", "--minutes", "0.5", "--trials", "3"],
            {"source": "my t.csv", "target": "y", "minutes": "0.5", "trials": "3"},
        ),
        (["training", "--problem", "p.yaml", "--seed", "0"], {"problem": "p.yaml", "seed": "0"}),
        (["training", "--weighs-time", "--docker"], {"weighs-time": "1", "docker": "1"}),
        (["training", "--name", "one", "--resume", "two", "--minutes", "2"], {"minutes": "2"}),
        (["training", "budget_minutes=1", "weighs_time=1"], {"minutes": "1", "weighs-time": "1"}),
        (["training", "seed=0", "weighs_time=False"], {"seed": "0"}),
        (["scoring", "model_name=m", "--version", "2"], {"model": "m", "version": "2"}),
        (["training", "--runs", "runs"], {}),
        (["training", "--runs", "others"], {"runs": "others"}),
    ],
)
def test_options_are_kept_as_they_were_typed(words: list[str], options: dict[str, str]) -> None:
    assert list_typed_options(parse(*words)) == options
