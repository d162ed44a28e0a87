"""The stage's settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal, get_args

from components.errors import InvalidSetting

Mode = Literal["Knative", "Standard"]
MODES: tuple[Mode, ...] = get_args(Mode)

# A DNS label, short enough for the suffixes of KServe and Knative: -canary-predictor-00001-deployment.
_LONGEST = 30
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?m?")
_SINK = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")
_WHOLE = 100
LONGEST_SECONDS = 900.0


@dataclass(frozen=True)
class Settings:
    """How to roll a model out.

    Attributes
    ----------
    service : str
        Name of the service, a DNS label of at most 30 characters; empty for the registered model's name.
    mode : str
        How KServe runs the service: "Knative" or "Standard".
    min_replicas, max_replicas : int
        Fewest and most pods; a min_replicas of 0 stops all pods while there are no requests (Knative only).
    requests_per_second : int
        Requests per second and pod above which a pod is added (Knative only; Standard goes by processor use).
    cpu_request, cpu_limit : str
        Processors that a pod needs, and the most that it may use, in Kubernetes' notation.
    memory : str
        Memory of a pod, in Kubernetes' notation.
    steps : tuple of int
        The new model's share of the requests in per cent, step by step, ascending; after the last, all.
    step_seconds : float
        How long to watch each step, at most 900 s.
    ready_seconds : float
        How long to wait for pods, at most 900 s.
    max_error_rate : float
        Share of requests that may fail in a step, from 0 to 1.
    max_p95_ms : float
        Time in which 95 of 100 requests must be answered, in milliseconds.
    gateway : str
        In Standard mode, the Gateway that splits requests, as namespace/name. Empty: requests are not split,
        and the new model replaces the old one when it has passed its checks.
    gateway_host : str
        The service's host name at the Gateway.
    log_sink : str
        Address of the log sink, to which KServe sends the requests and their answers; empty for no log.
    """

    service: str = ""
    mode: Mode = "Knative"
    min_replicas: int = 1
    max_replicas: int = 3
    requests_per_second: int = 500
    cpu_request: str = "200m"
    cpu_limit: str = "1"
    memory: str = "1Gi"
    steps: tuple[int, ...] = (10, 50)
    step_seconds: float = 60.0
    ready_seconds: float = 600.0
    max_error_rate: float = 0.01
    max_p95_ms: float = 250.0
    gateway: str = ""
    gateway_host: str = ""
    log_sink: str = ""

    def __post_init__(self) -> None:
        if self.service and not _is_name(self.service):
            raise InvalidSetting.from_out_of_range(
                "service",
                self.service,
                f"a letter, then letters, digits and dashes, all in lower case, at most {_LONGEST} in total",
            )
        if self.mode not in MODES:
            raise InvalidSetting.from_unknown_name("mode", self.mode, MODES)
        least = 0 if self.mode == "Knative" else 1
        if not least <= self.min_replicas <= self.max_replicas or self.max_replicas < 1:
            expected = f"from {least} to max_replicas = {self.max_replicas}, which must be at least 1"
            raise InvalidSetting.from_out_of_range("min_replicas", self.min_replicas, expected)
        if self.requests_per_second < 1:
            raise InvalidSetting.from_out_of_range(
                "requests_per_second", self.requests_per_second, "1 or more"
            )
        for name in ("cpu_request", "cpu_limit"):
            if _QUANTITY.fullmatch(getattr(self, name)) is None or not parse_quantity(getattr(self, name)):
                expected = "processors above 0 in Kubernetes' notation, such as 200m or 0.5"
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), expected)
        if parse_quantity(self.cpu_request) > parse_quantity(self.cpu_limit):
            expected = f"at most cpu_limit = {self.cpu_limit}"
            raise InvalidSetting.from_out_of_range("cpu_request", self.cpu_request, expected)
        if list(self.steps) != sorted({step for step in self.steps if 0 < step < _WHOLE}):
            raise InvalidSetting.from_out_of_range(
                "steps", list(self.steps), "ascending, above 0 and below 100"
            )
        for name in ("step_seconds", "ready_seconds"):
            if not 0 < getattr(self, name) <= LONGEST_SECONDS:
                expected = f"above 0 and at most {LONGEST_SECONDS:g}"
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), expected)
        if not 0 < self.max_p95_ms < float("inf"):
            raise InvalidSetting.from_out_of_range("max_p95_ms", self.max_p95_ms, "above 0")
        if not 0 <= self.max_error_rate <= 1:
            raise InvalidSetting.from_out_of_range("max_error_rate", self.max_error_rate, "from 0 to 1")
        if self.gateway and (
            self.mode != "Standard" or self.gateway.count("/") != 1 or not self.gateway_host
        ):
            raise InvalidSetting.from_out_of_range(
                "gateway", self.gateway, "namespace/name, with a gateway_host and mode = Standard"
            )
        if self.log_sink and _SINK.fullmatch(self.log_sink) is None:
            expected = "scheme, host and port, such as http://kfp-tabular-log-sink.kubeflow:8080"
            raise InvalidSetting.from_out_of_range("log_sink", self.log_sink, expected)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Settings":
        """Return settings that another version of this code may have recorded; unknown fields are ignored."""
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        return cls(**{**known, "steps": tuple(known.get("steps", cls.steps))})

    def name_for(self, model: str) -> str:
        """Return the service's name for a registered model.

        Raises
        ------
        InvalidSetting
            The model's name cannot become a service's name.
        """
        if self.service:
            return self.service
        name = re.sub("[^a-z0-9]+", "-", model.lower()).strip("-")[:_LONGEST].rstrip("-")
        if not _is_name(name):
            raise InvalidSetting(
                f"The model's name {model!r} cannot become a service's name.", "Name the service (service)."
            )
        return name


def parse_quantity(text: str) -> Decimal:
    """Return a number of processors from Kubernetes' notation: 200m is 0.2."""
    return Decimal(text.removesuffix("m")) / (1_000 if text.endswith("m") else 1)


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None
