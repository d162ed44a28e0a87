import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from pipelines.cli.main import main

HEAVY = (
    "lightgbm",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "sklearn",
)


# It compiles everything twice.
@pytest.mark.slow
def test_specs_are_the_same_bytes_every_time(dist: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pipelines",
        "compile",
        "--registry",
        "ghcr.io/team",
        "--tag",
        "1.2.0",
        "--size",
        "medium",
    ]
    done = subprocess.run(
        [*command, "--output", str(tmp_path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert {Path(line) for line in done.stdout.splitlines()} == set(tmp_path.rglob("*.yaml"))
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    assert again == {path.relative_to(dist): path.read_bytes() for path in dist.rglob("*.yaml")}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """What a process says that compiles for an older backend, and its folder. Compiling takes seconds."""
    folder = tmp_path_factory.mktemp("dist")
    script = (
        "import json, sys, kfp, kfp.local, kfp.compiler\n"
        "before = set(sys.modules)\n"
        "from pipelines.cli.main import main\n"
        f"main(['compile', '--tag', '1', '--for', '2.14.3', '--output', {str(folder)!r}])\n"
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(roots - sys.stdlib_module_names)))"
    )
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True), folder


@pytest.mark.slow
def test_compiling_imports_no_more_than_kfp_does(
    compiled: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    imported = set(json.loads(compiled[0].stdout.splitlines()[-1]))
    assert {"components", "pipelines"} <= imported
    assert imported.isdisjoint(HEAVY)


def test_compiling_for_an_older_backend_says_what_is_left_out(
    compiled: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = compiled
    assert done.stderr.startswith("note: left out, because Kubeflow Pipelines 2.14 does not know it:\n")
    assert done.stderr.count("securityContext") == 1
    text = (folder / "pipelines" / "training.yaml").read_text(encoding="utf-8")
    assert "configMapAsEnv" in text
    assert "securityContext" not in text


def test_a_backend_that_is_too_old_is_refused_before_anything_is_compiled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", "--for", "2.13", "--output", str(tmp_path)]) == 2
    assert "need Kubeflow Pipelines 2.14 or newer, not 2.13" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
