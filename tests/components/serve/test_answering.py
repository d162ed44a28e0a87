"""Requests answered together in one process."""

import json
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from components._compiled.recipe import Value
from components.serve.answering import Answering, Request
from components.serve.served import Served
from components.serve.tally import Protocol, Tally
from tests.components.serve.models import ROW, tensors


def answering(served: Served) -> tuple[Answering, Tally]:
    tally = Tally(list(served.signature.columns), served.output_bounds, served.labels)
    return Answering("small", served, tally, 50), tally


def request(*rows: dict[str, Any], protocol: Protocol = "v1", explain: bool = False) -> Request:
    body = {"instances": rows} if protocol == "v1" else tensors(*rows)
    return Request(protocol, json.dumps(body).encode(), explain)


def failing_at(served: Served, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the model a defect, which rows of a product bring out."""
    predict = served._predict
    at = list(served.signature.columns).index("product")

    def defective(rows: Sequence[Sequence[Value]]) -> np.ndarray:
        if any(row[at] == product for row in rows):
            raise ZeroDivisionError("a defect")
        return predict(rows)

    monkeypatch.setattr(served, "_predict", defective)


def test_only_the_request_that_brings_out_a_defect_fails(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = [
        request(ROW),
        request(ROW, {**ROW, "product": "cursed"}),
        request({**ROW, "visits": "bad"}),
        request({**ROW, "amount": None}, ROW, protocol="v2"),
    ]
    sound, _ = answering(served)
    expected = [sound.answer([each])[0] for each in asked]
    failing_at(served, "cursed", monkeypatch)
    together, tally = answering(served)
    with caplog.at_level(logging.ERROR):
        found = together.answer(asked)
    assert found[0] == expected[0]
    assert found[1] == (500, b'{"error":"The server failed; its log says why."}')
    assert found[2:] == expected[2:]
    assert [outcome for outcome, n in zip(tally.ends, tally.of("requests"), strict=True) if n] == [
        ("v1", "answered"),
        ("v1", "invalid_input"),
        ("v1", "failed"),
        ("v2", "answered"),
    ]
    # Each row that was predicted is counted once.
    assert sum(tally.of("decisions")) == 3
    alone = [record for record in caplog.records if record.message == "a request failed"]
    assert len(alone) == 1
    assert "ZeroDivisionError: a defect" in caplog.text


def test_only_the_request_that_cannot_be_explained_fails(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defective(*_: object) -> dict[str, float]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(served, "explain", defective)
    together, _ = answering(served)
    found = together.answer([request(ROW), request(ROW, explain=True), request(ROW)])
    assert [status for status, _ in found] == [200, 500, 200]
    assert "ZeroDivisionError: a defect" in caplog.text
