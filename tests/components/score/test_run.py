import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from components._model.intervals import PredictionIntervals
from components._problem.task import TASKS, TaskKind
from components._table.storage import read_frame
from components.errors import InvalidData, InvalidSetting
from components.score.prediction_table import WrongRows
from components.score.run import Settings, join_shards, plan, run
from tests.components._model.tables import KINDS
from tests.components.score.models import IDS, list_places, make_settings, write_model, write_rows
from tests.s3 import S3Server
from tests.tables import read_kinds, write_frame

SHARDS = 3


def score_shards(folder: Path, shards: int = SHARDS, output: str = "") -> dict[str, int]:
    """Run every shard and return their total counts."""
    total = {"rows": 0, "predicted": 0, "already_there": 0}
    for shard in range(shards):
        facts = run(
            **list_places(folder),
            predictions=str(folder / f"part-{shard}"),
            source="hash",
            settings=make_settings(shard, shards, output),
        )
        total = {name: n + int(facts[name]) for name, n in total.items()}
    return total


def join_parts(
    folder: Path, shards: int = SHARDS, output: str = "", unreadable: dict[str, int] | None = None
) -> pd.DataFrame:
    result = join_shards(
        **list_places(folder),
        parts=[str(folder / f"part-{shard}") for shard in range(shards)],
        predictions=str(folder / "predictions"),
        report=str(folder / "report"),
        source="hash",
        unreadable=unreadable or {},
        warnings=["The last row was left out: it is a total."],
        engines=["One process predicted."] * shards,
        settings=make_settings(0, shards, output),
    )
    frame = read_frame(folder / "predictions")
    assert result.metrics["rows"] == result.info.rows == len(frame)
    assert result.metrics["unreadable"] == sum((unreadable or {}).values())
    return frame


@pytest.mark.slow_variants
@pytest.mark.parametrize("fast", [True, False], ids=["compiled", "pipeline"])
@pytest.mark.parametrize("kind", TASKS)
def test_each_row_has_the_pipelines_prediction(tmp_path: Path, kind: TaskKind, fast: bool) -> None:
    package = write_model(tmp_path, kind, 0.3 if kind == "binary" else None, fast=fast)
    rows = write_rows(tmp_path)
    assert score_shards(tmp_path) == {"rows": 400, "predicted": 6, "already_there": 0}
    predicted, expected = join_parts(tmp_path), package.predict(rows)
    assert predicted["row"].tolist() == list(range(400))
    assert predicted["customer"].tolist() == rows["customer"].tolist()
    assert set(predicted["model_version"]) == {"7"}
    classes = np.array(package.signature.classes)
    tolerance: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-6}
    if kind == "regression":
        np.testing.assert_allclose(predicted["prediction"], expected, **tolerance)
        assert list(predicted) == ["row", "customer", "prediction", "model_version"]
    elif kind == "binary":
        np.testing.assert_allclose(predicted["probability"], expected[:, 1], **tolerance)
        decided = classes[(expected[:, 1] >= 0.3).astype(int)]
        assert predicted["prediction"].tolist() == decided.tolist()
    else:
        of_each = predicted[[f"probability_{label}" for label in classes]].to_numpy()
        np.testing.assert_allclose(of_each, expected, **tolerance)
        np.testing.assert_allclose(predicted["probability"], of_each.max(axis=1))
        assert predicted["prediction"].tolist() == classes[expected.argmax(axis=1)].tolist()
    report = (tmp_path / "report").read_text()
    assert "Each of the 400 rows has exactly one prediction." in report
    assert "Columns that the model does not use: extra." in report
    assert "Unreadable" not in report


def test_a_regression_with_intervals_has_the_ends_of_each_row(tmp_path: Path) -> None:
    write_model(tmp_path, "regression")
    PredictionIntervals(0.9, [0.0], [2.5], 300).save(tmp_path / "model")
    write_rows(tmp_path, 20)
    score_shards(tmp_path, shards=2)
    predicted = join_parts(tmp_path, shards=2)
    columns = ["row", "customer", "prediction", "prediction_low", "prediction_high", "model_version"]
    assert list(predicted) == columns
    np.testing.assert_allclose(predicted["prediction"] - 2.5, predicted["prediction_low"])
    np.testing.assert_allclose(predicted["prediction"] + 2.5, predicted["prediction_high"])


def test_values_that_became_null_are_reported(tmp_path: Path) -> None:
    write_model(tmp_path, "regression")
    write_rows(tmp_path, 5)
    score_shards(tmp_path)
    join_parts(tmp_path, unreadable={"amount": 2, "since": 1})
    report = (tmp_path / "report").read_text()
    assert "Unreadable values, which became null: amount (2), since (1)." in report
    assert "The last row was left out: it is a total." in report


def test_shards_change_nothing_and_may_be_more_than_rows(tmp_path: Path) -> None:
    write_model(tmp_path, "regression")
    write_rows(tmp_path, 5)
    score_shards(tmp_path, shards=8)
    many = join_parts(tmp_path, shards=8)
    for shard in range(8):
        assert len(list((tmp_path / f"part-{shard}").iterdir())) <= 1
    (tmp_path / "predictions").rename(tmp_path / "before")
    score_shards(tmp_path, shards=1)
    pd.testing.assert_frame_equal(join_parts(tmp_path, shards=1), many)


def test_predictions_do_not_depend_on_memory(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    # One batch at a time, and as many as there are processors.
    for memory in (1, 1 << 40):
        run(
            **list_places(tmp_path),
            predictions=str(tmp_path / str(memory)),
            source="hash",
            settings=make_settings(0, 1),
            memory=memory,
        )
    one, many = (sorted((tmp_path / str(memory)).iterdir()) for memory in (1, 1 << 40))
    assert [file.name for file in one] == [file.name for file in many]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in many]


def test_a_shard_that_runs_again_keeps_complete_batches(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    score_shards(tmp_path)
    files = sorted((tmp_path / "part-0").iterdir())
    whole = files[0].read_bytes()
    files[1].write_bytes(whole[: len(whole) // 2])
    (tmp_path / "part-0" / "rows-000000000099.new").write_bytes(whole[:100])
    before = files[0].stat().st_mtime_ns
    assert score_shards(tmp_path) == {"rows": 400, "predicted": 1, "already_there": 5}
    assert files[0].stat().st_mtime_ns == before
    assert len(join_parts(tmp_path)) == 400


def test_what_another_model_predicted_is_not_kept(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    score_shards(tmp_path)
    (tmp_path / "registration" / "registration.json").write_text('{"model": "y", "version": "8"}')
    assert score_shards(tmp_path)["predicted"] == 6
    assert set(join_parts(tmp_path)["model_version"]) == {"8"}


@pytest.mark.slow
def test_workers_write_the_parts_that_this_process_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(tmp_path, "multiclass")
    write_rows(tmp_path)
    score_shards(tmp_path, shards=1)
    written = {file.name: file.read_bytes() for file in (tmp_path / "part-0").iterdir()}
    (tmp_path / "part-0" / "rows-000000000000.parquet").unlink()
    (tmp_path / "part-0" / "rows-000000000180.parquet").unlink()
    facts = run(
        **list_places(tmp_path),
        predictions=str(tmp_path / "part-0"),
        source="hash",
        settings=make_settings(),
        engine="dask",
    )
    assert facts.pop("engine") == (
        "2 Dask workers of this machine predicted the rows of each shard: engine=dask was asked for."
    )
    assert facts == {"rows": 400, "predicted": 2, "already_there": 3}
    assert {file.name: file.read_bytes() for file in (tmp_path / "part-0").iterdir()} == written
    assert "of this machine predict: engine=dask was asked for." in capsys.readouterr().out


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, "regression")
    write_rows(tmp_path, 5)
    with pytest.raises(InvalidSetting, match="engine"):
        run(
            **list_places(tmp_path),
            predictions=str(tmp_path / "part-0"),
            source="hash",
            settings=make_settings(),
            engine="spark",
        )


KILLED = """
import os, signal, sys
from pathlib import Path
from components.score import run as stage
from components.score.parts import PredictionParts
from tests.components.score.models import list_places, make_settings

write, left = PredictionParts.write, [2]

def dying(*arguments):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    write(*arguments)

PredictionParts.write = dying
folder = Path(sys.argv[1])
places = {**list_places(folder), "predictions": str(folder / "part-0")}
# With this memory it writes one part at a time.
stage.run(**places, source="hash", settings=make_settings(), memory=1)
"""


@pytest.mark.slow
def test_a_shard_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    package = write_model(tmp_path, "multiclass")
    rows = write_rows(tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(WrongRows, match=r"Rows have no prediction: 180 to 399\."):
        join_parts(tmp_path, 1)
    assert not (tmp_path / "predictions").exists()
    assert not (tmp_path / "report").exists()
    assert score_shards(tmp_path, 1) == {"rows": 400, "predicted": 3, "already_there": 2}
    predicted = join_parts(tmp_path, 1)
    assert predicted["row"].tolist() == list(range(400))
    probabilities = predicted[[name for name in predicted.columns if str(name).startswith("probability_")]]
    np.testing.assert_allclose(probabilities, package.predict(rows), rtol=1e-6, atol=1e-6)


def test_a_row_too_many_is_named(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    score_shards(tmp_path)
    twice = next((tmp_path / "part-0").iterdir())
    (tmp_path / "part-1" / twice.name).write_bytes(twice.read_bytes())
    with pytest.raises(WrongRows, match=r"more than one prediction: 0 to 89\."):
        join_parts(tmp_path)


def test_rows_that_differ_from_their_part_are_found(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    score_shards(tmp_path)
    file = next((tmp_path / "part-0").iterdir())
    table = pq.read_table(file)
    pq.write_table(table.take([1, *range(1, len(table))]), file)
    with pytest.raises(WrongRows, match="does not hold rows 0 to 89"):
        join_parts(tmp_path)
    assert not (tmp_path / "predictions").exists()


@pytest.mark.slow
def test_batches_in_a_bucket_are_not_predicted_again(
    tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    environment = s3.make_environment()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(environment.s3_access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(environment.s3_secret_key))
    if not s3.client.bucket_exists("scores"):
        s3.client.make_bucket("scores")
    output = "s3://scores/daily/"
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    assert score_shards(tmp_path, output=output)["predicted"] == 6
    # As a pod that starts anew: nothing of its own is left, one object is spoilt, one is gone.
    for folder in tmp_path.glob("part-*"):
        for file in folder.iterdir():
            file.unlink()
    names = sorted(str(of.object_name) for of in s3.client.list_objects("scores", recursive=True))
    s3.client.remove_object("scores", names[0])
    s3.put("scores", names[1], b"spoilt")
    assert score_shards(tmp_path, output=output) == {"rows": 400, "predicted": 2, "already_there": 4}
    assert len(join_parts(tmp_path, output=output)) == 400
    names = sorted(str(of.object_name) for of in s3.client.list_objects("scores", recursive=True))
    assert names[0].endswith("/_SUCCESS")
    assert len(names) == 7


def test_a_table_that_fits_is_planned(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    sources = {name: str(tmp_path / name) for name in ("dataset", "model")}
    assert plan(**sources, settings=make_settings(shards=4)) == [0, 1, 2, 3]
    assert read_kinds(tmp_path / "dataset")["customer"] == "string"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"identifiers": ("custmer",)}, "'custmer' is not in the table.\nDid you mean 'customer'"),
        ({"shards": 0}, "shards = 0 is out of range"),
        ({"output": "folder"}, "output = 'folder' is out of range"),
        ({"identifiers": ("customer", "customer")}, "must be different columns"),
    ],
)
def test_settings_are_checked(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    write_model(tmp_path, "binary")
    write_rows(tmp_path)
    sources = {name: str(tmp_path / name) for name in ("dataset", "model")}
    with pytest.raises(InvalidSetting, match=message):
        plan(**sources, settings=Settings(**{"identifiers": IDS, **changed}))


def test_a_table_that_does_not_fit_stops_before_anything_is_predicted(tmp_path: Path) -> None:
    write_model(tmp_path, "binary")
    rows = write_rows(tmp_path).drop(columns=["amount_is_null"])
    kinds = {**KINDS, "customer": "string", "extra": "float", "visits": "string"}
    rows["visits"] = ["many" if i % 50 == 3 else "4" for i in range(len(rows))]
    for file in (tmp_path / "dataset").iterdir():
        file.unlink()
    write_frame(rows, kinds, tmp_path / "dataset")
    sources = {name: str(tmp_path / name) for name in ("dataset", "model")}
    with pytest.raises(InvalidData, match="'amount_is_null' is missing") as caught:
        plan(**sources, settings=make_settings())
    assert "Column 'visits' is of kind string, but integer in the model" in caught.value.what
