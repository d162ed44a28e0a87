"""The server's settings, which are the options of its command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from components._app.limits import MOST_REQUEST_BYTES
from components._inference_log.writer import FEWEST_ROWS_PER_SECOND
from components._server.port import HIGHEST_PORT
from components.errors import InvalidSetting

_FEWEST_BYTES = 1_000_000


@dataclass(frozen=True)
class Settings:
    """The model, and how to serve it; the texts are the options' help.

    Raises
    ------
    InvalidSetting
        A value is out of range.
    """

    model_dir: Annotated[Path, "the model folder that train wrote"]
    model_name: Annotated[str, "the model's name in addresses (%(default)s)"] = "model"
    model_version: Annotated[
        str | None, "the version in a registry (the first 12 digits of the model file's SHA-256)"
    ] = None
    http_port: Annotated[int, "port for V1 and V2 (%(default)s)"] = 8080
    grpc_port: Annotated[int, "port for gRPC, 0 for none (%(default)s)"] = 8081
    workers: Annotated[int, "server processes (%(default)s)"] = 1
    max_rows: Annotated[int, "most rows in a request (%(default)s)"] = 10_000
    max_bytes: Annotated[int, "most bytes in a request (%(default)s)"] = MOST_REQUEST_BYTES
    drain_seconds: Annotated[float, "how long to answer new requests after SIGTERM (%(default)s)"] = 5.0
    log_dir: Annotated[Path | None, "folder for the inference log of the model's versions (no log)"] = None
    log_rows_per_second: Annotated[
        float, "most rows per second that a server process logs on average (%(default)s)"
    ] = 10.0
    log_bytes: Annotated[int, "most bytes of the log's files; the oldest are deleted (%(default)s)"] = (
        4_000_000_000
    )
    sagemaker: Annotated[bool, "answer SageMaker's /ping and /invocations, too"] = False
    app: Annotated[bool, "serve the app, in which people use the model, at /app"] = False
    app_card: Annotated[Path | None, "the model card that evaluate wrote, for the app (no card)"] = None
    app_prometheus: Annotated[
        str | None, "address of a Prometheus, which knows the past that the app shows (no past)"
    ] = None

    def __post_init__(self) -> None:
        if not self.model_name or {*self.model_name} & {*"/:? #%"}:
            raise InvalidSetting.from_out_of_range("model_name", self.model_name, "a word without / : ? # %")
        for name, lowest in (("http_port", 1), ("grpc_port", 0)):
            if not lowest <= getattr(self, name) <= HIGHEST_PORT:
                expected = f"from {lowest} to {HIGHEST_PORT}"
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), expected)
        for name in ("workers", "max_rows", "max_bytes"):
            if getattr(self, name) < 1:
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), "1 or more")
        for name in ("app_card", "app_prometheus"):
            if getattr(self, name) and not self.app:
                raise InvalidSetting(f"{name} is for the app, which is off.", "Add --app.")
        if self.app_prometheus and not self.app_prometheus.startswith(("http://", "https://")):
            expected = "an address that begins with http:// or https://"
            raise InvalidSetting.from_out_of_range("app_prometheus", self.app_prometheus, expected)
        # It names the log's folder.
        if self.model_version in (".", "..") or "/" in (self.model_version or ""):
            expected = "the name of a folder, without /"
            raise InvalidSetting.from_out_of_range("model_version", self.model_version, expected)
        if not FEWEST_ROWS_PER_SECOND <= self.log_rows_per_second < float("inf"):
            expected = f"{FEWEST_ROWS_PER_SECOND} or more"
            raise InvalidSetting.from_out_of_range("log_rows_per_second", self.log_rows_per_second, expected)
        if self.log_bytes < _FEWEST_BYTES:
            raise InvalidSetting.from_out_of_range("log_bytes", self.log_bytes, f"{_FEWEST_BYTES} or more")
        if not 0 <= self.drain_seconds < float("inf"):
            raise InvalidSetting.from_out_of_range("drain_seconds", self.drain_seconds, "0 or more")
