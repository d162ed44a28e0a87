import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.comparison.compared_run import measure, train
from pipelines.local.checkout import Checkout
from pipelines.local.run_folder import RunFolder
from tests.pipelines.comparison.runs import make_run

_MAIN = """
import json, os, sys
print(json.dumps({"words": sys.argv[1:], "tracking": os.environ["MLFLOW_TRACKING_URI"]}))
sys.exit("error: The table cannot make a model.")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A version of the suite whose trainings fail."""
    root = tmp_path / "suite"
    for room in ("components", "pipelines"):
        (root / room).mkdir(parents=True)
        (root / room / "__init__.py").touch()
    (root / "pipelines" / "__main__.py").write_text(_MAIN)
    return Checkout("c0ffee", root, Path(sys.executable))


def test_a_training_that_fails_is_reported_with_its_last_words(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://registry.example.org")
    folder = RunFolder(tmp_path / "base")
    parameters = {"trials": 2, "source": "a b.csv", "problem": {"keep": ["x"]}}
    with pytest.raises(
        InvalidSetting, match=r"training of main made no model(.*\n)+.*cannot make a model"
    ) as raised:
        train(checkout, "main", parameters, folder)
    log = tmp_path / "base.log"
    assert raised.value.remedy == f"The whole log: {log}"
    # Neither the team's registry nor its studies are touched.
    assert '"tracking": ""' in log.read_text()
    assert '"trials=2", "source=a b.csv", "problem={\\"keep\\": [\\"x\\"]}"' in log.read_text()


def test_a_model_that_its_own_code_cannot_read_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "base", "main")
    for place in ("train/model", "split/test"):
        (run.folder.artifacts / "one" / place).mkdir(parents=True)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho $1 cannot import it\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(InvalidSetting, match=r"model of main cannot be read(.*\n)+  -P cannot import it"):
        measure(Checkout("c0ffee", tmp_path, python), run)
