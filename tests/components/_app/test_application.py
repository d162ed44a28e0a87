"""The app as an ASGI application."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from components._app.application import Application, AppRoutes, build_application


async def answer_others(request: Request) -> PlainTextResponse:
    return PlainTextResponse("other")


async def answer_time(request: Request) -> PlainTextResponse:
    return PlainTextResponse("noon")


def build() -> Application:
    others = Starlette(routes=[Route("/{path:path}", answer_others)])
    return AppRoutes(build_application({"target": "x"}, [Route("/app/time", answer_time)]), others)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/app/description.json", '{"target":"x"}'), ("/app/time", "noon"), ("/apple", "other"), ("/", "other")],
)
def test_each_path_has_one_that_answers(path: str, expected: str) -> None:
    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(build()), base_url="http://app") as client:
            return (await client.get(path)).text

    assert asyncio.run(ask()) == expected
