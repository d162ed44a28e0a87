"""The prediction of a table."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from components._app.batch_model import BatchModel
from components._app.table_prediction import ResultOptions, TablePrediction
from components._app.uploads import open_upload
from tests.components._app.batch_models import make_batch_model, make_rows, run_all, write_csv


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> BatchModel:
    return make_batch_model(tmp_path_factory.mktemp("model"))


def predict(model: BatchModel, content: bytes, tmp_path: Path) -> tuple[list[str], dict[str, Any]]:
    """Return the lines of the results, and their summary."""
    source, file = tmp_path / "t", io.BytesIO()
    source.write_bytes(content)
    rows = open_upload(source, "t", model)
    prediction = TablePrediction(model, rows, "t.csv", ResultOptions("csv", is_lenient=True), 50)

    async def work() -> None:
        async for _ in prediction.write(file):
            pass

    run_all(work())
    return file.getvalue().decode("utf-8-sig").splitlines(), prediction.summarise()


def test_a_column_that_a_later_batch_adds_is_in_the_results(model: BatchModel, tmp_path: Path) -> None:
    rows = make_rows(9_000)
    rows[-1]["late"] = "here"
    content = "\n".join(map(json.dumps, rows)).encode()
    lines, summary = predict(model, content, tmp_path)
    assert lines[0].split(",")[-3:] == ["late", "prediction", "probability"]
    assert lines[-1].split(",")[-3] == "here"
    assert sum(count["n"] for count in summary["classes"]) == 9_000


def test_all_unreadable_cells_are_counted(model: BatchModel, tmp_path: Path) -> None:
    rows = make_rows(120)
    for row in rows[:100]:
        row["visits"] = "many"
    assert predict(model, write_csv(rows), tmp_path)[1]["unreadable"] == {"visits": 100}


def test_footers_are_left_out_of_the_results(model: BatchModel, tmp_path: Path) -> None:
    content = write_csv(make_rows(60)) + b"Source: the office\r\n"
    lines, _ = predict(model, content, tmp_path)
    assert len(lines) == 61
