"""Addresses of tables that keep their versions: ``delta+PLACE@VERSION`` and ``iceberg+PLACE@SNAPSHOT``."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from components.errors import InvalidSetting, InvalidSource
from components.ingest.sources.source import parse_moment

_EXAMPLES = {
    "delta": "delta+s3://bucket/table@7, or @2026-11-30T08:15:00Z for the version at a moment",
    "iceberg": "iceberg+s3://bucket/table/metadata/00002-uuid.metadata.json@6849282521184893840",
}


@dataclass(frozen=True)
class LakehouseAddress:
    """A version of a Delta or Iceberg table.

    Attributes
    ----------
    kind : str
        ``"delta"`` or ``"iceberg"``.
    place : str
        A path or an s3 address: of a Delta table's folder, of an Iceberg table's metadata file.
    version : str
        The version of a Delta table, or a moment; the id of an Iceberg table's snapshot. Empty: the newest.
    """

    kind: str
    place: str
    version: str = ""

    @classmethod
    def parse(cls, address: str) -> "LakehouseAddress":
        """Return the parts of an address.

        Raises
        ------
        InvalidSource
            It names no place, or its version is not one.
        """
        kind, _, rest = address.partition("+")
        kind = kind.lower()
        place, mark, version = rest.rpartition("@")
        if not mark or "/" in version:
            place, version = rest, ""
        scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", place)
        is_known = scheme is None or scheme[1] == "s3"
        if not place or not is_known or (mark and not version and place != rest):
            raise InvalidSource(f"The address {address} names no table.", f"Write it as {_EXAMPLES[kind]}.")
        if version and not version.isdecimal() and (kind == "iceberg" or parse_moment(version) is None):
            raise InvalidSource(
                f"{version!r} in the address {address} is not a version.", f"Write it as {_EXAMPLES[kind]}."
            )
        return cls(kind, place, version)

    def __str__(self) -> str:
        return f"{self.kind}+{self.place}{f'@{self.version}' if self.version else ''}"

    @property
    def is_stored(self) -> bool:
        """Whether the table is in object storage."""
        return self.place.startswith("s3://")

    @property
    def keeps_moments(self) -> bool:
        """Whether a moment can say which version it is."""
        return self.kind == "delta" and not self.version

    def make_absolute(self) -> "LakehouseAddress":
        """Return the address that is valid in every folder."""
        return self if self.is_stored else replace(self, place=str(Path(self.place).expanduser().resolve()))

    def pin(self, version: str) -> "LakehouseAddress":
        """Return the address of a version.

        Raises
        ------
        InvalidSetting
            It names another one.
        InvalidSource
            It is not a version.
        """
        if self.version not in ("", version):
            raise InvalidSetting(
                f"{self} names another version than --data-version {version!r}.", "Leave one of them out."
            )
        return LakehouseAddress.parse(str(replace(self, version=version)))
