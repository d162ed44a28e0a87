import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipelines.cli.main import main
from pipelines.local.run_folder import RunFolder
from tests.notebooks import find_output, run_notebook
from tests.own_checkout import make_checkout, run_git, run_module


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Nothing says what to reproduce.\nGive a run, a version"),
        (["first", "--all"], "--all already says what to reproduce."),
        (["frist"], "There is no run 'frist' in "),
        (["frist", "--model", "churn"], "There is no registry"),
        (["--all"], "There is no registry"),
    ],
)
def test_wrong_usage_starts_nothing(
    words: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    RunFolder.create(tmp_path, "first").save_record({"pipeline": "training", "status": "failed"})
    assert main(["reproduce", *words, "--runs", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "reproductions").exists()


def test_a_run_that_cannot_be_repeated_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunFolder.create(tmp_path, "first").save_record({"pipeline": "training", "status": "failed"})
    assert main(["reproduce", "first", "--runs", str(tmp_path)]) == 2
    assert "The run first has the status failed" in capsys.readouterr().err
    assert not (tmp_path / "reproductions").exists()


class Suite:
    """A repository of the suite with a training at a commit that is not its last one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = make_checkout(folder / "suite")
        self.table = folder / "customers.csv"
        self.runs = folder / "runs"

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return run_module(self.checkout, "pipelines", *words, "--runs", str(self.runs))

    def find(self, task: str, name: str) -> Path:
        found = RunFolder(self.runs / "first").find_output(task, name)
        assert found is not None
        return found


def write_table(path: Path, n_rows: int) -> None:
    rng = np.random.default_rng(0)
    age, plan = rng.integers(18, 80, n_rows), rng.choice(["basic", "plus", "pro"], n_rows)
    left = (age + 20 * (plan == "basic") + rng.normal(0, 15, n_rows)) > 60
    rows = zip(age, plan, np.where(left, "yes", "no"), strict=True)
    path.write_text("age,plan,left\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    suite = Suite(tmp_path_factory.mktemp("reproduce"))
    write_table(suite.table, 300)
    words = ("--source", str(suite.table), "--target", "left", "--trials", "2", "--name", "first")
    done = suite.run("run", "training", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    # A later commit splits the rows otherwise: nothing of it may be used.
    split = suite.checkout / "components" / "split" / "run.py"
    split.write_text(split.read_text().replace('"seed": settings.seed,', '"seed": settings.seed + 1,', 1))
    run_git(suite.checkout, "commit", "--quiet", "--all", "--message", "Change the split")
    return suite


@pytest.mark.slow
def test_a_run_of_an_earlier_commit_is_reproduced(suite: Suite) -> None:
    done = suite.run("reproduce", "first")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    commit = run_git(suite.checkout, "rev-parse", "HEAD~1")
    assert f"again, at commit {commit[:12]}" in done.stdout
    assert "reproduced in" in done.stdout
    assert "bit-equal metrics and predictions" in done.stdout
    assert "✗" not in done.stdout
    # Neither the repetition nor its worktree is left, and the registry has no other version.
    assert not (suite.runs / "reproductions").exists()
    assert run_git(suite.checkout, "worktree", "list").count("\n") == 0
    assert "version       2" not in suite.run("models", "list").stdout


@pytest.mark.slow
def test_the_notebook_of_a_run_repeats_it(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(suite.checkout))
    notebook = run_notebook(suite.runs / "first" / "notebook.ipynb", {"REPEAT = False": "REPEAT = True"})
    assert "bit-equal metrics and predictions" in find_output(notebook, "REPEAT")


@pytest.mark.slow
def test_without_the_run_a_version_is_reproduced_from_its_statement(suite: Suite) -> None:
    hidden = suite.runs.with_name("hidden")
    (suite.runs / "first").rename(hidden)
    try:
        done = suite.run("reproduce", "--all")
    finally:
        hidden.rename(suite.runs / "first")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "1 of 1 reproduced"
    assert "left  1  reproduced" in done.stdout


@pytest.mark.slow
def test_a_planted_difference_is_found_in_its_stage(suite: Suite) -> None:
    profile = suite.find("engineer", "recipe") / "recipe.json"
    before = profile.read_text()
    profile.write_text(json.dumps({**json.loads(before), "planted": True}))
    try:
        done = suite.run("reproduce", "1")
    finally:
        profile.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT reproduced: the first stage whose output differs is engineer" in done.stdout
    assert "engineer/recipe/recipe.json: planted is only in the recorded run" in done.stdout
    (kept,) = (suite.runs / "reproductions").iterdir()
    result = json.loads((kept / "reproduction.json").read_text())
    assert [found["task"] for found in result["differences"]] == ["engineer"]
    assert not result["is_equal"]


@pytest.mark.slow
def test_a_table_with_one_other_row_is_found_in_ingest(suite: Suite) -> None:
    before = suite.table.read_text()
    suite.table.write_text(before + "44,pro,no\n")
    try:
        done = suite.run("reproduce", "first")
    finally:
        suite.table.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the first stage whose output differs is ingest" in done.stdout
    assert f"The data is not the same: {suite.table} has changed since." in done.stdout
    assert "metadata.dataset[0].rows is 300 in the recorded run and 301 now" in done.stdout


@pytest.mark.slow
def test_a_table_that_is_gone_and_a_commit_that_is_not_here_are_named(suite: Suite) -> None:
    moved = suite.table.rename(suite.table.with_suffix(".moved"))
    gone = suite.run("reproduce", "first")
    moved.rename(suite.table)
    assert gone.returncode == 2
    assert f"error: The source of the training is gone: {suite.table}." in gone.stderr
    folder = RunFolder(suite.runs / "first")
    record = folder.load_record()
    folder.save_record({**record, "origin": {**record["origin"], "revision": "f" * 40}})
    unknown = suite.run("reproduce", "first")
    folder.save_record(record)
    assert unknown.returncode == 2
    assert f"has no commit '{'f' * 40}'" in unknown.stderr
