import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.comparison.base_parameters import build_base_parameters
from pipelines.comparison.given_parameters import GivenParameters
from pipelines.local.checkout import Checkout

_TRAINING = '''
def training(source: str, target: str, problem: dict = {}, trials: int = 30, test: str = ""):
    """Train."""
'''


@pytest.fixture
def base(tmp_path: Path) -> Checkout:
    """An older version of the suite's code, with fewer parameters and keys."""
    root = tmp_path / "base"
    (root / "pipelines").mkdir(parents=True)
    (root / "pipelines" / "training.py").write_text(_TRAINING)
    room = root / "components" / "_problem"
    room.mkdir(parents=True)
    for folder in (root / "components", room):
        (folder / "__init__.py").touch()
    (room / "spec.py").write_text("class Problem:\n    model_fields = {'gates': 1, 'value': 2}\n")
    return Checkout("c0ffee", root, Path(sys.executable))


def build(
    parameters: dict[str, Any], base: Checkout, tmp_path: Path, file: Path | None = None, **files: Path
) -> tuple[dict[str, Any], list[str]]:
    root = tmp_path / "here"
    root.mkdir(exist_ok=True)
    given = GivenParameters({"trials": 3, **parameters}, files, file)
    own, notes = build_base_parameters(given, base, tmp_path, root)
    assert own.pop("trials") == 3
    return own, notes


def test_what_the_base_does_not_know_is_left_out_and_said(base: Checkout, tmp_path: Path) -> None:
    given = {"weighs_time": True, "problem": {"value": {"tp": 1}, "margin": 0.1}}
    own, notes = build(given, base, tmp_path)
    assert own == {"problem": {"value": {"tp": 1}}}
    assert notes == [
        'The base\'s code lacks the parameter "weighs_time", which the change has.',
        'The base\'s code lacks the key "margin" of the problem, which the change has.',
    ]


def test_a_file_of_the_repository_is_that_of_the_base(base: Checkout, tmp_path: Path) -> None:
    for root, gate in ((tmp_path / "here", "accuracy"), (base.path, "f1")):
        root.mkdir(exist_ok=True)
        (root / "table.csv").touch()
        (root / "problem.yaml").write_text(f"gates: [{gate}]\n")
    here = tmp_path / "here"
    own, notes = build(
        {"source": str(here / "table.csv"), "problem": {"gates": ["accuracy"]}},
        base,
        tmp_path,
        problem=here / "problem.yaml",
    )
    assert own == {"source": str(base.path / "table.csv"), "problem": {"gates": ["f1"]}}
    assert notes == []


def test_a_file_that_the_base_lacks_is_that_of_the_change(base: Checkout, tmp_path: Path) -> None:
    source = str(tmp_path / "here" / "new.csv")
    own, notes = build({"source": source}, base, tmp_path)
    assert own == {"source": source}
    assert notes == ["The base has no new.csv, so both models use the file here."]


@pytest.mark.parametrize("source", ["sample:churn", "s3://bucket/table.csv", "/elsewhere/table.csv"])
def test_a_table_elsewhere_is_the_same_for_both(base: Checkout, tmp_path: Path, source: str) -> None:
    assert build({"source": source}, base, tmp_path) == ({"source": source}, [])


def test_a_base_that_cannot_list_its_keys_gets_all(base: Checkout, tmp_path: Path) -> None:
    (base.path / "components" / "_problem" / "spec.py").unlink()
    assert build({"problem": {"margin": 1}}, base, tmp_path) == ({"problem": {"margin": 1}}, [])


def test_a_file_that_dvc_tracks_here_is_that_of_the_base(base: Checkout, tmp_path: Path) -> None:
    here = tmp_path / "here"
    assert build({"source": f"dvc+{here}:t.csv"}, base, tmp_path)[0]["source"] == f"dvc+{here}@c0ffee:t.csv"
    for elsewhere in (f"dvc+{here}@v1:t.csv", "dvc+https://example.org/data.git:t.csv"):
        assert build({"source": elsewhere}, base, tmp_path)[0]["source"] == elsewhere


def test_a_file_of_parameters_is_that_of_the_base(base: Checkout, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for root, table in ((here, "new.csv"), (base.path, "old.csv")):
        (root / "params.yaml").write_text(f"target: y\nsource: {table}\nproblem: {{gates: [{table}]}}\n")
        (root / table).touch()
    (here / "old.csv").touch()
    own, notes = build({}, base, tmp_path, here / "params.yaml")
    assert own == {
        "target": "y",
        "source": str(base.path / "old.csv"),
        "problem": {"gates": ["old.csv"]},
    }
    assert notes == []
