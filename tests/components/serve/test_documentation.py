import json

import httpx
import pytest

from components.serve.documentation import build_documents, render_documentation
from components.serve.openapi import build_document
from components.serve.served_model import ServedModel
from tests.browser import Browser
from tests.components._model.tables import KINDS
from tests.components.serve.models import INFER, PREDICT
from tests.model_server import ModelServer


def test_the_page_names_columns_and_addresses_with_their_text_escaped(served: ServedModel) -> None:
    document = build_document("small", served, 50)
    document["info"]["description"] = "A <b>model</b>."
    page = render_documentation(document, dict.fromkeys(KINDS)).decode()
    assert "A &lt;b&gt;model&lt;/b&gt;." in page
    for text in (*KINDS, PREDICT, INFER, "/metrics", "In training: Bern, Oslo, a=b, rare."):
        assert f"<td>{text}</td>" in page


def test_both_documents_say_the_same(served: ServedModel) -> None:
    documents = build_documents("small", served, 50)
    assert sorted(documents) == ["/docs", "/openapi.json"]
    paths = json.loads(documents["/openapi.json"].content)["paths"]
    assert all(f"<td>{path}</td>".encode() in documents["/docs"].content for path in paths)


def test_the_page_is_html(client: httpx.Client) -> None:
    answer = client.get("/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_person_sends_the_request_of_the_page(
    browser: Browser, server: ModelServer, color_scheme: str
) -> None:
    with browser.open_served(f"{server.url}/docs", width=390, color_scheme=color_scheme) as (page, visit):
        page.get_by_role("button", name="Send").click()
        page.get_by_text('"probabilities"').wait_for()
        assert page.locator("output").inner_text().startswith("200\n")
        assert (visit.faults, visit.requests) == ([], [])
        assert visit.find_barriers() == []
        assert not visit.is_too_wide()
