import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from components._problem.registration import STATEMENT
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from pipelines.catalogue import ROOT
from pipelines.cli.main import main
from pipelines.local.run_folder import RunFolder
from tests.components._app.models import save_usual_model
from tests.components._approval.conftest import register_model
from tests.components._model.tables import fit_package
from tests.components._tracking.test_registry import log_folder, log_model
from tests.components.serve.models import write_model
from tests.ssh_keys import make_key


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, mlflow_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    folder.mkdir()
    shutil.copy(mlflow_database, folder)
    return folder


@pytest.fixture(scope="module")
def registry_of_three(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Path:
    """The database of a registry with three versions."""
    folder = tmp_path_factory.mktemp("three")
    database = Path(shutil.copy(mlflow_database, folder))
    with connect_to_mlflow(f"sqlite:///{database}", "keep") as client:
        registry = Registry(client, "churn")
        for text in ("one", "two", "three"):
            registry.register(log_model(client, folder, text), None, {"family": text, "commit": "abc"}, "")
    return database


@pytest.fixture
def three(runs: Path, registry_of_three: Path) -> None:
    shutil.copy(registry_of_three, runs)


def read_said(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["models", *words]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("three")
def test_versions_are_listed_promoted_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_said(capsys, "promote", "1") == ["version 1 of churn is the champion"]
    assert read_said(capsys, "promote", "challenger") == ["version 3 of churn is the champion"]
    title, head, *rows = read_said(capsys, "list")
    assert (title, head.split()[:2]) == ("churn, 3 versions", ["Version", "Alias"])
    assert [row.split()[0] for row in rows if row.strip()] == ["3", "2", "1"]
    assert "champion" in "".join(rows[:2])
    assert read_said(capsys, "rollback") == ["version 1 of churn is the champion"]
    shown = read_said(capsys, "show", "champion")
    assert "version     1" in shown
    assert "commit      abc" in shown
    assert "statement   none: the version was registered before there were any" in shown


@pytest.mark.usefixtures("three")
def test_a_list_does_not_wait_for_mlflow(runs: Path) -> None:
    script = (
        "import sys\n"
        "from pipelines.cli.main import main\n"
        f"assert main(['models', 'list', '--runs', {str(runs)!r}]) == 0\n"
        "assert {'mlflow', 'pandas', 'sqlalchemy'}.isdisjoint(sys.modules), sorted(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "churn, 3 versions" in done.stdout


@pytest.mark.slow_variants
@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "9"], "error: There is no version '9' of 'churn'."),
        (["promote", "champion"], "error: There is no version 'champion' of 'churn'."),
        (["rollback"], "error: 'churn' has no champion."),
        (["list", "--model", "chrun"], "error: There is no model 'chrun'.\nDid you mean 'churn'?"),
    ],
)
def test_what_is_not_there_is_an_error(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *words]) == 2
    assert capsys.readouterr().err.startswith(message)


@pytest.fixture
def key(runs: Path, tmp_path: Path) -> Path:
    """The key of maria, who may approve the only version in the registry; two approvals are needed."""
    people = {name: make_key(tmp_path, name) for name in ("ali", "maria")}
    with connect_to_mlflow(f"sqlite:///{runs / 'mlflow.db'}", "keep") as client:
        register_model(Registry(client, "churn"), client, tmp_path / "package", people, 2)
    return people["maria"]


def test_a_version_is_approved_and_shows_who_approved_it(
    key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = read_said(capsys, "approve", "challenger", "--key", str(key), "--yes")
    assert said[0] == "Approval of a model for deployment, form 1"
    assert said[-1] == "maria approved version 1 of churn: it has 1 of the 2 approvals that deploy requires"
    assert "approval 1      maria, valid" in read_said(capsys, "show", "1")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ("Yes\n", 0, ""),
        ("no\n", 2, "error: The version was not approved: the answer was not yes."),
        ("", 2, "error: The version was not approved: the answer was not yes."),
    ],
)
def test_who_approves_is_asked(
    key: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    status: int,
    message: str,
) -> None:
    terminal = StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["models", "approve", "1", "--key", str(key)]) == status
    shown = capsys.readouterr()
    assert "Do you approve this version for deployment? Type yes: " in shown.out
    assert shown.err.startswith(message)


def test_where_nobody_can_be_asked_the_option_is_named(
    key: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    assert main(["models", "approve", "1", "--key", str(key)]) == 2
    assert capsys.readouterr().err.startswith("error: Nobody can be asked: this is not a terminal.\n")


def test_without_a_registry_there_is_a_hint(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs / "mlflow.db").unlink()
    assert main(["models", "list"]) == 2
    assert capsys.readouterr().err.startswith("error: There is no registry: MLFLOW_TRACKING_URI is not set")


def test_an_empty_registry_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 2
    assert capsys.readouterr().err.startswith("error: The registry has no models.")


def test_a_model_is_exported_as_a_page(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder(runs / "first")
    write_model(folder.artifacts / "training-1" / "train" / "model")
    folder.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    (said,) = read_said(capsys, "export", "--html", "page.html")
    size = Path("page.html").stat().st_size / 1e6
    assert said == f"page.html holds the model of run first, {size:.2f} MB"


def test_a_model_is_exported_as_an_archive(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder(runs / "first")
    write_model(folder.artifacts / "training-1" / "train" / "model")
    folder.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    (said,) = read_said(capsys, "export", "--archive", "model.tar.gz")
    size = Path("model.tar.gz").stat().st_size / 1e6
    assert said == f"model.tar.gz holds the model of run first, {size:.2f} MB"


def test_a_damaged_model_is_an_error_that_names_the_file_and_the_remedy(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RunFolder(runs / "first")
    model = folder.artifacts / "training-1" / "train" / "model"
    write_model(model)
    (model / "profile.json").write_text('{"n_rows": 300}')
    folder.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    assert main(["models", "export", "--html", "page.html"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: The model's file ")
    assert "profile.json is damaged: Object missing required field `columns`." in said
    assert said.endswith("Copy the whole model folder again, or train the model again.\n")
    assert not list(Path().glob("*page.html*"))


def test_who_exports_training_rows_is_told(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder(runs / "first")
    model = folder.artifacts / "training-1" / "train" / "model"
    save_usual_model(model, fit_package("neighbours", "binary"))
    folder.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    _, note = read_said(capsys, "export", "--html", "page.html")
    assert note == "It holds training rows too, as numbers: give it to people who may see them."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--html", "page.html", "--run", "first", "2"], "error: A run already determines the model."),
        (["--html", "page.html", "--model", "churn"], "error: --model says nothing without a version."),
        (["--html", "page.html", "--run", "frist"], "error: There is no run 'frist' in"),
        ([], "error: one of the arguments --html --archive --notebook is required"),
        (["--html", "a", "--archive", "b"], "error: argument --archive: not allowed with argument --html"),
    ],
)
def test_what_cannot_be_exported_is_an_error(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "export", *words]) == 2
    assert capsys.readouterr().err.startswith(message)


def test_the_statement_of_a_version_is_one_line(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "stated"
    folder.mkdir()
    data = {"name": "data", "uri": "a.csv", "digest": {"sha256": "d" * 64}}
    code = {"uri": "git+https://example.org", "digest": {"gitCommit": "c" * 40}}
    predicate = {"buildDefinition": {"resolvedDependencies": [data, code]}}
    statement = {"subject": [{"name": "model.skops"}], "predicate": predicate}
    (folder / STATEMENT).write_text(json.dumps(statement))
    with connect_to_mlflow(f"sqlite:///{runs / 'mlflow.db'}", "keep") as client:
        Registry(client, "churn").register(log_folder(client, folder), None, {}, "")
    line = read_said(capsys, "show", "1")[-1]
    assert line.split(maxsplit=1) == [
        "statement", "in-toto, SLSA provenance: 1 file, data dddddddddddd, git cccccccccccc",
    ]  # fmt: skip
