"""The pages of several models, and what stands around them."""

from pathlib import Path

import httpx
import pytest

from components._app.description import describe_model
from tests.app_server import run_app_server
from tests.components.serve.models import PREDICT, ROW
from tests.model_server import ModelServer
from tests.server_process import ServerProcess

pytestmark = pytest.mark.slow

SMALL = "/app/models/small/app/"


@pytest.mark.parametrize("path", ["/", "/app", "/app/", "/app/models/small/app"])
def test_all_ways_lead_to_the_first_model_behind_any_prefix(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 307
    assert not answer.headers["location"].startswith("/")
    for prefix in ("", "/kfp-tabular"):
        asked = httpx.URL(f"http://gateway{prefix}{path}")
        assert asked.join(answer.headers["location"]).path == prefix + SMALL


def test_a_page_is_the_apps_with_its_policy(client: httpx.Client) -> None:
    for name in ("", "main.js", "texts/de.json"):
        answer = client.get(SMALL + name)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert client.get("/app/models/other/app/").status_code == 404
    assert client.get(f"{SMALL}../../../../settings.py").status_code == 404


def test_the_description_is_the_predictors(client: httpx.Client, folder: Path) -> None:
    answer = client.get(f"{SMALL}description.json")
    described = answer.json()
    server = {"model_name": "small", "max_rows": 50, "root": "../../../", "has_models": True}
    assert described == {**describe_model(folder), **server, "tabs": described["tabs"]}
    assert described["card"] == "# A card\n"
    assert described["tabs"][0] == "predict"
    assert not {"schema", "signature"} & set(described)
    again = client.get(f"{SMALL}description.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_models_are_listed_also_those_that_are_away(client: httpx.Client, folder: Path) -> None:
    described = describe_model(folder)
    known = {name: described[name] for name in ("title", "target", "version")}
    assert client.get("/app/models.json").json() == [
        {"name": "small", **known, "address": "models/small/app/", "is_default": True},
        {
            "name": "tall",
            "title": "",
            "target": "",
            "version": "",
            "address": "models/tall/app/",
            "is_default": False,
        },
    ]


def test_a_model_that_is_away_has_a_page_and_says_so(client: httpx.Client, app: ServerProcess) -> None:
    assert client.get("/app/models/tall/app/").status_code == 200
    answer = client.get("/app/models/tall/app/description.json")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("The predictor of tall does not answer: connection refused.")
    assert "The predictor of tall does not answer" in app.read_output()


def test_who_is_signed_in_is_said_and_nobody_else_gets_it(client: httpx.Client) -> None:
    answer = client.get("/app/session.json", headers={"kubeflow-userid": "ann@example.org"})
    assert answer.json() == {"user": "ann@example.org"}
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/app/session.json").json() == {"user": None}


def test_the_header_and_its_prefix_are_those_of_the_gateway(server: ModelServer) -> None:
    options = ("--user_header", "x-goog-user", "--user_prefix", "accounts.google.com:")
    with run_app_server({"small": server.url}, *options) as running:
        for sent, user in (("accounts.google.com:ann@example.org", "ann@example.org"), ("bob", "bob")):
            answer = httpx.get(f"{running.url}/app/session.json", headers={"x-goog-user": sent})
            assert answer.json() == {"user": user}


def test_what_another_sites_page_sends_is_refused_in_words(client: httpx.Client) -> None:
    path = f"/app/models/small{PREDICT}"
    body = {"instances": [ROW]}
    assert client.post(path, json=body).status_code == 200
    answer = client.post(path, json=body, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.json()) == (
        403, {"error": "This request comes from another site's page. Open the app itself."},
    )  # fmt: skip


def test_no_row_and_no_name_is_written_anywhere(client: httpx.Client, app: ServerProcess) -> None:
    headers = {"kubeflow-userid": "ann@example.org"}
    row = {**ROW, "city": "Nowhere-in-the-log"}
    assert client.post(f"/app/models/small{PREDICT}", json={"instances": [row]}, headers=headers).is_success
    wrong = {"instances": [{"city": "Nowhere-in-the-log"}]}
    assert client.post(f"/app/models/small{PREDICT}", json=wrong, headers=headers).status_code == 400
    output = app.read_output()
    assert "Nowhere" not in output
    assert "ann@" not in output
