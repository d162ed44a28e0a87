"""An object in object storage."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSetting
from components.ingest.sources.fingerprints import check_fingerprint, describe_object
from components.ingest.sources.source import LocalSource, RemoteSource

if TYPE_CHECKING:
    from components._store.store import Store


class ObjectSource(RemoteSource):
    """An object, the newest or one version: ``s3://bucket/key?versionId=...``."""

    def compute_fingerprint(self) -> str:
        """Return the fingerprint of the object's version, else of its ETag."""
        address = Address.parse(self.address)
        return describe_object(open_store(self.timeout, self.waits).find_version(address))

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a copy of the object."""
        address, file = Address.parse(self.address), scratch / "object"
        version = open_store(self.timeout, self.waits).fetch(address, file)
        found = describe_object(version)
        facts = {"etag": version.etag}
        if version.lasting_id is not None:
            facts["source_version"] = version.lasting_id
        return LocalSource(file, partial(check_fingerprint, found, source=self.address), facts)

    def pin(self, version: str) -> str:
        """Return the address of one version of the object."""
        address = Address.parse(self.address)
        if address.version not in (None, version):
            raise InvalidSetting(
                f"{address} names another version than --data-version {version!r}.",
                "Leave one of them out.",
            )
        return str(Address(address.bucket, address.key, version))


def open_store(timeout: float, waits: Sequence[float]) -> "Store":
    """Return the object storage that the environment names."""
    # The import takes a tenth of a second, and most sources do not need it.
    from components._store.store import Store

    return Store(Environment.read(), timeout=timeout, waits=waits)
