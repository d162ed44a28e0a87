from pathlib import Path

import pytest

from components._expectations.spec import Expectations
from components._expectations.table_check import check_table
from components._problem.spec import Problem
from components._table.engine import TableEngine
from components.ingest.run import run as ingest
from pipelines.local.first_expectations import infer_from_source, name_source
from pipelines.problem_file import read_mapping
from tests.foreign import find_foreign

TARGETS = {"penguins.csv": "species", "mpg.csv": "mpg", "taxis.csv": "tip", "horse-colic.csv": "outcome"}
# Its days and months cannot be told apart without the table that its model was trained on.
AMBIGUOUS = "score_dates_score.csv"


def _check_own(source: Path, target: str | None, folder: Path) -> None:
    """Write the expectations of a table, and check the table against what is read from the file."""
    _, text = infer_from_source(str(source), target, {})
    (folder / "e.yaml").write_text(text, encoding="utf-8")
    paths = {name: str(folder / name) for name in ("dataset", "reading", "problem")}
    Problem.from_settings({"target": target or "(no target)"}).save(paths["problem"])
    ingest(**paths, source=str(source), seed=0)
    expected = Expectations.from_settings(read_mapping(str(folder / "e.yaml"), "expectations"))
    with TableEngine(256 << 20, folder / "scratch") as engine:
        assert check_table(paths["dataset"], expected, engine).broken == ()


def test_a_table_is_read_as_ingest_reads_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("price;y\n" + "1.050,5 €;ja\n" * 60 + "7,25 €;nein\n" * 60)
    guess, text = infer_from_source(str(tmp_path / "t.csv"), "y", {})
    assert guess.columns["price"].expected.type == "float"
    assert "seen: 7.25 to 1050.5" in text
    _check_own(tmp_path / "t.csv", "y", tmp_path)


def test_a_generated_sample_is_a_table_too() -> None:
    guess, _ = infer_from_source("sample:churn", "churned", {})
    assert guess.n_rows > 1000


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("data/t?.csv", "t?.csv"),
        ("sample:churn", "sample:churn"),
        ("s3://bucket/a/t.csv?versionId=x", "t.csv"),
        ("https://ann:secret@example.org/t.csv?X-Amz-Signature=secret", "t.csv"),
        ("https://ann:secret@example.org", "example.org"),
    ],
)
def test_a_file_in_git_names_its_table_and_no_secret(source: str, name: str) -> None:
    assert name_source(source) == name


@pytest.mark.slow
def test_every_table_that_is_easily_read_wrong_meets_its_own_expectations(tmp_path: Path) -> None:
    tables = [path for path in find_foreign("cases").iterdir() if path.suffix not in (".md", ".yaml")]
    for path in sorted(tables):
        if path.name != AMBIGUOUS:
            (tmp_path / path.name).mkdir()
            _check_own(path, None, tmp_path / path.name)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_published_table_meets_its_own_expectations(name: str, tmp_path: Path) -> None:
    _check_own(find_foreign("data", name), TARGETS[name], tmp_path)
