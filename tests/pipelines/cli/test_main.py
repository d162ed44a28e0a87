import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from pipelines.cli.main import main


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "trainig"], "Pipeline 'trainig' is not known.\nDid you mean 'training'?"),
        (["run", "deployment"], "The pipeline deployment changes what a cluster serves.\nStart it there"),
        (["run", "training", "--source", "t.csv"], "There is a source but no target.\nAdd --target"),
        (["run", "training", "--target", "y"], "There is a target but no source.\nAdd --source"),
        (["run", "training", "--trials", "many"], "--trials must be a whole number, but is 'many'.\nCorrect"),
        (["run", "training", "trials=many"], "--trials must be a whole number, but is 'many'.\nCorrect"),
        (["run", "training", "--trials=-1"], "--trials: -1 is out of range.\nIt must be 0 or more."),
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
        (
            ["run", "training", "--memory", "lots"],
            "--memory: 'lots' is out of range.\nIt must be at least 512m, as a whole",
        ),
        (
            ["run", "training", "--engine", "spark"],
            "--engine: 'spark' is out of range.\nIt must be local or dask",
        ),
        (["run", "training", "--memory", "100m"], "It must be at least 512m, as"),
        (["run", "scoring", "--source", "sample:churn", "--memory", "100m"], "It must be at least 512m, as"),
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
    status: str | int | None
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    assert status == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) <= 3
    assert list(tmp_path.rglob("*")) == []
