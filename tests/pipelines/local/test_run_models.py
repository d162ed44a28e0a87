"""The models of runs, each below a path of its own."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from components._problem.task import TaskKind
from components.serve.app import AppParts
from components.serve.request_handler import RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import ServerMetrics
from components.serve.settings import Settings
from pipelines.local.run_list import RunList
from pipelines.local.run_models import MOST_MODELS, build_models_routes
from pipelines.local.run_routes import build_run_routes
from tests.asgi import fetch, use_client
from tests.components.serve.models import ROW, write_model
from tests.pipelines.local.test_run_list import write_run, write_trained


def build(runs: Path, first: str) -> Starlette:
    """Return the routes of a server whose first model is that of a run."""
    (model,) = (runs / first).glob("artifacts/*/train/model")
    settings = Settings(model, model_name="model", model_version=first, app=True)
    served = ServedModel.load(model, first)
    metrics = ServerMetrics(list(served.signature.columns), served.output_bounds, served.labels)
    parts = AppParts(settings, served, RequestHandler("model", served, metrics, 100), metrics)
    listed = RunList(runs)
    of_runs = build_run_routes(runs, listed)
    return Starlette(routes=build_models_routes(parts, runs, listed, lambda _: of_runs))


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    write_trained(tmp_path, "first")
    write_trained(tmp_path, "second", started="2026-11-30T10:00:00+00:00")
    write_run(tmp_path, "scored", pipeline="scoring")
    return build(tmp_path, "first")


def test_the_first_model_and_those_of_other_runs_are_listed(app: Starlette) -> None:
    first, second = fetch(app, "/app/models.json").json()
    assert first == {
        "name": "first",
        "title": second["title"],
        "target": "y",
        "version": "first",
        "address": "",
        "is_default": True,
    }
    assert (second["name"], second["address"]) == ("second", "models/second/app/")
    assert not second["is_default"]


def test_each_has_its_page_and_its_predictions(app: Starlette) -> None:
    async def use(client: httpx.AsyncClient) -> tuple[Any, ...]:
        root = "/app/models/second"
        page = await client.get(f"{root}/app/")
        description = (await client.get(f"{root}/app/description.json")).json()
        address = f"{root}/v1/models/{description['model_name']}:predict"
        answer = await client.post(address, json={"instances": [ROW]})
        runs = await client.get(f"{root}/app/runs.json")
        return page, description, answer.json(), runs.json()

    page, description, answer, runs = use_client(app, use)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (description["version"], description["root"]) == ("second", "../../../")
    assert description["tabs"] == ["predict", "model", "runs"]
    assert description["has_models"]
    assert (answer["model_name"], answer["model_version"]) == ("second", "second")
    assert len(runs) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("secnd", "Did you mean 'second'?"),
        ("scored", "The run 'scored' has no model."),
        ("%2e%2e", "There is no run '..'"),
        ("", "There is no run ''"),
    ],
)
def test_what_is_no_model_is_said(name: str, message: str, app: Starlette) -> None:
    answer = fetch(app, f"/app/models/{name}/app/description.json")
    assert answer.status_code == 404
    assert message in answer.json()["error"]


def test_a_model_that_cannot_be_loaded_says_why(tmp_path: Path, app: Starlette) -> None:
    (model,) = (tmp_path / "second").glob("artifacts/*/train/model")
    (model / "schema.json").write_text("{")
    answer = fetch(app, "/app/models/second/app/description.json")
    assert "is not a complete model folder. schema.json" in answer.json()["error"]
    assert "is not a complete model folder" in fetch(app, "/app/models/second/app/").text


def test_a_run_that_was_resumed_has_its_new_model(tmp_path: Path, app: Starlette) -> None:
    (model,) = (tmp_path / "second").glob("artifacts/*/train/model")

    async def use(client: httpx.AsyncClient) -> list[str]:
        tasks: list[str] = []
        kinds: list[TaskKind] = ["regression", "binary"]
        for kind in kinds:
            write_model(model, kind)
            os.utime(model / "model.skops", (len(tasks), len(tasks)))
            description = await client.get("/app/models/second/app/description.json")
            tasks.append(description.json()["task"])
        return tasks

    assert use_client(app, use) == ["regression", "binary"]


def test_only_some_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_trained(tmp_path, "first")
    names = [f"run-{number}" for number in range(MOST_MODELS + 1)]
    for name in names:
        write_run(tmp_path, name).artifacts.symlink_to(first.artifacts)
    loaded: list[str] = []
    load = ServedModel.load

    def note(folder: Path, version: str) -> ServedModel:
        loaded.append(version)
        return load(folder, version)

    app = build(tmp_path, "first")
    monkeypatch.setattr(ServedModel, "load", note)

    async def use(client: httpx.AsyncClient) -> None:
        for name in [*names, names[-1], names[1], names[0]]:
            answer = await client.get(f"/app/models/{name}/app/description.json")
            assert answer.json()["version"] == name

    use_client(app, use)
    assert loaded == [*names, names[0]]
