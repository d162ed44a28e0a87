import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT

HEAVY = (
    "lightgbm",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "plotly",
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


def test_compiling_imports_no_more_than_kfp_does(tmp_path: Path) -> None:
    script = (
        "import json, sys, kfp, kfp.local, kfp.compiler\n"
        "before = set(sys.modules)\n"
        "from pipelines.cli.main import main\n"
        f"main(['compile', '--tag', '1', '--output', {str(tmp_path)!r}])\n"
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(roots - sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"components", "pipelines"} <= imported
    assert imported.isdisjoint(HEAVY)
