"""Requests by gRPC and in binary, as KServe's own clients send them."""

from typing import Any

import httpx
import numpy as np
import pytest
from grpc import RpcError, StatusCode
from kserve import InferInput, InferRequest
from kserve.errors import InferenceError
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from components.serve.predictor import Predictor
from components.serve.served_model import ServedModel
from tests.components._model.tables import KINDS
from tests.components.serve.models import (
    DATATYPES,
    INFER,
    ROW,
    break_predictions,
    make_handler,
    make_tensors,
    split_apart,
)
from tests.model_server import ModelServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def infer_inputs(rows: int = 1) -> list[InferInput]:
    arrays = {
        "amount": np.full(rows, np.nan),
        "amount_is_null": np.ones(rows, dtype=np.int64),
        "visits": np.full(rows, 4, dtype=np.int64),
        "member": np.ones(rows, dtype=bool),
        "city": np.full(rows, "Zürich", dtype=object),
        "product": np.full(rows, "p3", dtype=object),
        "since": np.full(rows, "1968-05-06", dtype=object),
    }
    inputs = []
    for name, array in arrays.items():
        given = InferInput(name, list(array.shape), DATATYPES[KINDS[name]])
        given.set_data_from_numpy(array, binary_data=True)
        inputs.append(given)
    return inputs


@pytest.mark.slow
def test_the_sdks_own_rest_client_is_answered_in_binary_too(
    server: ModelServer, client: httpx.Client
) -> None:
    async def call() -> Any:
        rest = InferenceRESTClient(RESTConfig(protocol="v2"))
        assert await rest.is_server_ready(server.url)
        assert await rest.is_model_ready(server.url, "small")
        request = InferRequest(model_name="small", infer_inputs=infer_inputs(2), request_id="b")
        answer = await rest.infer(server.url, request, model_name="small")
        await rest.close()
        return answer

    answer = split_apart(call())
    row = {**ROW, "amount": None, "city": "Zürich", "since": "1968-05-06"}
    expected = client.post(INFER, json=make_tensors(row, row)).json()
    outputs = {output.name: output for output in answer.outputs}
    assert answer.id == "b"
    assert outputs["class"].data == expected["outputs"][0]["data"]
    np.testing.assert_allclose(outputs["probabilities"].data, expected["outputs"][1]["data"], rtol=0)


def test_grpc_answers_as_rest_does(server: ModelServer, client: httpx.Client) -> None:
    async def call() -> Any:
        async with InferenceGRPCClient(server.grpc) as grpc:
            assert await grpc.is_server_ready()
            assert await grpc.is_model_ready("small")
            request = InferRequest(model_name="small", infer_inputs=infer_inputs(), request_id="g")
            return await grpc.infer(request)

    answer = split_apart(call())
    row = {**ROW, "amount": None, "city": "Zürich", "since": "1968-05-06"}
    expected = client.post(INFER, json=make_tensors(row)).json()
    outputs = {output.name: output for output in answer.outputs}
    assert (answer.id, answer.model_version) == ("g", expected["model_version"])
    np.testing.assert_array_equal(outputs["probabilities"].as_numpy().ravel(), expected["outputs"][1]["data"])
    assert [cell.decode() for cell in outputs["decision"].as_numpy()] == expected["outputs"][2]["data"]


def test_the_model_cannot_be_unloaded_by_grpc(server: ModelServer, client: httpx.Client) -> None:
    async def call() -> None:
        async with InferenceGRPCClient(server.grpc) as grpc:
            stub = grpc._client_stub
            await stub.RepositoryModelUnload(pb.RepositoryModelUnloadRequest(model_name="small"), timeout=5)

    with pytest.raises(RpcError, match="This server's model cannot be changed"):
        split_apart(call())
    assert client.get("/v2/models/small/ready").json()["ready"]


def test_grpc_says_what_is_wrong(server: ModelServer) -> None:
    async def call(inputs: list[InferInput]) -> None:
        async with InferenceGRPCClient(server.grpc) as grpc:
            await grpc.infer(InferRequest(model_name="small", infer_inputs=inputs), timeout=5)

    with pytest.raises(RpcError, match="Column 'visits' is missing") as error:
        split_apart(call(infer_inputs()[:2]))
    assert error.value.code() == StatusCode.INVALID_ARGUMENT
    assert "Row 0: Column 'visits' is missing." in error.value.details()


def test_a_defect_in_kserves_protocols_is_reported_and_counted(
    served: ServedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    break_predictions(served, "p3", monkeypatch)
    handler, metrics = make_handler(served)
    predictor = Predictor(handler, served)
    inputs = []
    for given in make_tensors(ROW)["inputs"]:
        inputs.append(InferInput(given["name"], given["shape"], given["datatype"], given["data"]))
    for body in ({"instances": [ROW]}, InferRequest("small", inputs)):
        with pytest.raises(InferenceError, match=r"The server failed; see its log\."):
            split_apart(predictor(body))
    assert [
        outcome for outcome, n in zip(metrics.outcomes, metrics.sum_cells("requests"), strict=True) if n
    ] == [
        ("v1", "failed"),
        ("v2", "failed"),
    ]
    assert caplog.text.count("ZeroDivisionError: a defect\n") >= 2
