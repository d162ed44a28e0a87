"""Files that the app reads, and rows of them that a predictor predicts."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from components._app.batch_model import FailedPrediction
from components.app.model_addresses import ModelAddress
from components.app.prediction_proxy import build_client
from components.app.remote_batch import build_infer
from components.app.remote_model import RemoteModel
from tests.app_server import run_app_server
from tests.components._model.tables import draw_table
from tests.components.serve.models import INFER, ROW, make_tensors, split_apart, write_model
from tests.loopback import Handler, serve_http
from tests.model_server import ModelServer, run_model_server
from tests.server_process import ServerProcess
from tests.sweeps_proxy import find_free_port

pytestmark = pytest.mark.slow

SMALL = "/app/models/small"
CHECK, PREDICT = f"{SMALL}/app/batch/check", f"{SMALL}/app/batch/predict"


def make_csv(n_rows: int) -> str:
    return str(draw_table("binary", n_rows, seed=4).drop(columns="y").to_csv(index=False))


def read_result(answer: httpx.Response) -> pd.DataFrame:
    """Return the table in an answer."""
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "end" in lines[-1], lines[-1]
    content = b"".join(base64.b64decode(line["content"]) for line in lines if "content" in line)
    return pd.read_csv(StringIO(content.decode("utf-8-sig")))


def test_the_predictions_of_a_table_are_the_predictors(client: httpx.Client, server: ModelServer) -> None:
    # More than the predictor takes at a time.
    text = make_csv(130)
    checked = client.post(CHECK, params={"name": "t.csv"}, content=text.encode()).json()
    assert (checked["n_rows"], checked["is_refused"]) == (130, False)
    answer = client.post(PREDICT, params={"name": "t.csv"}, content=text.encode())
    table = read_result(answer)
    assert len(table) == 130
    instances = [json.loads(row) for row in draw_rows(text)]
    expected = []
    for start in range(0, 130, 50):
        body = {"instances": instances[start : start + 50]}
        found = httpx.post(f"{server.url}/v1/models/small:predict", json=body)
        expected += [one["probabilities"] for one in found.json()["predictions"]]
    positive = list(expected[0])[-1]
    assert table["probability"].tolist() == pytest.approx([one[positive] for one in expected], abs=1e-12)


def draw_rows(text: str) -> list[str]:
    """Return the rows of a table as JSON objects, with the cells as they are in it."""
    frame = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    return [
        json.dumps({name: cell or None for name, cell in row.items()}) for row in frame.to_dict("records")
    ]


def test_the_tab_is_there_and_says_its_limit(client: httpx.Client) -> None:
    assert "batch" in client.get(f"{SMALL}/app/description.json").json()["tabs"]
    assert client.get(f"{SMALL}/app/batch/limits.json").json() == {"max_bytes": 200_000_000}


def test_a_file_that_is_too_large_is_refused(server: ModelServer) -> None:
    with run_app_server({"small": server.url}, "--upload_bytes", "2000000") as running:
        answer = httpx.post(running.url + CHECK, params={"name": "t.csv"}, content=b"a" * 2_000_001)
    assert answer.status_code == 413
    assert answer.json()["error"] == "The file is larger than 2 MB, the most that the app takes."


def test_a_model_that_is_away_is_said(client: httpx.Client) -> None:
    answer = client.post("/app/models/tall/app/batch/check", params={"name": "t.csv"}, content=b"a,b\n1,2\n")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("The predictor of tall does not answer")


@pytest.mark.slow
def test_a_predictor_that_restarts_is_waited_for_and_another_version_is_said(
    folder: Path, tmp_path: Path
) -> None:
    port = find_free_port()
    write_model(tmp_path, threshold=0.6)
    text = make_csv(20).encode()

    with run_app_server({"small": f"http://127.0.0.1:{port}"}) as running:

        def predict() -> httpx.Response:
            return httpx.post(running.url + PREDICT, params={"name": "t.csv"}, content=text, timeout=120)

        with run_model_server(folder, "--model_version", "1", port=port):
            before = read_result(predict())
        answers: list[httpx.Response] = []
        thread = threading.Thread(target=lambda: answers.append(predict()))
        thread.start()
        time.sleep(0.5)
        with run_model_server(folder, "--model_version", "1", port=port):
            thread.join()
        pd.testing.assert_frame_equal(read_result(answers[0]), before)
        with run_model_server(tmp_path, "--model_version", "2", port=port):
            params = {"name": "t.csv", "version": "1"}
            answer = httpx.post(running.url + PREDICT, params=params, content=text)
            assert (answer.status_code, answer.json()["is_changed"]) == (409, True)


class FailingPredictor(Handler):
    """Answers with what a test has set, in turn."""

    answers: list[tuple[int, bytes]]

    def do_POST(self) -> None:
        assert self.path == INFER
        assert json.loads(self.read_body()) == make_tensors(ROW)
        self.reply(*self.answers.pop(0))


@pytest.fixture
def failing() -> Iterator[tuple[str, type[FailingPredictor]]]:
    handler = type("Failing", (FailingPredictor,), {"answers": []})
    with serve_http(handler) as url:
        yield url, handler


def infer_once(url: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with build_client(url) as client:
            model = RemoteModel(ModelAddress("small", url), client)
            return await build_infer(model, 0.5)(make_tensors(ROW))

    found: dict[str, Any] = split_apart(ask())
    return found


def test_rows_are_sent_again_while_the_predictor_is_away(
    failing: tuple[str, type[FailingPredictor]],
) -> None:
    url, predictor = failing
    predictor.answers = [(503, b""), (502, b""), (200, b'{"outputs": []}')]
    assert infer_once(url) == {"outputs": []}
    predictor.answers = [(503, b"")] * 99
    with pytest.raises(FailedPrediction, match=r"does not answer.*\nTry again when it does"):
        infer_once(url)
    assert 90 < len(predictor.answers) < 98


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((400, b'{"error": "Row 0: \'visits\' is missing."}'), "refuses rows of the file: Row 0: 'visits'"),
        ((500, b"<html>"), "refuses rows of the file: status 500"),
        ((404, b"[]"), "refuses rows of the file: status 404"),
    ],
)
def test_what_the_predictor_refuses_is_not_sent_again(
    failing: tuple[str, type[FailingPredictor]], answer: tuple[int, bytes], fault: str
) -> None:
    url, predictor = failing
    predictor.answers = [answer]
    with pytest.raises(FailedPrediction, match=fault):
        infer_once(url)


def test_health_without_prometheus_says_that_there_is_nothing(
    client: httpx.Client, app: ServerProcess
) -> None:
    assert client.get(f"{SMALL}/app/health.json").json() == {"windows": []}
