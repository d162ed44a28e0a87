"""A stand-in for a model server, which predicts half of each row's x."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from components.deploy.model_endpoint import HeldOutRows
from tests.loopback import Handler, serve_http

HELD_OUT = HeldOutRows([{"x": 1.0}, {"x": 3.0}], [0.5, 1.5], 1.0)


@dataclass
class Answers:
    """What the stand-in answers.

    Attributes
    ----------
    version : str
        The version of the model.
    shift : float
        What is added to each prediction.
    statuses : list of int
        Statuses of the next answers, one per request; after them all is well.
    metrics : str
        What the pods count.
    """

    url: str = ""
    version: str = "2"
    shift: float = 0.0
    statuses: list[int] = field(default_factory=list)
    metrics: str = ""


class _Model(Handler):
    answers: Answers

    def do_POST(self) -> None:
        rows: list[dict[str, Any]] = json.loads(self.read_body())["instances"]
        status = self.answers.statuses.pop(0) if self.answers.statuses else 200
        content: dict[str, Any] = {
            "model_version": self.answers.version,
            "predictions": [{"value": row["x"] / 2 + self.answers.shift} for row in rows],
        }
        self.reply(status, json.dumps(content if status == 200 else {"error": "out of order"}).encode())

    def do_GET(self) -> None:
        self.reply(200 if self.answers.metrics else 404, self.answers.metrics.encode())


@contextmanager
def serve_answers() -> Iterator[Answers]:
    """Answer requests until the block ends."""
    answers = Answers()
    with serve_http(type("Model", (_Model,), {"answers": answers})) as answers.url:
        yield answers
