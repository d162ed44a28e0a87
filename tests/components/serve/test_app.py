"""The app's files, by the server that is started with them."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from components._app.description import describe_model
from components._app.model_folder import DamagedModelFolder
from components.errors import InvalidSetting
from components.json_file import read_json
from components.serve.app import describe_served
from components.serve.settings import Settings
from tests.components.serve.models import PREDICT, ROW, write_model
from tests.model_server import run_model_server

DESCRIPTION = "/v2/models/small/description"


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    card = tmp_path_factory.mktemp("card") / "card.md"
    card.write_text("# A card\n\nGood enough.\n", encoding="utf-8")
    options = ("--app", "--app_card", str(card), "--max_rows", "50")
    with run_model_server(folder, *options) as running, httpx.Client(base_url=running.url) as opened:
        assert f"The app is at {running.url}/app\n" in running.read_output()
        yield opened


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/app/", "text/html; charset=utf-8"),
        ("/app/index.html", "text/html; charset=utf-8"),
        ("/app/app.css", "text/css; charset=utf-8"),
        ("/app/main.js", "text/javascript; charset=utf-8"),
        ("/app/icon.svg", "image/svg+xml"),
        ("/app/texts/de.json", "application/json"),
        ("/app/description.json", "application/json"),
    ],
)
def test_a_file_has_its_type_a_policy_and_is_sent_once(
    client: httpx.Client, path: str, content_type: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))
    again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_address_without_a_slash_leads_to_the_page(client: httpx.Client) -> None:
    answer = client.get("/app")
    assert (answer.status_code, answer.headers["location"]) == (307, "app/")
    assert answer.url.join(answer.headers["location"]).path == "/app/"


def test_the_description_is_the_models_with_what_a_request_needs(client: httpx.Client, folder: Path) -> None:
    description = client.get("/app/description.json").json()
    card = "# A card\n\nGood enough.\n"
    added = {
        "model_name": "small",
        "max_rows": 50,
        "tabs": ["predict", "model", "health"],
        "root": "",
        "has_models": False,
    }
    assert description == {**describe_model(folder, card), **added}
    answer = client.post(PREDICT, json={"instances": [ROW]}).json()
    assert answer["model_version"] == description["version"]


@pytest.mark.parametrize(
    "path", ["/app/nothing.js", "/app/../served_model.py", "/application", "/app/texts/"]
)
def test_other_paths_are_not_of_the_app(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_app_only_reads(client: httpx.Client) -> None:
    assert client.post("/app/", json={}).status_code in (404, 405)
    assert client.get("/v2/health/ready").json() == {"ready": True}


def test_of_the_pages_own_scripts_only_the_loader_is_allowed(client: httpx.Client) -> None:
    answer = client.get("/app/")
    page = answer.text
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    (script,) = re.findall(r"<script(?![^>]* src=)[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    assert all(client.get(f"/app/{name}").status_code == 200 for name in named)


@pytest.mark.slow
def test_without_the_option_there_is_no_app(folder: Path) -> None:
    with run_model_server(folder) as running:
        assert httpx.get(f"{running.url}/app").status_code == 404
        assert httpx.get(f"{running.url}/app/description.json").status_code == 404
        assert "The app is at" not in running.read_output()
        answer = httpx.get(f"{running.url}{DESCRIPTION}")
        assert answer.headers["content-type"] == "application/json"
        described = {**describe_model(folder), "model_name": "small", "max_rows": 10_000}
        files = {name: read_json(folder / f"{name}.json") for name in ("signature", "schema")}
        assert answer.json() == {**described, **files}


@pytest.mark.slow
def test_a_file_that_only_the_app_reads_does_not_stop_a_server_without_it(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / "lineage.json").write_text("{", encoding="utf-8")
    with run_model_server(tmp_path) as running:
        assert httpx.get(f"{running.url}{DESCRIPTION}").status_code == 404
        assert httpx.post(f"{running.url}{PREDICT}", json={"instances": [ROW]}).status_code == 200
        assert "The app cannot show this model." in running.read_output()


def test_a_card_that_is_missing_is_said(folder: Path) -> None:
    settings = Settings(folder, app=True, app_card=folder / "no-card.md")
    with pytest.raises(
        InvalidSetting, match=r"no-card.md cannot be read: .*\nName the card that evaluate wrote"
    ):
        describe_served(settings)


def test_a_damaged_problem_is_said(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / "problem.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedModelFolder, match=r"problem\.json is damaged: .*\n.*\n.*\n.*Copy the whole"):
        describe_served(Settings(tmp_path, app=True))
