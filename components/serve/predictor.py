"""The model for KServe's SDK, which serves gRPC, binary tensors, CloudEvents and the model's metadata."""

import asyncio
import math
from functools import partial
from typing import Any

import msgspec
from kserve.errors import InferenceError, InvalidInput
from kserve.model import InferenceModel, InferenceVerb
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from components._table.datatypes import DATATYPES
from components.serve.messages import InputTensor, V1Answer, V2Request
from components.serve.request_decoder import RequestError
from components.serve.request_handler import Answer, Request, RequestHandler
from components.serve.served_model import ServedModel


class Predictor(InferenceModel):  # type: ignore[misc]
    """Answers requests that KServe's SDK has parsed.

    Parameters
    ----------
    handler : RequestHandler
        Checks rows and predicts them.
    served : ServedModel
        The model.
    """

    def __init__(self, handler: RequestHandler, served: ServedModel) -> None:
        super().__init__(handler.name)
        self._handler = handler
        self._served = served

    async def __call__(
        self,
        body: InferRequest | dict[str, Any],
        headers: dict[str, str] | None = None,
        verb: InferenceVerb = InferenceVerb.PREDICT,
    ) -> tuple[InferResponse | dict[str, Any], dict[str, str]]:
        """Return the response to a request, and no headers.

        Raises
        ------
        InvalidInput
            The request is invalid.
        InferenceError
            The server failed.
        """
        # A large request must not block the event loop.
        is_explained = verb == InferenceVerb.EXPLAIN
        return await asyncio.to_thread(self._answer, body, headers or {}, is_explained), {}

    def get_input_types(self) -> list[dict[str, Any]]:
        """Return V2's input tensors, one for each column."""
        return [
            {"name": name, "datatype": DATATYPES[kind], "shape": [-1]}
            for name, kind in self._served.signature.columns.items()
        ]

    def get_output_types(self) -> list[dict[str, Any]]:
        """Return V2's output tensors."""
        n_classes = len(self._served.labels)
        return [
            {
                "name": name,
                "datatype": "BYTES" if name in ("class", "decision") else "FP64",
                "shape": [-1, n_classes] if name == "probabilities" else [-1],
            }
            for name in self._served.output_names
        ]

    def _answer(
        self, body: InferRequest | dict[str, Any], headers: dict[str, str], is_explained: bool
    ) -> InferResponse | dict[str, Any]:
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if isinstance(body, InferRequest):
            message = V2Request([_to_tensor(tensor) for tensor in body.inputs], body.id)
            request = Request("grpc" if body.from_grpc else "v2", message, is_explained, encoded)
        else:
            request = Request("v1", msgspec.json.encode(body), is_explained, encoded)
        (answer,) = self._handler.process([request], partial(_convert_answer, body))
        if isinstance(answer, RequestError):
            raise (InferenceError if answer.status == 500 else InvalidInput)(str(answer))
        return answer


class FixedModelRepository(ModelRepositoryExtension):  # type: ignore[misc]
    """The server's one model, which cannot be changed.

    KServe's own repository lets every client unload the model.
    """

    async def load(self, model_name: str) -> None:
        """Raise InvalidInput: the model cannot be changed."""
        raise InvalidInput("This server's model cannot be changed; start another server.")

    async def unload(self, model_name: str) -> None:
        """Raise InvalidInput, like ``load``."""
        await self.load(model_name)


def _convert_answer(body: InferRequest | dict[str, Any], answer: Answer) -> InferResponse | dict[str, Any]:
    if isinstance(answer, V1Answer) or not isinstance(body, InferRequest):
        return msgspec.to_builtins(answer)
    outputs = [
        InferOutput(name=tensor.name, shape=tensor.shape, datatype=tensor.datatype, data=tensor.data)
        for tensor in answer.outputs
    ]
    return InferResponse(
        response_id=body.id,
        model_name=answer.model_name,
        infer_outputs=outputs,
        model_version=answer.model_version,
        requested_outputs=body.request_outputs,
        use_binary_outputs=body.use_binary_outputs,
    )


def _to_tensor(tensor: InferInput) -> InputTensor:
    """Return a tensor with JSON values; NaN becomes null, because binary tensors have no null."""
    data = [_convert_cell(cell) for cell in tensor.as_numpy().tolist()]
    return InputTensor(tensor.name, list(tensor.shape), tensor.datatype, data)


def _convert_cell(cell: Any) -> Any:
    if isinstance(cell, list):
        return [_convert_cell(inner) for inner in cell]
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    return None if isinstance(cell, float) and math.isnan(cell) else cell
