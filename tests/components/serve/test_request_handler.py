"""Requests answered by one handler."""

import json
import logging
import random
from typing import Any

import pytest

from components.serve.request_handler import Request, RequestHandler
from components.serve.served_model import ServedModel
from components.serve.server_metrics import Protocol, ServerMetrics
from tests.components.serve.models import ROW, break_predictions, make_handler, make_tensors


def request(*rows: dict[str, Any], protocol: Protocol = "v1", explain: bool = False) -> Request:
    body = {"instances": rows} if protocol == "v1" else make_tensors(*rows)
    return Request(protocol, json.dumps(body).encode(), explain)


def test_only_the_request_that_brings_out_a_defect_fails(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    requests = [
        request(ROW),
        request(ROW, {**ROW, "product": "cursed"}),
        request({**ROW, "visits": "bad"}),
        request({**ROW, "amount": None}, ROW, protocol="v2"),
    ]
    sound, _ = make_handler(served)
    expected = [sound.answer([each])[0] for each in requests]
    break_predictions(served, "cursed", monkeypatch)
    handler, metrics = make_handler(served)
    with caplog.at_level(logging.ERROR):
        found = handler.answer(requests)
    assert found[0] == expected[0]
    assert found[1] == (500, b'{"error":"The server failed; see its log."}')
    assert found[2:] == expected[2:]
    assert [
        outcome for outcome, n in zip(metrics.outcomes, metrics.sum_cells("requests"), strict=True) if n
    ] == [
        ("v1", "answered"),
        ("v1", "invalid_input"),
        ("v1", "failed"),
        ("v2", "answered"),
    ]
    # Each row that was predicted is counted once.
    assert sum(metrics.sum_cells("decisions")) == 3
    alone = [record for record in caplog.records if record.message == "a request failed"]
    assert len(alone) == 1
    assert "ZeroDivisionError: a defect" in caplog.text


def test_only_the_request_that_cannot_be_explained_fails(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> dict[str, float]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(served, "explain", fail)
    handler, _ = make_handler(served)
    found = handler.answer([request(ROW), request(ROW, explain=True), request(ROW)])
    assert [status for status, _ in found] == [200, 500, 200]
    assert "ZeroDivisionError: a defect" in caplog.text


# What may be in a column, for better or worse.
CELLS: dict[str, list[Any]] = {
    "amount": [12.5, -1, 1e300, None, "12", True, [1.0]],
    "amount_is_null": [0, 2, 9, None, 1.5],
    "visits": [4, 0, 99, None, "4", {"a": 1}],
    "member": [True, False, None, 1],
    "city": ["Bern", "Z\u00fcrich", None, 7],
    "product": ["p3", "", None],
    "since": ["1968-05-06T07:08:00", "2030-01-01", None, "yesterday"],
}


def draw_rows(draw: random.Random, n_rows: int) -> list[dict[str, Any]]:
    """Return rows of which about half can be predicted."""

    def draw_cell(name: str) -> Any:
        return ROW[name] if draw.random() < 0.85 else draw.choice(CELLS[name])

    return [{name: draw_cell(name) for name in CELLS} for _ in range(n_rows)]


@pytest.mark.parametrize("n_rows", [1, 2, 7])
def test_v2_answers_what_v1_answers_whatever_the_rows(served: ServedModel, n_rows: int) -> None:
    draw = random.Random(n_rows)
    handler, _ = make_handler(served)
    statuses = set()
    for _ in range(200):
        rows = draw_rows(draw, n_rows)
        body = make_tensors(*rows)
        draw.shuffle(body["inputs"])
        v1, v2 = handler.answer([request(*rows), Request("v2", json.dumps(body).encode())])
        assert v1[0] == v2[0]
        statuses.add(v1[0])
        answer = json.loads(v2[1])
        if v1[0] != 200:
            assert answer == json.loads(v1[1])
            continue
        predictions = json.loads(v1[1])["predictions"]
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        assert outputs["class"] == [prediction["class"] for prediction in predictions]
        assert outputs["decision"] == [prediction["decision"] for prediction in predictions]
        assert outputs["probabilities"] == [
            value for prediction in predictions for value in prediction["probabilities"].values()
        ]
    assert statuses == {200, 400}


class Offers:
    """Notes what is offered to a log."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any], list[float]]] = []

    def offer(self, rows: Any, predictions: Any, find_id: Any) -> None:
        self.rows += [(find_id(), row, of.outputs) for row, of in zip(rows, predictions, strict=True)]


def test_the_rows_that_were_predicted_are_offered_to_a_log_that_is_a_stand_in(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_predictions(served, "cursed", monkeypatch)
    metrics = ServerMetrics(list(served.signature.columns), served.output_bounds, served.labels)
    offers = Offers()
    handler = RequestHandler("small", served, metrics, 50, offers)  # type: ignore[arg-type]
    other = {**ROW, "city": "Oslo", "customer": "C-1"}
    by_header = ((b"ce-id", b"event"), (b"x-request-id", b"header"))
    requests = [
        request(ROW, other)._replace(headers=by_header),
        request({**ROW, "product": "cursed"}),
        request({**ROW, "visits": "bad"}),
        request(ROW, protocol="v2")._replace(headers=by_header),
        request(ROW)._replace(headers=by_header[:1]),
        request(other),
    ]
    answers = handler.answer(requests)
    assert [name for name, _, _ in offers.rows[:-1]] == ["header", "header", "one", "event"]
    assert len(offers.rows[-1][0]) == 32
    assert [row for _, row, _ in offers.rows] == [ROW, other, ROW, ROW, other]
    predicted = [
        list(prediction["probabilities"].values())
        for _, content in (answers[0], answers[4], answers[5])
        for prediction in json.loads(content)["predictions"]
    ]
    assert [outputs for _, _, outputs in offers.rows[:2] + offers.rows[3:]] == predicted
