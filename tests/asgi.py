"""Requests to an ASGI application in this process."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from components._app.application import Application

T = TypeVar("T")


def fetch(application: Application, path: str, **options: Any) -> httpx.Response:
    """Return the answer to one request; ``options`` are those of httpx."""
    return use_client(application, lambda client: client.request("GET", path, **options))


def use_client(application: Application, use: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]]) -> T:
    """Return what a function of a client returns; requests of the function share an event loop."""

    async def run() -> T:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await use(client)

    return complete(run())


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine."""
    # Tests of pages leave an event loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
