"""The store: objects fetched whole, and in one version."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from minio.error import S3Error

from components._store.address import Address
from components._store.connection import connect, endpoint
from components._store.digest import agrees, md5
from components._store.download import Download, ObjectReplaced, Version
from components._store.failures import FAILURES, StorageFailed, trouble
from components._store.patience import patiently
from components.environment import Environment
from components.errors import listed, nearest, suggestion

# Seconds without an answer, or without the next piece of one.
TIMEOUT = 30.0
# Seconds to wait before each further attempt.
WAITS = (1.0, 2.0, 4.0, 8.0)
_LISTED = 1000


class Store:
    """Object storage that speaks S3. Nothing is asked of it before a method is called.

    Parameters
    ----------
    environment : Environment
        Where it is, and who asks.
    timeout : float
        Seconds without an answer, or without the next piece of one.
    waits : sequence of float
        Seconds before each further attempt.

    Raises
    ------
    InvalidSetting
        A variable of the environment is wrong, or one is missing.
    """

    def __init__(
        self, environment: Environment, *, timeout: float = TIMEOUT, waits: Sequence[float] = WAITS
    ) -> None:
        self._client = connect(environment, timeout)
        self._endpoint = endpoint(environment)
        self._waits = waits

    def fetch(self, address: Address, file: Path) -> Version:
        """Copy an object into a file, and return which version of it.

        A copy that breaks off is continued where it stopped, if the object is the same still. Its length is
        checked, and its digest where its ETag is one.

        Parameters
        ----------
        address : Address
            The object.
        file : Path
            The copy; what is there is overwritten.

        Raises
        ------
        StorageFailed
            The storage cannot be reached, or does not have the object, or does not give it whole.
        """
        # What the network spoilt is well the next time, what lies spoilt in the storage is not.
        copies = []
        for _ in range(2):
            with file.open("wb") as copy:
                version = self._copied(address, copy)
            if self._is_sound(address, version, file) is not False:
                return version
            copies.append((version, md5(file)))
        # SeaweedFS gives what it put together from copied parts an ETag that is no digest.
        if version.is_of_parts and copies[0] == copies[1]:
            return version
        raise StorageFailed(
            f"{address} is damaged: its content has not the digest that {self._endpoint} gives for it.",
            "Put the object there again.",
        )

    def holds(self, address: Address) -> bool:
        """Return whether there is an object.

        Raises
        ------
        StorageFailed
            The storage cannot be reached, or does not say.
        """
        try:
            patiently(lambda: self._client.stat_object(address.bucket, address.key), self._waits)
        except S3Error as error:
            if error.code == "NoSuchKey":
                return False
            raise self._failure(f"{address} cannot be looked for", error) from None
        except FAILURES as error:
            raise self._failure(f"{address} cannot be looked for", error) from None
        return True

    def put(self, file: Path, address: Address) -> None:
        """Store a file as an object, whole or not at all; one that is there is replaced.

        Raises
        ------
        StorageFailed
            The storage cannot be reached, or does not take it.
        """
        try:
            patiently(lambda: self._client.fput_object(address.bucket, address.key, str(file)), self._waits)
        except S3Error as error:
            if error.code == "NoSuchBucket":
                raise self._missing_bucket(address) from None
            raise self._failure(f"{address} cannot be written", error) from None
        except FAILURES as error:
            raise self._failure(f"{address} cannot be written", error) from None

    def sign_in(self) -> None:
        """See that the storage answers and knows the keys.

        Raises
        ------
        StorageFailed
            It does not.
        """
        try:
            self._client.list_buckets()
        except S3Error as error:
            # Whom it lets read one bucket only, it knows nevertheless.
            if error.code != "AccessDenied":
                raise self._failure("Object storage does not let us in", error) from None
        except FAILURES as error:
            raise self._failure("Object storage cannot be reached", error) from None

    def _copied(self, address: Address, copy: BinaryIO) -> Version:
        download = Download(self._client, address, copy)
        try:
            return patiently(download.go_on, self._waits, download.position)
        except ObjectReplaced:
            raise StorageFailed(
                f"{address} was replaced or removed while it was read.",
                "Run this again, and leave the object alone meanwhile; or let the bucket keep versions.",
            ) from None
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise self._missing_key(address) from None
            if error.code == "NoSuchBucket":
                raise self._missing_bucket(address) from None
            raise self._failure(f"{address} cannot be read", error) from None
        except FAILURES as error:
            raise self._failure(f"{address} cannot be read", error) from None

    def _is_sound(self, address: Address, version: Version, file: Path) -> bool | None:
        def part_size(number: int) -> int | None:
            return patiently(lambda: self._part_size(address, version, number), self._waits)

        if not version.has_digest:
            return None
        try:
            return agrees(file, version.etag, part_size)
        except S3Error:
            # Not every storage knows parts.
            return None
        except FAILURES as error:
            raise self._failure(f"{address} cannot be read", error) from None

    def _part_size(self, address: Address, version: Version, number: int) -> int | None:
        found = self._client.stat_object(
            address.bucket,
            address.key,
            version_id=version.version_id,
            extra_query_params={"partNumber": str(number)},
        )
        # A storage that does not know parts may answer for the whole object.
        knows_parts = found.metadata is not None and "x-amz-mp-parts-count" in found.metadata
        return found.size if knows_parts and found.etag == version.etag else None

    def _missing_bucket(self, address: Address) -> StorageFailed:
        try:
            names = [bucket.name for bucket in self._client.list_buckets()]
            remedy = suggestion(address.bucket, names, "bucket")
        except FAILURES:
            remedy = "Check its name; these credentials may not list the buckets."
        return StorageFailed(f"There is no bucket {address.bucket!r} at {self._endpoint}.", remedy)

    def _missing_key(self, address: Address) -> StorageFailed:
        what = f"There is no object {address}."
        try:
            folder, names = self._neighbours(address)
        except S3Error:
            return StorageFailed(what, "Check its name; these credentials may not list the bucket.")
        except FAILURES as error:
            return self._failure(what.rstrip("."), error)
        if not names:
            return StorageFailed(
                f"{what} The bucket is empty.", "Check the address, or put the object there."
            )
        first, slash, _ = address.key.removeprefix(folder).partition("/")
        if f"{first}/" in names and not slash:
            return StorageFailed(f"{address} is a folder.", "Give the address of one object in it.")
        near = nearest(first + slash, names)
        if near:
            return StorageFailed(what, f"Did you mean {Address(address.bucket, folder + near)}?")
        return StorageFailed(what, f"{Address(address.bucket, folder)} holds {listed(names)}.")

    def _neighbours(self, address: Address) -> tuple[str, list[str]]:
        """Return the deepest folder of a key that there is, and the first names in it."""
        folder = address.key
        while folder:
            folder = "".join(folder.rstrip("/").rpartition("/")[:2])
            found = islice(self._client.list_objects(address.bucket, prefix=folder), _LISTED)
            names = sorted(str(item.object_name).removeprefix(folder) for item in found)
            if any(names):
                return folder, list(filter(None, names))
        return "", []

    def _failure(self, what: str, error: Exception) -> StorageFailed:
        reason, remedy = trouble(error)
        return StorageFailed(f"{what}. {self._endpoint}: {reason}.", remedy)
