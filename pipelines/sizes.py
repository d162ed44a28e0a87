"""The resources of tasks on a cluster."""

from dataclasses import dataclass
from typing import Literal, get_args

Size = Literal["small", "medium", "large"]
SIZES: tuple[Size, ...] = get_args(Size)
Load = Literal["light", "table", "model"]


@dataclass(frozen=True)
class Resources:
    """The requests and limits of a pod, in Kubernetes' notation.

    Attributes
    ----------
    cpu_request, cpu_limit : str
        Processors that are reserved, and that may be used if they are free.
    memory : str
        Both request and limit: Kubernetes evicts pods first that use more than their request.
    """

    cpu_request: str
    cpu_limit: str
    memory: str


RESOURCES: dict[Load, dict[Size, Resources]] = {
    # Reads only small JSON files, whatever the size of the table.
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
