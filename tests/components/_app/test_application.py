"""The app as an ASGI application."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from components._app.application import Application, AppRoutes, build_application
from tests.asgi import fetch


async def answer_others(request: Request) -> PlainTextResponse:
    return PlainTextResponse("other")


async def answer_time(request: Request) -> PlainTextResponse:
    return PlainTextResponse("noon")


def build() -> Application:
    others = Starlette(routes=[Route("/{path:path}", answer_others)])
    description = {"target": "x", "tabs": ["predict", "model"]}
    return AppRoutes(build_application(description, [Route("/app/time", answer_time)]), others)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/app/texts/en.json", '"Answer"'), ("/app/time", "noon"), ("/apple", "other"), ("/", "other")],
)
def test_each_path_has_one_that_answers(path: str, expected: str) -> None:
    assert expected in fetch(build(), path).text


@pytest.mark.parametrize(
    ("names", "tabs", "has_models"),
    [
        (["runs", "batch", "time"], ["predict", "batch", "model", "runs"], False),
        (["models"], ["predict", "model"], True),
    ],
)
def test_a_route_with_the_name_of_a_tab_shows_the_tab(
    names: list[str], tabs: list[str], has_models: bool
) -> None:
    routes = [Route(f"/app/{name}.json", answer_time, name=name) for name in names]
    app = build_application({"target": "x", "tabs": ["predict", "model"]}, routes, root="../../../")
    assert fetch(app, "/app/description.json").json() == {
        "target": "x",
        "tabs": tabs,
        "root": "../../../",
        "has_models": has_models,
    }
