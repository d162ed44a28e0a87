"""What KServe's sklearnserver does, on the same SDK: ``python -m benchmarks.stock_server MODEL PORT``."""

import sys
from typing import Any

import kserve
import numpy as np
from kserve.utils.utils import get_predict_input, get_predict_response

from components._model.package import Package


class _Stock(kserve.Model):  # type: ignore[misc]
    def __init__(self, folder: str) -> None:
        super().__init__("churn")
        self._pipeline = Package.load(folder).pipeline
        self.ready = True

    def predict(self, payload: Any, headers: dict[str, str] | None = None) -> Any:
        predicted = self._pipeline.predict(get_predict_input(payload))
        return get_predict_response(payload, np.asarray(predicted), self.name)


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    # KServe reads the command line by itself.
    sys.argv = sys.argv[:1]
    kserve.ModelServer(http_port=int(port), enable_grpc=False).start([_Stock(folder)])
