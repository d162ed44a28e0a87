"""What an object storage does not have, and what it has instead."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

from minio import Minio
from minio.datatypes import Object
from minio.error import S3Error

from components._store.address import Address
from components._store.download import NO_VERSION
from components._store.failures import FAILURES, StorageError, is_transient, make_storage_error
from components.errors import find_nearest, format_list, suggest_name
from components.network import retry

T = TypeVar("T")

_LISTED = 1000


class Absence:
    """Explains that a bucket, an object or a version is not there, by what is there.

    Parameters
    ----------
    client : Minio
        Client of the storage.
    endpoint : str
        Its address, for people.
    waits : sequence of float
        Seconds before each further attempt.
    """

    def __init__(self, client: Minio, endpoint: str, waits: Sequence[float]) -> None:
        self._client = client
        self._endpoint = endpoint
        self._waits = waits

    def explain_bucket(self, address: Address) -> StorageError:
        """Return the error for an address whose bucket is missing."""
        try:
            buckets = self._retry(self._client.list_buckets)
            remedy = suggest_name(address.bucket, [bucket.name for bucket in buckets], "bucket")
        except FAILURES:
            remedy = "Check its name; these credentials are not allowed to list the buckets."
        return StorageError(f"There is no bucket {address.bucket!r} at {self._endpoint}.", remedy)

    def explain_version(self, address: Address) -> StorageError:
        """Return the error for an address whose version is missing."""
        newest = Address(address.bucket, address.key)
        what = f"{newest} has no version {address.version}."
        try:
            versions = self._retry(lambda: self._list_kept_versions(newest))
        except FAILURES:
            return StorageError(
                what, "Check it; these credentials are not allowed to list the bucket's versions."
            )
        if not versions:
            return self.explain_key(newest)
        if all(item.version_id in NO_VERSION for item in versions):
            return StorageError(
                f"{what} The bucket {address.bucket!r} keeps no versions.",
                f"Give {newest}, and turn on the versioning of the bucket to be able to read it again later.",
            )
        return StorageError(what, f"Its versions, the newest first: {_format_versions(versions)}.")

    def explain_key(self, address: Address) -> StorageError:
        """Return the error for an address whose object is missing."""
        what = f"There is no object {address}."
        if versions := self._find_removed_versions(address):
            newest = Address(address.bucket, address.key, versions[0].version_id)
            return StorageError(
                f"{what} It was removed.",
                f"Its last content is {newest}. All its versions: {_format_versions(versions)}.",
            )
        try:
            folder, names = self._retry(lambda: self._list_neighbours(address))
        except S3Error:
            return StorageError(what, "Check its name; these credentials are not allowed to list the bucket.")
        except FAILURES as error:
            return make_storage_error(what.rstrip("."), self._endpoint, error)
        if not names:
            return StorageError(f"{what} The bucket is empty.", "Check the address, or upload the object.")
        first, slash, _ = address.key.removeprefix(folder).partition("/")
        if f"{first}/" in names and not slash:
            return StorageError(
                f"{address} is a folder.",
                f"Give the address of one object in it, or all of it with a slash at the end: {address}/.",
            )
        near = find_nearest(first + slash, names)
        if near:
            return StorageError(what, f"Did you mean {Address(address.bucket, folder + near)}?")
        return StorageError(what, f"{Address(address.bucket, folder)} holds {format_list(names)}.")

    def _retry(self, request: Callable[[], T]) -> T:
        return retry(request, self._waits, is_transient)

    def _list_kept_versions(self, address: Address) -> list[Object]:
        """Return the versions of an object that have content, the newest first."""
        return [item for item in list_versions(self._client, address) if not item.is_delete_marker]

    def _find_removed_versions(self, address: Address) -> list[Object]:
        """Return the versions of an object that is not there; none if they cannot be listed."""
        try:
            return self._list_kept_versions(address)
        except FAILURES:
            return []

    def _list_neighbours(self, address: Address) -> tuple[str, list[str]]:
        """Return the deepest existing folder of a key, and the first names in it."""
        folder = address.key
        while folder:
            folder = "".join(folder.rstrip("/").rpartition("/")[:2])
            found = islice(self._client.list_objects(address.bucket, prefix=folder), _LISTED)
            names = sorted(str(item.object_name).removeprefix(folder) for item in found)
            if any(names):
                return folder, list(filter(None, names))
        return "", []


def list_versions(client: Minio, address: Address) -> list[Object]:
    """Return the versions of an object, those of deletions included."""
    found = client.list_objects(address.bucket, prefix=address.key, include_version=True)
    return [item for item in islice(found, _LISTED) if item.object_name == address.key]


def _format_versions(versions: Sequence[Object]) -> str:
    return format_list(
        f"{item.version_id} ({item.last_modified:%Y-%m-%d %H:%M} UTC)"
        for item in versions
        if item.last_modified is not None
    )
