"""The server's settings."""

from dataclasses import dataclass
from pathlib import Path

from components.errors import InvalidSetting

_HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Settings:
    """The model, and how to serve it.

    Attributes
    ----------
    model_dir : Path
        The model folder that train wrote.
    model_name : str
        The model's name in addresses.
    model_version : str or None
        The version in a registry; None for the first 12 digits of the model file's SHA-256.
    http_port, grpc_port : int
        Ports; a grpc_port of 0 turns gRPC off.
    workers : int
        Server processes, at least 1.
    max_rows, max_bytes : int
        Most rows and bytes in a request, at least 1.
    drain_seconds : float
        How long to answer new requests after the signal to stop, while clients learn of it.
    """

    model_dir: Path
    model_name: str = "model"
    model_version: str | None = None
    http_port: int = 8080
    grpc_port: int = 8081
    workers: int = 1
    max_rows: int = 10_000
    max_bytes: int = 16_000_000
    drain_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.model_name or {*self.model_name} & {*"/:? #%"}:
            raise InvalidSetting.from_out_of_range("model_name", self.model_name, "a word without / : ? # %")
        for name, lowest in (("http_port", 1), ("grpc_port", 0)):
            if not lowest <= getattr(self, name) <= _HIGHEST_PORT:
                expected = f"from {lowest} to {_HIGHEST_PORT}"
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), expected)
        for name in ("workers", "max_rows", "max_bytes"):
            if getattr(self, name) < 1:
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), "1 or more")
        if not 0 <= self.drain_seconds < float("inf"):
            raise InvalidSetting.from_out_of_range("drain_seconds", self.drain_seconds, "0 or more")
