"""A model behind its predictor: what the page needs to know about it, and whether it answers."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from components._model.signature import Signature
from components._table.schema import Schema
from components.app.model_addresses import ModelAddress
from components.network import explain_connection_error

Json = dict[str, Any]

# Seconds in which the predictor is asked once, however many pages ask.
_FRESH = 1.0
_TIMEOUT = httpx.Timeout(5.0, connect=2.0)

_log = logging.getLogger(__name__)


class PredictorAway(Exception):
    """A predictor does not answer now; the message says why, for the person at the page."""


class RemoteDescription(NamedTuple):
    """What a predictor says about its model.

    Attributes
    ----------
    content : dict
        What ``describe_model`` returns, with ``model_name`` and ``max_rows``.
    signature : Signature
        The model's inputs and outputs.
    schema : Schema
        The schema of the training rows.
    """

    content: Json
    signature: Signature
    schema: Schema

    @property
    def version(self) -> str:
        """The model's version."""
        return str(self.content["version"])


class RemoteModel:
    """Asks a predictor for the description of its model, and keeps the last one.

    Parameters
    ----------
    address : ModelAddress
        The model's name and its predictor.
    client : httpx.AsyncClient
        A client for this predictor.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    name : str
        The model's name.
    client : httpx.AsyncClient
        The client.
    last : RemoteDescription or None
        The last description; None if there was none yet.
    """

    def __init__(
        self,
        address: ModelAddress,
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = address.name
        self.client = client
        self.last: RemoteDescription | None = None
        self._clock = clock
        self._asked = float("-inf")
        self._fault = ""
        self._lock = asyncio.Lock()

    async def describe(self) -> RemoteDescription:
        """Return the description: the predictor's, or the last one while the predictor is away.

        Raises
        ------
        PredictorAway
            There is no description yet.
        """
        async with self._lock:
            if self._clock() - self._asked >= _FRESH:
                await self._ask()
                self._asked = self._clock()
        if self.last is None:
            raise PredictorAway(self._fault)
        return self.last

    async def _ask(self) -> None:
        try:
            self.last = await self._fetch()
            fault = ""
        except PredictorAway as error:
            fault = str(error)
        if fault != self._fault:
            _log.warning("%s", fault or f"The predictor of {self.name} answers again.")
        self._fault = fault

    async def _fetch(self) -> RemoteDescription:
        try:
            answer = await self.client.get(f"/v2/models/{self.name}/description", timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            reason = explain_connection_error(error).reason
            raise PredictorAway(f"The predictor of {self.name} does not answer: {reason}.") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise PredictorAway(
                f"The predictor of {self.name} does not describe its model: it serves another, its image "
                "is older than the app's, or a file of its model is damaged, which its log then says."
            )
        if answer.status_code != httpx.codes.OK:
            raise PredictorAway(f"The predictor of {self.name} answers with status {answer.status_code}.")
        try:
            content = answer.json()
            signature, schema = Signature(**content.pop("signature")), Schema.from_json(content.pop("schema"))
            return RemoteDescription(content, signature, schema)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PredictorAway(
                f"The description of {self.name} cannot be read: {type(error).__name__}."
            ) from error
