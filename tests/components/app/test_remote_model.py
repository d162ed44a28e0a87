"""What the app knows of a model while its predictor comes and goes."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components._app.description import describe_model
from components._model.signature import Signature
from components._table.schema import Schema
from components.app.model_addresses import ModelAddress
from components.app.prediction_proxy import build_client
from components.app.remote_model import PredictorAway, RemoteModel
from components.json_file import read_json
from tests.components.serve.models import split_apart
from tests.loopback import Handler, serve_http
from tests.model_server import ModelServer

pytestmark = pytest.mark.slow


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class OddPredictor(Handler):
    """Answers what a test has set, and counts the requests."""

    answers: list[tuple[int, bytes]]
    n_requests = 0

    def do_GET(self) -> None:
        assert self.path == "/v2/models/small/description"
        type(self).n_requests += 1
        status, body = self.answers[0]
        self.reply(status, body)


@pytest.fixture
def odd() -> Iterator[tuple[str, type[OddPredictor]]]:
    handler = type("Odd", (OddPredictor,), {"answers": []})
    with serve_http(handler) as url:
        yield url, handler


def make_answer(folder: Path, version: str = "1") -> tuple[int, bytes]:
    files = {name: read_json(folder / f"{name}.json") for name in ("signature", "schema")}
    return 200, json.dumps({**describe_model(folder, version=version), **files}).encode()


def test_the_description_comes_with_the_schema_of_training(server: ModelServer, folder: Path) -> None:
    async def ask() -> None:
        async with build_client(server.url) as client:
            model = RemoteModel(ModelAddress("small", server.url), client)
            description = await model.describe()
            assert description.schema == Schema.load(folder / "schema.json")
            assert description.version == describe_model(folder)["version"]
            assert description.signature == Signature(**read_json(folder / "signature.json"))
            assert not {"schema", "signature"} & set(description.content)

    split_apart(ask())


def test_a_predictor_is_asked_once_however_many_pages_ask(
    odd: tuple[str, type[OddPredictor]], folder: Path
) -> None:
    url, predictor = odd
    clock = Clock()

    async def ask() -> None:
        async with build_client(url) as client:
            model = RemoteModel(ModelAddress("small", url), client, clock)
            predictor.answers = [make_answer(folder)]
            await asyncio.gather(*(model.describe() for _ in range(20)))
            assert predictor.n_requests == 1
            predictor.answers = [make_answer(folder, "2")]
            assert (await model.describe()).version == "1"
            clock.seconds = 1.0
            assert (await model.describe()).version == "2"
            assert predictor.n_requests == 2

    split_apart(ask())


def test_the_last_description_stands_while_the_predictor_is_away(
    odd: tuple[str, type[OddPredictor]], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, predictor = odd
    clock = Clock()

    async def ask() -> None:
        async with build_client(url) as client:
            model = RemoteModel(ModelAddress("small", url), client, clock)
            for seconds, answer in enumerate([make_answer(folder), (503, b""), (503, b"")]):
                clock.seconds, predictor.answers = float(seconds), [answer]
                assert (await model.describe()).version == "1"
            clock.seconds, predictor.answers = 9.0, [make_answer(folder, "2")]
            assert (await model.describe()).version == "2"

    split_apart(ask())
    # Each change is said once.
    assert caplog.messages == [
        "The predictor of small answers with status 503.",
        "The predictor of small answers again.",
    ]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((404, b'{"detail":"Not Found"}'), "does not describe its model: it serves another"),
        ((500, b""), "The predictor of small answers with status 500"),
        ((200, b"<html>"), "The description of small cannot be read: JSONDecodeError"),
        ((200, b"[]"), "cannot be read: TypeError"),
        ((200, b'{"version": "1"}'), "cannot be read: KeyError"),
        ((200, b'{"version": "1", "signature": {}, "schema": {}}'), "cannot be read: TypeError"),
    ],
)
def test_an_answer_that_is_no_description_is_said(
    odd: tuple[str, type[OddPredictor]], answer: tuple[int, bytes], fault: str
) -> None:
    url, predictor = odd
    predictor.answers = [answer]

    async def ask() -> Any:
        async with build_client(url) as client:
            await RemoteModel(ModelAddress("small", url), client).describe()

    with pytest.raises(PredictorAway, match=fault):
        split_apart(ask())
