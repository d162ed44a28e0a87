"""How much the tasks of a pipeline may use on a cluster."""

from dataclasses import dataclass
from typing import Literal, get_args

Size = Literal["small", "medium", "large"]
SIZES: tuple[Size, ...] = get_args(Size)
Load = Literal["light", "table", "model"]


@dataclass(frozen=True)
class Resources:
    """What a pod asks for and may use, in Kubernetes' notation.

    Attributes
    ----------
    cpu_request, cpu_limit : str
        Processors: what is reserved, and what may be used while others leave it idle.
    memory : str
        Request and limit at once: a pod that was promised less than it uses is the first to be evicted.
    """

    cpu_request: str
    cpu_limit: str
    memory: str


RESOURCES: dict[Load, dict[Size, Resources]] = {
    # Reads a page of JSON, whatever the table.
    "light": dict.fromkeys(SIZES, Resources("100m", "1", "512Mi")),
    "table": {
        "small": Resources("500m", "2", "2Gi"),
        "medium": Resources("1", "4", "8Gi"),
        "large": Resources("2", "8", "32Gi"),
    },
    "model": {
        "small": Resources("1", "2", "4Gi"),
        "medium": Resources("4", "4", "16Gi"),
        "large": Resources("8", "8", "64Gi"),
    },
}
