"""A raw row is predicted alike to the last bit, in a file of any format and in a request of any protocol."""

import csv
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kserve import InferInput, InferRequest
from kserve.errors import InvalidInput

from benchmarks.mess.arrangements import mix_marks
from benchmarks.mess.files import make_delimited_writer
from benchmarks.mess.model import Client, score, write_model
from benchmarks.mess.numbers import wrap_numbers, write_local
from benchmarks.mess.stages import read_new, read_training
from benchmarks.mess.tables import make_table
from benchmarks.mess.times import write_times
from benchmarks.mess.transformation import Transformation
from components._table.reading import NULL_MARKS
from components.errors import SuiteError
from components.serve.predictor import Predictor
from tests.components.serve.models import split_apart

# It has columns of all roles but percent.
_TABLE = "patients"
_STYLES = {
    "clean": Transformation("clean", "order"),
    "European": Transformation(
        "European",
        "numbers",
        {
            **{role: write_local(role, ",", ".") for role in ("whole", "decimal")},
            "amount": wrap_numbers(write_local("amount", ",", "."), after=" €"),
            "flag": lambda value: "ja" if value else "nein",
            **write_times("%d/%m/%Y"),
        },
        arrange=mix_marks("-", "k.A.", ""),
        write=make_delimited_writer(";"),
    ),
}
_REFUSED = "refused"
Row = dict[str, str]


class Trained(NamedTuple):
    """A model, what asks its server, and the texts of its table's columns."""

    model: Path
    client: Client
    texts: dict[str, list[str]]


@pytest.fixture(scope="module", params=_STYLES)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder, style = tmp_path_factory.mktemp("model"), _STYLES[request.param]
    table = make_table(_TABLE)
    sheet = style.apply(table.training, table.target)
    style.write_file(sheet, folder / "training.csv")
    write_model(read_training(folder / "training.csv", table.target, folder), folder / "model")
    texts = {
        name: sorted({row[i] for row in sheet.texts})
        for i, name in enumerate(sheet.names)
        if name != table.target
    }
    return Trained(folder / "model", Client(folder / "model"), texts)


def list_cells(known: list[str]) -> st.SearchStrategy[str]:
    """Return cells as they may be in a column: mostly known texts, in other case, padded, marks, and junk."""
    usual = st.sampled_from(known)
    blanks = st.sampled_from(["", " ", "\u00a0", "  "])
    return st.one_of(
        usual,
        usual,
        usual.map(str.upper),
        st.builds(lambda before, text, after: before + text + after, blanks, usual, blanks),
        st.sampled_from(NULL_MARKS),
        st.from_regex(r"[-+]?[0-9]{1,5}([.,][0-9]{1,3})?", fullmatch=True),
    )


@given(data=st.data())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@pytest.mark.slow
def test_a_row_is_predicted_alike_in_every_form(trained: Trained, data: st.DataObject) -> None:
    row = data.draw(st.fixed_dictionaries({name: list_cells(known) for name, known in trained.texts.items()}))
    # A line of blanks alone is no row of a file.
    assume(any(text.strip() for text in row.values()))
    predictions = {
        write.__name__: predict_file(trained, row, write) for write in (as_csv, as_json, as_parquet)
    }
    predictions |= {protocol: ask(trained, row, protocol) for protocol in ("v1", "v2")}
    predictions["grpc"] = ask_by_grpc(trained, row)
    assert len({json.dumps(predicted) for predicted in predictions.values()}) == 1, predictions


def predict_file(trained: Trained, row: Row, write: Any) -> Any:
    """Return the probabilities that score gives a file of one row, or that it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.data"
        write(file, row)
        try:
            (scored,) = score(trained.model, read_new(file, trained.model, Path(folder))).rows
        except SuiteError:
            return _REFUSED
        return list(scored[2:])


def as_csv(file: Path, row: Row) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([row.keys(), row.values()])


def as_json(file: Path, row: Row) -> None:
    file.write_text(json.dumps(row), encoding="utf-8")


def as_parquet(file: Path, row: Row) -> None:
    pq.write_table(pa.table({name: [text] for name, text in row.items()}), file)


def ask(trained: Trained, row: Row, protocol: Any) -> Any:
    answer = trained.client.ask(protocol, [row])
    return _REFUSED if isinstance(answer, str) else answer[0]


def ask_by_grpc(trained: Trained, row: Row) -> Any:
    """Return what the server answers to tensors as gRPC brings them."""
    inputs = []
    for name, text in row.items():
        tensor = InferInput(name, [1], "BYTES")
        tensor.set_data_from_numpy(np.array([text], dtype=object), binary_data=True)
        inputs.append(tensor)
    request = InferRequest(model_name="mess", infer_inputs=inputs, from_grpc=True)
    predictor = Predictor(trained.client.answering, trained.client.served)
    try:
        response: Any = split_apart(predictor(request))[0]
    except InvalidInput:
        return _REFUSED
    return list({output.name: output for output in response.outputs}["probabilities"].data)
