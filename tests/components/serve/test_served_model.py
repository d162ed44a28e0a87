import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components._compiled.model import FORMAT, DamagedModel
from components._model.files import IncompatibleModel
from components._problem.task import TASKS, TaskKind
from components._table.row_reader import RowDeviations
from components.serve.served_model import ServedModel, UnusableModel
from tests.components._model.tables import CLASSES, KINDS, draw_rows
from tests.components.serve.models import ROW, write_model


def list_values(served: ServedModel, **changed: Any) -> list[Any]:
    return served.row_reader.read({**ROW, **changed}, RowDeviations([], [], []))  # type: ignore[return-value]


@pytest.mark.parametrize("is_compiled", [True, False])
@pytest.mark.parametrize("kind", TASKS)
def test_predictions_are_those_of_the_package(kind: TaskKind, is_compiled: bool, tmp_path: Path) -> None:
    package = write_model(tmp_path, kind, is_compiled=is_compiled)
    served = ServedModel.load(tmp_path)
    assert served.form == ("compiled" if is_compiled else "pipeline")
    rows = draw_rows(30, seed=5)
    records = json.loads(
        rows.assign(since=rows["since"].dt.strftime("%Y-%m-%dT%H:%M:%S")).to_json(orient="records")
    )
    answers = served.predict([served.row_reader.read(row, RowDeviations([], [], [])) for row in records])
    expected = package.predict(rows[list(KINDS)]).reshape(30, -1)
    np.testing.assert_allclose([answer.outputs for answer in answers], expected, atol=1e-9)
    if kind == "regression":
        assert {(answer.likeliest, answer.decision) for answer in answers} == {(None, None)}
    else:
        assert [answer.likeliest for answer in answers] == expected.argmax(axis=1).tolist()
        assert [answer.decision for answer in answers] == expected.argmax(axis=1).tolist()


def test_the_threshold_decides(tmp_path: Path) -> None:
    write_model(tmp_path, threshold=0.999)
    served = ServedModel.load(tmp_path)
    rows = draw_rows(30, seed=5)
    records = json.loads(rows.assign(since="1970-01-01").to_json(orient="records"))
    answers = served.predict([served.row_reader.read(row, RowDeviations([], [], [])) for row in records])
    assert {answer.likeliest for answer in answers} == {0, 1}
    assert {answer.decision for answer in answers} == {0}


def test_a_version_is_given_or_that_of_the_file(tmp_path: Path) -> None:
    write_model(tmp_path)
    assert ServedModel.load(tmp_path, "7").version == "7"
    assert ServedModel.load(tmp_path).version == ServedModel.load(tmp_path).version
    assert len(ServedModel.load(tmp_path).version) == 12


@pytest.mark.parametrize("kind", TASKS)
def test_an_explanation_says_how_far_each_column_moves_the_prediction(kind: TaskKind, tmp_path: Path) -> None:
    write_model(tmp_path, kind)
    served = ServedModel.load(tmp_path)
    row = list_values(served, amount=250.0, product="p19")
    (answer,) = served.predict([row])
    found = served.explain(row, answer)
    assert list(found) == list(KINDS)
    # What the target depends on, and what it does not.
    assert abs(found["amount"]) > 0.01
    assert found["visits"] == pytest.approx(0, abs=abs(found["amount"]) / 2)
    (without,) = served.predict([[served.usual_row[0], *row[1:]]])
    at = served.get_explained_output(answer)
    assert found["amount"] == pytest.approx(answer.outputs[at] - without.outputs[at], abs=1e-9)


def test_a_row_of_usual_values_has_nothing_to_explain(tmp_path: Path) -> None:
    write_model(tmp_path)
    served = ServedModel.load(tmp_path)
    (answer,) = served.predict([served.usual_row])
    assert set(served.explain(served.usual_row, answer).values()) == {0.0}
    assert served.usual_row[4] == "Bern"


def remove(name: str) -> object:
    return lambda folder: (
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    )


def change_golden_rows(folder: Path) -> None:
    golden = json.loads((folder / "golden.json").read_text())
    golden["predictions"][3][1] += 1e-5
    (folder / "golden.json").write_text(json.dumps(golden))


def cut_in_half(name: str) -> object:
    def spoil(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])

    return spoil


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (
            remove("model.skops"),
            UnusableModel,
            r"not a complete model folder\. model\.skops: FileNotFoundError",
        ),
        (
            remove("schema.json"),
            UnusableModel,
            r"not a complete model folder\. schema\.json: FileNotFoundError",
        ),
        (
            cut_in_half("schema.json"),
            UnusableModel,
            r"not a complete model folder\. schema\.json: JSONDecodeError",
        ),
        (
            cut_in_half("golden.json"),
            UnusableModel,
            r"not a complete model folder\. golden\.json: JSONDecodeError",
        ),
        (
            cut_in_half("signature.json"),
            UnusableModel,
            r"not a complete model folder\. signature\.json: JSONDecode",
        ),
        (
            cut_in_half("profile.json"),
            UnusableModel,
            r"not a complete model folder\. profile\.json: JSONDecodeError",
        ),
        (cut_in_half("compiled/plan.json"), DamagedModel, "cannot be read"),
        (remove("compiled/arrays.npz"), DamagedModel, "cannot be read"),
        (
            change_golden_rows,
            UnusableModel,
            "golden rows' predictions differ from those of training by 1.0e-05",
        ),
    ],
)
def test_an_incomplete_model_is_not_served(
    spoil: object, error: type[Exception], message: str, tmp_path: Path
) -> None:
    write_model(tmp_path)
    spoil(tmp_path)  # type: ignore[operator]
    with pytest.raises(error, match=message):
        ServedModel.load(tmp_path)


def change(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def test_a_pipeline_made_with_other_versions_is_not_served_and_both_are_named(tmp_path: Path) -> None:
    write_model(tmp_path, is_compiled=False)
    change(tmp_path / "lineage.json", lambda of: of["versions"].update({"scikit-learn": "1.2.3"}))
    with pytest.raises(IncompatibleModel, match=r"scikit-learn.*1\.2\.3"):
        ServedModel.load(tmp_path)


def test_a_compiled_model_of_another_format_is_not_served_and_both_are_named(tmp_path: Path) -> None:
    write_model(tmp_path)
    change(tmp_path / "compiled" / "plan.json", lambda of: of.update(format=FORMAT + 1))
    with pytest.raises(DamagedModel, match=rf"has format {FORMAT + 1}, this version reads {FORMAT}\."):
        ServedModel.load(tmp_path)


def test_labels_are_in_the_order_of_the_probabilities(tmp_path: Path) -> None:
    write_model(tmp_path, "multiclass")
    assert ServedModel.load(tmp_path).labels == list(CLASSES["multiclass"])
