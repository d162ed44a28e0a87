"""The server's settings, which are the options of its command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from components._app.limits import MOST_REQUEST_BYTES, MOST_UPLOAD_BYTES
from components._server.port import HIGHEST_PORT
from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """The models, and what stands around the server; the texts are the options' help.

    Raises
    ------
    InvalidSetting
        A value is out of range.
    """

    models: Annotated[
        Path, "folder with a file per model: named like the model, with its predictor's address in it"
    ]
    prometheus: Annotated[str | None, "address of Prometheus, for the tab Health (nothing to show)"] = None
    namespace: Annotated[str | None, "namespace of the models, if Prometheus has those of others"] = None
    user_header: Annotated[str, "header in which the gateway names who is signed in (%(default)s)"] = (
        "kubeflow-userid"
    )
    user_prefix: Annotated[str, "what stands before the name in that header (nothing)"] = ""
    port: Annotated[int, "port of the app (%(default)s)"] = 8080
    max_bytes: Annotated[int, "most bytes in a request for predictions (%(default)s)"] = MOST_REQUEST_BYTES
    upload_bytes: Annotated[int, "most bytes in an uploaded file (%(default)s)"] = MOST_UPLOAD_BYTES
    drain_seconds: Annotated[float, "how long to answer new requests after SIGTERM (%(default)s)"] = 5.0

    def __post_init__(self) -> None:
        if not 1 <= self.port <= HIGHEST_PORT:
            raise InvalidSetting.from_out_of_range("port", self.port, f"from 1 to {HIGHEST_PORT}")
        for name in ("max_bytes", "upload_bytes"):
            if getattr(self, name) < 1:
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), "1 or more")
        if not 0 <= self.drain_seconds < float("inf"):
            raise InvalidSetting.from_out_of_range("drain_seconds", self.drain_seconds, "0 or more")
