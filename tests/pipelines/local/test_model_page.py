import json
import shutil
from pathlib import Path

import pytest

from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import Registry
from components.errors import InvalidSetting
from pipelines.local.model_page import export_run, export_version
from pipelines.local.run_folder import RunFolder
from tests.components._tracking.test_registry import log_folder
from tests.components.serve.models import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder)
    return folder


@pytest.fixture
def runs(tmp_path: Path, model: Path) -> Path:
    run = RunFolder(tmp_path / "runs" / "first")
    artifacts = run.artifacts / "training-1"
    shutil.copytree(model, artifacts / "train" / "model")
    for task in ("evaluate", "register"):
        (artifacts / task).mkdir()
    (artifacts / "evaluate" / "card").write_text("# Card\n\n<b>The card of the first run.</b>\n")
    (artifacts / "register" / "registration").mkdir()
    (artifacts / "register" / "registration" / "registration.json").write_text(
        json.dumps({"model": "churn", "version": "1"})
    )
    run.save_record({"status": "succeeded", "started": "2026-11-24T10:00:00+00:00"})
    return tmp_path / "runs"


@pytest.mark.parametrize("name", [None, "first"])
def test_the_page_of_a_run_has_its_card(runs: Path, tmp_path: Path, name: str | None) -> None:
    file = tmp_path / "page.html"
    page = export_run(runs, name, file)
    assert page == ("run first", (file.stat().st_size, False))
    html = file.read_text()
    assert "\\u003cb>The card of the first run." in html


def test_a_card_that_cannot_be_read_is_an_error(runs: Path, tmp_path: Path) -> None:
    (card,) = runs.glob("first/artifacts/*/evaluate/card")
    card.write_bytes(b"# Card\xff")
    with pytest.raises(InvalidSetting, match=r"The model card .*card cannot be read: .*\n.*or remove it"):
        export_run(runs, None, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_folder_that_is_not_there_is_an_error(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"The folder .*nowhere does not exist"):
        export_run(runs, None, tmp_path / "nowhere" / "page.html")


def test_the_page_of_a_version_has_the_card_of_its_run_if_that_is_here(
    runs: Path, tmp_path: Path, model: Path, mlflow_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    database = Path(shutil.copy(mlflow_database, runs))
    with connect_to_mlflow(f"sqlite:///{database}", "keep") as client:
        registry = Registry(client, "churn")
        for _ in range(2):
            registry.register(log_folder(client, model), None, {}, "")
    file = tmp_path / "page.html"
    assert export_version(runs, None, "1", file)[0] == "version 1 of churn"
    assert "The card of the first run." in file.read_text()
    assert '"version": "1"' in file.read_text()
    assert export_version(runs, "churn", "challenger", file)[0] == "version 2 of churn"
    assert '"card": null' in file.read_text()
