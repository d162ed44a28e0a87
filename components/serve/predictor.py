"""The model as KServe's SDK knows it: for gRPC, binary tensors, CloudEvents and the model's metadata."""

import asyncio
import math
import time
from typing import Any

import msgspec
from kserve.errors import InferenceError, InvalidInput
from kserve.model import InferenceModel, InferenceVerb
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from components._table.schema import Kind
from components.serve.request_handler import (
    Request,
    RequestError,
    RequestHandler,
    Tensor,
    log_failure,
    to_rows,
)
from components.serve.served_model import ServedModel
from components.serve.server_metrics import Protocol, ServerMetrics

_DATATYPES: dict[Kind, str] = {
    "integer": "INT64",
    "float": "FP64",
    "boolean": "BOOL",
    "string": "BYTES",
    "datetime": "BYTES",
}


class Predictor(InferenceModel):  # type: ignore[misc]
    """Answers what does not come as JSON.

    Parameters
    ----------
    answering : Answering
        What answers.
    served : Served
        The model.
    tally : Tally
        Where requests are counted.
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
        """Answer a request; returns the response, and no headers.

        Raises
        ------
        InvalidInput
            The request cannot be answered.
        InferenceError
            The server has a defect.
        """
        answer = self._answer_tensors if isinstance(body, InferRequest) else self._answer_instances
        # Beside the event loop, as it may be large.
        return await asyncio.to_thread(answer, body, verb == InferenceVerb.EXPLAIN), {}

    def get_input_types(self) -> list[dict[str, Any]]:
        """Return the tensors that V2 takes, a column each."""
        return [
            {"name": name, "datatype": _DATATYPES[kind], "shape": [-1]}
            for name, kind in self._served.signature.columns.items()
        ]

    def get_output_types(self) -> list[dict[str, Any]]:
        """Return the tensors that V2 answers with."""
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
            rows = self._handler.convert_rows(to_rows([_to_tensor(given) for given in body.inputs]))
        except RequestError as refused:
            self._metrics.count_request(protocol, refused.outcome, time.perf_counter() - started)
            raise InvalidInput(str(refused)) from None
        try:
            answers = self._handler.predict(rows)
            tensors = self._handler.build_tensors(rows, answers, is_explained=is_explained)
        except Exception:
            failed = log_failure()
            self._metrics.count_request(protocol, failed.outcome, time.perf_counter() - started)
            raise InferenceError(str(failed)) from None
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
    """The models of a server, which are the one that it was started with.

    KServe's own lets whoever may ask for predictions unload the model.
    """

    async def load(self, model_name: str) -> None:
        """Refuse.

        Raises
        ------
        InvalidInput
            Always.
        """
        raise InvalidInput("This server's model cannot be changed; start another server.")

    async def unload(self, model_name: str) -> None:
        """Refuse, as ``load`` does."""
        await self.load(model_name)


def _to_tensor(given: InferInput) -> Tensor:
    """Return a tensor as JSON has it; what is not a number is null, as binary forms have no null."""
    data = [_convert_cell(cell) for cell in given.as_numpy().tolist()]
    return Tensor(given.name, list(given.shape), given.datatype, data)


def _convert_cell(cell: Any) -> Any:
    if isinstance(cell, list):
        return [_convert_cell(inner) for inner in cell]
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    return None if isinstance(cell, float) and math.isnan(cell) else cell
