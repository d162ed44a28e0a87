"""The model for KServe's SDK, which serves gRPC, binary tensors, CloudEvents and the model's metadata."""

import asyncio
import math
import time
from typing import Any

import msgspec
from kserve.errors import InferenceError, InvalidInput
from kserve.model import InferenceModel, InferenceVerb
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from components.serve.request_handler import (
    DATATYPES,
    Request,
    RequestError,
    RequestHandler,
    Tensor,
    log_failure,
    to_rows,
)
from components.serve.served_model import ServedModel
from components.serve.server_metrics import Protocol, ServerMetrics


class Predictor(InferenceModel):  # type: ignore[misc]
    """Answers requests that KServe's SDK has parsed.

    Parameters
    ----------
    handler : RequestHandler
        Checks rows and predicts them.
    served : ServedModel
        The model.
    metrics : ServerMetrics
        Counts requests.
    """

    def __init__(self, handler: RequestHandler, served: ServedModel, metrics: ServerMetrics) -> None:
        super().__init__(handler.name)
        self._handler = handler
        self._served = served
        self._metrics = metrics

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
        answer = self._answer_tensors if isinstance(body, InferRequest) else self._answer_instances
        # A large request must not block the event loop.
        return await asyncio.to_thread(answer, body, verb == InferenceVerb.EXPLAIN), {}

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

    def _answer_instances(self, body: dict[str, Any], is_explained: bool) -> dict[str, Any]:
        ((status, content),) = self._handler.answer([Request("v1", msgspec.json.encode(body), is_explained)])
        answer: dict[str, Any] = msgspec.json.decode(content)
        if status != 200:
            raise (InferenceError if status == 500 else InvalidInput)(answer["error"])
        return answer

    def _answer_tensors(self, body: InferRequest, is_explained: bool) -> InferResponse:
        protocol: Protocol = "grpc" if body.from_grpc else "v2"
        started = time.perf_counter()
        try:
            rows = self._handler.convert_rows(to_rows([_to_tensor(tensor) for tensor in body.inputs]))
        except RequestError as error:
            self._metrics.count_request(protocol, error.outcome, time.perf_counter() - started)
            raise InvalidInput(str(error)) from None
        try:
            predictions = self._handler.predict(rows)
            tensors = self._handler.build_tensors(rows, predictions, is_explained=is_explained)
        except Exception:
            failure = log_failure()
            self._metrics.count_request(protocol, failure.outcome, time.perf_counter() - started)
            raise InferenceError(str(failure)) from None
        self._metrics.count_request(protocol, "answered", time.perf_counter() - started)
        outputs = [
            InferOutput(name=tensor.name, shape=tensor.shape, datatype=tensor.datatype, data=tensor.data)
            for tensor in tensors
        ]
        return InferResponse(
            response_id=body.id,
            model_name=self._handler.name,
            infer_outputs=outputs,
            model_version=self._served.version,
            requested_outputs=body.request_outputs,
            use_binary_outputs=body.use_binary_outputs,
        )


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


def _to_tensor(tensor: InferInput) -> Tensor:
    """Return a tensor with JSON values; NaN becomes null, because binary tensors have no null."""
    data = [_convert_cell(cell) for cell in tensor.as_numpy().tolist()]
    return Tensor(tensor.name, list(tensor.shape), tensor.datatype, data)


def _convert_cell(cell: Any) -> Any:
    if isinstance(cell, list):
        return [_convert_cell(inner) for inner in cell]
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    return None if isinstance(cell, float) and math.isnan(cell) else cell
