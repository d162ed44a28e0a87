"""The routes of the tab Batch."""

import asyncio
import base64
import gzip
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._app.batch import LIMITS
from components._app.batch_model import BatchModel, ChangedVersion, FailedPrediction
from tests.components._app.batch_models import (
    SMALL,
    make_app,
    make_batch_model,
    make_rows,
    post,
    read_lines,
    run_all,
    score_file,
    write_csv,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def model(folder: Path) -> BatchModel:
    return make_batch_model(folder)


def get_content(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(line["content"]) for line in lines if "content" in line)


def test_a_good_file_is_read_and_nothing_is_predicted(model: BatchModel) -> None:
    found = post(make_app(model), "check?name=t.csv", write_csv(make_rows(120))).json()
    assert (found["n_rows"], found["is_refused"], found["counts"]) == (120, False, [])
    assert (found["ignored"], found["missing"], found["version"]) == (["note"], [], model.version)
    assert found["facts"]["delimiter"] == "comma"
    by_name = {column["name"]: column for column in found["columns"]}
    assert by_name["visits"]["examples"] == [["0", 0], ["1", 1], ["2", 2]]


def test_the_results_are_the_own_cells_and_the_predictions_of_score(
    model: BatchModel, folder: Path, tmp_path: Path
) -> None:
    content = write_csv(make_rows(120, note="=1+1", city="Atlantis", amount="-7.5"))
    lines = read_lines(post(make_app(model), "predict?name=a/t.csv", content))
    assert [line["rows"] for line in lines if "of" in line] == [0, 50, 100, 120]
    assert (lines[-1]["end"], lines[-1]["name"], lines[-1]["n_escaped"]) == (True, "t-predicted.csv", 1)
    written = get_content(lines)
    assert len(written) == lines[-1]["bytes"]
    assert written.startswith(b"\xef\xbb\xbfnote,")
    rows = written.decode("utf-8-sig").splitlines()
    own = content.decode().splitlines()
    assert rows[0] == own[0] + ",prediction,probability"
    assert [row.rsplit(",", 2)[0] for row in rows] == [line.replace("=1+1", "'=1+1") for line in own]

    source = tmp_path / "t.csv"
    source.write_bytes(content)
    decisions, probabilities = score_file(folder, source, tmp_path)
    assert [row.split(",")[-2] for row in rows[1:]] == decisions
    found = [float(row.split(",")[-1]) for row in rows[1:]]
    assert found == pytest.approx(probabilities, rel=1e-12)


@pytest.mark.slow_variants
@pytest.mark.parametrize("format_", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_each_task_has_results_in_each_format(kind: Any, format_: str, tmp_path: Path) -> None:
    model = make_batch_model(tmp_path, kind)
    rows = make_rows(60, prediction="mine")
    for row in rows:
        row.setdefault("prediction", "")
    lines = read_lines(post(make_app(model), f"predict?name=t.csv&format={format_}", write_csv(rows)))
    end, content = lines[-1], io.BytesIO(get_content(lines))
    assert end["columns"]["prediction"] == "model_prediction"
    others: list[Any]
    if format_ == "csv":
        header, *lines_below = content.getvalue().decode("utf-8-sig").splitlines()
        names, others = header.split(","), lines_below
    elif format_ == "xlsx":
        sheet = openpyxl.load_workbook(content).active
        assert sheet is not None
        names, others = [str(cell.value) for cell in sheet[1]], list(sheet.iter_rows(min_row=2))
    else:
        table = pq.read_table(content)
        names, others = table.schema.names, table.to_pylist()
    assert names[-len(model.prediction_names) :] == list(end["columns"].values())
    assert len(others) == 60
    assert (end["distribution"] is None) == (kind == "multiclass")
    counts = end["distribution"]["counts"] if kind == "regression" else [c["n"] for c in end["classes"]]
    assert sum(counts) == 60


def test_a_workbook_and_a_parquet_file_keep_their_types(model: BatchModel) -> None:
    rows = make_rows(3, note="=1+1")
    for row in rows:
        row.update(member=True, visits=3)
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), content)
    lines = read_lines(post(make_app(model), "predict?name=t.parquet", content.getvalue()))
    table = pq.read_table(io.BytesIO(get_content(lines)))
    assert table.schema.field("visits").type == pa.int64()
    assert table["note"].to_pylist()[1] == "=1+1"

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(["'" + cell if cell == "=1+1" else cell for cell in cells])
    for cell in sheet["A"]:
        cell.value, cell.data_type = str(cell.value).removeprefix("'"), "s"
    content = io.BytesIO()
    workbook.save(content)
    lines = read_lines(post(make_app(model), "predict?name=t.xlsx", content.getvalue()))
    found = openpyxl.load_workbook(io.BytesIO(get_content(lines))).active
    assert found is not None
    names, *written = [list(row) for row in found.iter_rows()]
    values = dict(zip([cell.value for cell in names], written[1], strict=True))
    assert (values["note"].value, values["note"].data_type) == ("=1+1", "s")
    assert (values["visits"].value, values["member"].value) == (3, True)


def test_unreadable_cells_are_refused_or_unknown(model: BatchModel) -> None:
    content = write_csv(make_rows(120, visits="many", amount="?"))
    found = post(make_app(model), "check?name=t.csv", content).json()
    assert found["is_refused"]
    assert found["problems"][0] == {
        "row": 3, "column": "visits", "cell": "many", "kind": "unreadable",
        "reason": found["problems"][0]["reason"],
    }  # fmt: skip
    assert found["are_rows_lines"]
    (last,) = read_lines(post(make_app(model), "predict?name=t.csv", content))[1:]
    assert "row 2 'many'" in last["error"]
    assert "unknown" in last["remedy"]
    lines = read_lines(post(make_app(model), "predict?name=t.csv&unreadable=null", content))
    assert lines[-1]["unreadable"] == {"visits": 1}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG image"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"PAR1 and then nothing", "damaged Parquet"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a gzip file"),
        (b"Dear all,\nplease find it attached.\nBest\n", "has only one column"),
        (write_csv([{"amount": 1, "city": "Bern"}, {"amount": 2, "city": "Oslo"}]), "'visits' is missing"),
        (write_csv(make_rows(2)).splitlines(keepends=True)[0], "has no rows"),
    ],
)
def test_a_file_that_is_no_table_for_the_model_is_refused_in_words(
    model: BatchModel, content: bytes, expected: str
) -> None:
    for path in ("check", "predict"):
        response = post(make_app(model), f"{path}?name=t.csv", content)
        answer = read_lines(response)[-1]
        assert response.status_code == 422 or path == "predict"
        assert expected in answer["error"]
        assert "problem.yaml" not in answer["remedy"]


def test_a_broken_workbook_is_refused_in_words(model: BatchModel) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<broken")
    answer = post(make_app(model), "check?name=t.xlsx", content.getvalue())
    assert answer.status_code == 422
    assert "cannot be read" in answer.json()["error"]


def test_a_body_that_is_too_large_is_refused(model: BatchModel) -> None:
    app = make_app(model, SMALL._replace(max_bytes=1_000))

    async def send_pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 600

    for body in (b"x" * 1_001, send_pieces()):
        response = post(app, "check?name=t.csv", body)
        assert response.status_code == 413
        assert "Split it" in response.json()["remedy"]


def test_another_version_is_said(model: BatchModel) -> None:
    content = write_csv(make_rows(3))
    response = post(make_app(model), "predict?name=t.csv&version=old", content)
    assert (response.status_code, response.json()["is_changed"]) == (409, True)


@pytest.mark.parametrize(
    ("error", "is_changed"),
    [
        (FailedPrediction("away", "later"), False),
        (ChangedVersion("other", "again"), True),
        (ZeroDivisionError(), False),
    ],
)
def test_what_fails_between_chunks_is_the_last_line(
    model: BatchModel, error: Exception, is_changed: bool
) -> None:
    async def infer(request: dict[str, Any]) -> dict[str, Any]:
        raise error

    broken = BatchModel(model.signature, model.columns, model.version, infer)
    *_, last = read_lines(post(make_app(broken), "predict?name=t.csv", write_csv(make_rows(3))))
    assert last["is_changed"] == is_changed
    assert "end" not in last


def test_an_unknown_option_is_refused(model: BatchModel) -> None:
    response = post(make_app(model), "predict?name=t.csv&format=doc", b"")
    assert (response.status_code, "csv or xlsx or parquet" in response.text) == (422, True)


def test_a_person_who_leaves_stops_the_work_and_the_next_one_has_a_turn(model: BatchModel) -> None:
    asked = 0

    async def infer(request: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return await model.infer(request)

    app = make_app(BatchModel(model.signature, model.columns, model.version, infer))
    content = write_csv(make_rows(2_000))

    async def leave() -> None:
        """Send a file, and go after the first lines of the answer."""
        sent = [{"type": "http.request", "body": content, "more_body": False}]
        is_gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if sent:
                return sent.pop()
            await is_gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and asked >= 2:
                is_gone.set()

        scope = {
            "type": "http", "method": "POST", "path": "/app/batch/predict", "query_string": b"name=t.csv",
            "headers": [], "asgi": {"spec_version": "2.3"},
        }  # fmt: skip
        await app(scope, receive, send)

    run_all(leave())
    assert asked < 20
    assert post(app, "check?name=t.csv", content).json()["n_rows"] == 2_000


def test_the_limit_is_known_before_a_file_is_sent(model: BatchModel) -> None:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(model))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.get("/app/batch/limits.json")

    assert run_all(get()).json() == {"max_bytes": LIMITS.max_bytes}
