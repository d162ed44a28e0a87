"""Amounts of memory, and how much a stage may use."""

import re
from dataclasses import dataclass

from components.errors import InvalidSetting
from components.machine import read_cgroup_limit, read_memory_limit

_NOTATION = re.compile(r"([1-9][0-9]*)(b|[kmg]i?)?")
_BYTES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
# The libraries of a stage take up to 300 MB.
_LEAST_BYTES = 512 << 20
DEFAULT_MEMORY = 2 << 30
# What the libraries of a stage take before it has read a row.
LIBRARY_BYTES = 300_000_000


@dataclass(frozen=True)
class Memory:
    """An amount of memory, as Docker writes it; Kubernetes' ``4Gi`` is read, too.

    Parameters
    ----------
    number : int
        Number of units, at least 1.
    unit : str
        ``b``, ``k``, ``m`` or ``g``, each 1024 times the one before; empty for bytes.
    """

    number: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Memory":
        """Read an amount such as ``512m`` or ``4g``.

        Raises
        ------
        InvalidSetting
            The text is not an amount, or the amount is less than 512 MiB, which is too small for a stage.
        """
        found = _NOTATION.fullmatch(text.strip().lower())
        memory = cls(int(found[1]), (found[2] or "").rstrip("i")) if found else None
        if memory is None or memory.n_bytes < _LEAST_BYTES:
            raise InvalidSetting.from_out_of_range(
                "memory", text, "at least 512m, as a whole number with the unit k, m or g, such as 4g"
            )
        return memory

    @property
    def n_bytes(self) -> int:
        """The amount in bytes."""
        return self.number * _BYTES[self.unit]

    @property
    def doubled(self) -> "Memory":
        """Twice as much, in the same unit."""
        return Memory(2 * self.number, self.unit)

    def __str__(self) -> str:
        return f"{self.number}{self.unit}"


def resolve_memory(stated: str) -> int:
    """Return the bytes of memory that a stage may use.

    Parameters
    ----------
    stated : str
        An amount such as ``512m`` or ``4g``, of which no more counts than there is; empty for the limit of
        the pod, or 2 GiB where there is none.

    Raises
    ------
    InvalidSetting
        The text is not an amount, or the amount is less than 512 MiB.
    """
    limit = read_memory_limit()
    if not stated:
        return min(read_cgroup_limit() or DEFAULT_MEMORY, limit or DEFAULT_MEMORY)
    wanted = Memory.parse(stated).n_bytes
    return min(wanted, limit or wanted)
