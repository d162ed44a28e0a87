import argparse
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from components._problem.spec import Problem
from components.errors import InvalidSetting
from pipelines.catalogue import ROOT
from pipelines.cli.main import build_parser, main
from pipelines.cli.parser import resolve_given
from pipelines.cli.run import _COMPLETIONS, complete_training, list_typed_options, resolve_source
from pipelines.interface import MAKE_TARGET, Command
from pipelines.problem_file import build_sample_parameters, read_problem


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def parse(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["run", *words])


def arguments_of(*words: str) -> dict[str, object]:
    given = parse("training", *words)
    parameters = resolve_given(given, given.parser.parameters)
    return complete_training(parameters, given, Command(("run", "training")))


def test_help_names_the_commands_and_needs_no_library() -> None:
    script = (
        "import json, sys\n"
        "from pipelines.cli.main import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    print(json.dumps([end.code, [name for name in sys.modules if '.' not in name]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *help_text, last = done.stdout.splitlines()
    status, modules = json.loads(last)
    assert status == 0
    assert {"run", "compile"} <= {line.split()[0] for line in help_text if line.strip()}
    assert {"kfp", "pandas", "rich", "yaml", "pydantic"}.isdisjoint(modules)


def test_the_image_of_submit_has_all_that_the_command_line_imports(tmp_path: Path) -> None:
    dockerfile = (ROOT / "images" / "services" / "submit" / "Dockerfile").read_text(encoding="utf-8")
    assert "COPY components/*.py components/\nCOPY pipelines pipelines\n" in dockerfile
    (tmp_path / "components").mkdir()
    for path in (ROOT / "components").glob("*.py"):
        shutil.copy(path, tmp_path / "components")
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    script = (
        # Without site no installation of this checkout is found in place of the copy.
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {sysconfig.get_path('purelib')!r}]\n"
        "from pipelines.cli.main import main\n"
        "main(['submit', '--help'])\n"
    )
    words = [sys.executable, "-S", "-P", "-c", script]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--dry-run" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "trainig"], "Pipeline 'trainig' is not known.\nDid you mean 'training'?"),
        (["run", "deployment"], "The pipeline deployment changes what a cluster serves.\nStart it there"),
        (["run", "training", "--source", "t.csv"], "There is a source but no target.\nAdd --target"),
        (["run", "training", "--target", "y"], "There is a target but no source.\nAdd --source"),
        (["run", "training", "--trials", "many"], "--trials must be a whole number, but is 'many'.\nCorrect"),
        (["run", "training", "trials=many"], "--trials must be a whole number, but is 'many'.\nCorrect"),
        (["run", "training", "--trials", "0"], "--trials: 0 is out of range.\nIt must be 1 or more."),
        (["run", "training", "--minutes", "0"], "--minutes: 0.0 is out of range.\nIt must be above 0."),
        (["run", "training", "--minutes", "nan"], "--budget-minutes must be a number, but is nan"),
        (["run", "training", "seed=-1"], "--seed: -1 is out of range.\nIt must be 0 or more."),
        (["run", "training", "--seed", "1", "seeds=2"], "no parameter 'seeds'. Did you mean 'seed'?"),
        (["run", "training", "--deploy"], "--deploy works only on a cluster."),
        (["run", "training", "t.csv"], "'t.csv' gives no parameter a value.\nWrite it as name=value"),
        (["run", "training", "--problem", "nowhere.yaml"], "nowhere.yaml cannot be read: No such file"),
        (["run", "training", "--problem", '{"gates": ['], "The problem is not JSON: Expecting value"),
        (["run", "training", "--name", "../up"], "name = '../up' is out of range"),
        (["run", "training", "--shards", "2"], "The command has no option --shards.\n"),
        (
            ["run", "scoring", "source=sample:churn", "shards=0"],
            "--shards: 0 is out of range.\nIt must be",
        ),
        (["run", "scoring", "--source", "t.csv"], "There is no file"),
        (["run", "scoring"], "There is no table to score.\nGive one: --source FILE."),
        (["run", "scoring", "--source", "t.csv", "--trials", "3"], "The command has no option --trials."),
        (
            ["run", "scoring", "--source", "sample:churn", "--run", "a", "--version", "1"],
            "A run already determines the model",
        ),
        (["run", "scoring", "--source", "sample:churn", "--run", "nowhere"], "There is no run 'nowhere' in"),
        (["run", "training", "--trails", "3"], "no option --trails.\nDid you mean '--trials'?"),
        (
            ["run", "training", "--tag", "1"],
            "--tag is for containers, but this run does not use them.\nAdd --docker",
        ),
        (["run", "training", "--registry", "ghcr.io/team"], "--registry is for containers"),
        (["run", "training", "--memory", "4g"], "Add --docker, or leave --memory out."),
        (
            ["run", "training", "--docker", "--tag", "1", "--memory", "lots"],
            "memory = 'lots' is out of range",
        ),
        (["run", "training", "--docker", "--tag", "latest"], "may be another image tomorrow"),
        (
            ["run", "training", "--docker", "--tag", "1", "--registry", "https://h"],
            "registry = 'https://h' is",
        ),
        (["compile", "--tag", "latest"], "may be another image tomorrow"),
        (["submit", "trainig"], "Pipeline 'trainig' is not known.\nDid you mean 'training'?"),
        (["submit"], "the following arguments are required: PIPELINE\nSee"),
        (["complie"], "Command 'complie' is not known.\nDid you mean 'compile'?"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_usage_is_told_in_a_few_words(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    assert status == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) <= 3
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("target", "words"), [("run", ["run", "training"]), ("score", ["run", "scoring"]), ("serve", ["serve"])]
)
def test_every_variable_that_make_help_names_means_something(target: str, words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (help_text,) = re.findall(rf"^{target}: .*## (.*)$", makefile, flags=re.MULTILINE)
    variables = set(re.findall(r"\b[A-Z_]{3,}\b", help_text))
    parser = build_parser().parse_args(words).parser
    assert {"MODEL", "RESUME", "PORT"} & {*variables}
    assert variables <= {name.upper().replace("-", "_") for name in parser.flags}


def test_variables_of_make_become_options_and_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "export KFP_TABULAR_MAKE_TARGET = $@" in makefile
    monkeypatch.setenv(MAKE_TARGET, "run")
    monkeypatch.setenv("MAKEFLAGS", " -- TRIALS=many RESUME=one")
    monkeypatch.setenv("TRIALS", "many")
    monkeypatch.setenv("RESUME", "one")
    assert main(["run", "training"]) == 2
    assert capsys.readouterr().err.startswith("error: TRIALS must be a whole number, but is 'many'.")
    monkeypatch.setenv("TRIALS", "3")
    assert main(["run", "training"]) == 2
    assert "There is no run 'one' in" in capsys.readouterr().err


def test_without_an_engine_no_run_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert main(["run", "training", "--docker", "--tag", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: No Docker Engine answers: ")
    assert list(tmp_path.rglob("*")) == []


def test_without_a_table_it_is_the_sample() -> None:
    arguments = arguments_of("trials=5")
    problem = arguments.pop("problem")
    assert arguments == {"source": "sample:churn", "target": "churned", "trials": 5}
    assert problem["identifiers"] == ["customer_id"]


def test_the_problem_of_the_sample_holds_and_can_be_replaced() -> None:
    problem = Problem.from_settings({"target": "churned", **build_sample_parameters()["problem"]})
    assert [str(gate) for gate in problem.gates] == ["0.75 ≤ roc_auc"]
    assert problem.value is not None
    assert arguments_of("--problem", '{"owner": "me"}')["problem"] == {"owner": "me"}


@pytest.mark.parametrize(
    "words",
    [
        ["--minutes", "2.5", "--seed", "0", "--task", "binary", "--weighs-time"],
        ["--weighs-time", "--budget-minutes", "2.5", "--seed=0", "--task=binary"],
        ["budget_minutes=2.5", "seed=0", "task=binary", "weighs_time=true"],
        # Words may stand between options, and options come before them.
        ["seed=7", "--minutes", "2.5", "task=binary", "--seed", "0", "weighs_time=1"],
    ],
)
def test_options_and_words_become_parameters_of_the_pipeline(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").touch()
    seen: list[dict[str, object]] = []

    def complete(parameters: dict[str, object], *_: object) -> None:
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


@pytest.mark.parametrize("source", ["sample:churn", "https://host/t.csv", "s3://bucket/t.parquet"])
def test_an_address_stays_as_it_is(source: str) -> None:
    assert resolve_source(source) == source


@pytest.mark.parametrize("source", ["t.csv", "folder/t.csv", "a:b.csv"])
def test_a_path_becomes_absolute(source: str, tmp_path: Path) -> None:
    path = tmp_path / source
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert resolve_source(source) == str(path)
    assert resolve_source(str(path)) == str(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "gates:\n- {metric: f1, min: 0.5}\n"),
        ("p.json", '{"gates": [{"metric": "f1", "min": 0.5}]}'),
    ],
)
def test_a_problem_is_read_from_a_file_or_is_json(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    expected = {"gates": [{"metric": "f1", "min": 0.5}]}
    assert read_problem(name) == expected
    assert read_problem(json.dumps(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: [",
            r"The problem file p.yaml is not YAML: line 1, column 5 \('a: \['\): expected the node content",
        ),
        ("gates:\n- metric: f1\n min: 2", r"line 3, column 2 \('min: 2'\)"),
        ("a:\n\tb: 1", r"line 2, column 1 \('b: 1'\): there is a tab\.\nIndent with blanks"),
        ("a: 1\nb: 2\na: 3", "The problem file p.yaml has the key 'a' more than once"),
        ("columns:\n  x: {kind: text}\n  x: {kind: date}", "has the key 'x' more than once"),
        ("- a\n- b", "The problem file p.yaml contains a list, not keys with values"),
        ("only words", "contains only 'only words', not keys with values"),
        ("", "contains nothing, not keys with values"),
        ("x: &a [*a]", "The problem file p.yaml is not valid: Circular"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_no_problem_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(InvalidSetting, match=message):
        read_problem("p.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "The problem has the key 'a' more than once"),
        ('{"a": NaN}', "The problem contains NaN, which is not a number"),
        ("{a: [}", "The problem is not JSON"),
    ],
)
def test_json_that_is_no_problem_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        read_problem(text)


def test_a_problem_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes("owner: Jos\u00e9".encode("latin-1"))
    with pytest.raises(InvalidSetting, match=r"The problem file p.yaml is not text in UTF-8"):
        read_problem("p.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("2024-01-31", "2024-01-31"),
        ("12:30", "12:30"),
        ("007", "007"),
        ("-7", -7),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("null", None),
        ("", None),
        ("NA", "NA"),
    ],
)
def test_a_word_of_yaml_is_what_it_is_in_a_table(text: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(f"a: {text}\n2024: {{}}\n")
    assert read_problem("p.yaml") == {"a": value, "2024": {}}


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
        (["scoring", "model_name=m", "--version", "2"], {"model": "m", "version": "2"}),
        (["training", "--runs", "runs"], {}),
        (["training", "--runs", "others"], {"runs": "others"}),
    ],
)
def test_options_are_kept_as_they_were_typed(words: list[str], options: dict[str, str]) -> None:
    assert list_typed_options(parse(*words)) == options
