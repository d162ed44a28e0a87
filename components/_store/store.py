"""The store: objects fetched whole, and in one version."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from minio.error import S3Error

from components._store.address import Address
from components._store.digest import compute_md5, matches_etag
from components._store.download import Download, ObjectReplaced, ObjectVersion
from components._store.failures import FAILURES, StorageError, explain_storage_error
from components._store.retries import retry
from components._store.s3_connection import build_client, get_endpoint
from components.environment import Environment
from components.errors import find_nearest, format_list, suggest_name

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
        self._client = build_client(environment, timeout)
        self._endpoint = get_endpoint(environment)
        self._waits = waits

    def fetch(self, address: Address, file: Path) -> ObjectVersion:
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
                version = self._copy_object(address, copy)
            if self._is_intact(address, version, file) is not False:
                return version
            copies.append((version, compute_md5(file)))
        # SeaweedFS gives what it put together from copied parts an ETag that is no digest.
        if version.is_of_parts and copies[0] == copies[1]:
            return version
        raise StorageError(
            f"{address} is damaged: its content has not the digest that {self._endpoint} gives for it.",
            "Put the object there again.",
        )

    def has_object(self, address: Address) -> bool:
        """Return whether there is an object.

        Raises
        ------
        StorageFailed
            The storage cannot be reached, or does not say.
        """
        try:
            retry(lambda: self._client.stat_object(address.bucket, address.key), self._waits)
        except S3Error as error:
            if error.code == "NoSuchKey":
                return False
            raise self._make_error(f"{address} cannot be looked for", error) from None
        except FAILURES as error:
            raise self._make_error(f"{address} cannot be looked for", error) from None
        return True

    def put(self, file: Path, address: Address) -> None:
        """Store a file as an object, whole or not at all; one that is there is replaced.

        Raises
        ------
        StorageFailed
            The storage cannot be reached, or does not take it.
        """
        try:
            retry(lambda: self._client.fput_object(address.bucket, address.key, str(file)), self._waits)
        except S3Error as error:
            if error.code == "NoSuchBucket":
                raise self._make_missing_bucket_error(address) from None
            raise self._make_error(f"{address} cannot be written", error) from None
        except FAILURES as error:
            raise self._make_error(f"{address} cannot be written", error) from None

    def check_access(self) -> None:
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
                raise self._make_error("Object storage does not let us in", error) from None
        except FAILURES as error:
            raise self._make_error("Object storage cannot be reached", error) from None

    def _copy_object(self, address: Address, copy: BinaryIO) -> ObjectVersion:
        download = Download(self._client, address, copy)
        try:
            return retry(download.resume, self._waits, download.get_position)
        except ObjectReplaced:
            raise StorageError(
                f"{address} was replaced or removed while it was read.",
                "Run this again, and leave the object alone meanwhile; or let the bucket keep versions.",
            ) from None
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise self._make_missing_key_error(address) from None
            if error.code == "NoSuchBucket":
                raise self._make_missing_bucket_error(address) from None
            raise self._make_error(f"{address} cannot be read", error) from None
        except FAILURES as error:
            raise self._make_error(f"{address} cannot be read", error) from None

    def _is_intact(self, address: Address, version: ObjectVersion, file: Path) -> bool | None:
        def fetch_part_size(number: int) -> int | None:
            return retry(lambda: self._fetch_part_size(address, version, number), self._waits)

        if not version.has_digest:
            return None
        try:
            return matches_etag(file, version.etag, fetch_part_size)
        except S3Error:
            # Not every storage knows parts.
            return None
        except FAILURES as error:
            raise self._make_error(f"{address} cannot be read", error) from None

    def _fetch_part_size(self, address: Address, version: ObjectVersion, number: int) -> int | None:
        found = self._client.stat_object(
            address.bucket,
            address.key,
            version_id=version.version_id,
            extra_query_params={"partNumber": str(number)},
        )
        # A storage that does not know parts may answer for the whole object.
        knows_parts = found.metadata is not None and "x-amz-mp-parts-count" in found.metadata
        return found.size if knows_parts and found.etag == version.etag else None

    def _make_missing_bucket_error(self, address: Address) -> StorageError:
        try:
            names = [bucket.name for bucket in self._client.list_buckets()]
            remedy = suggest_name(address.bucket, names, "bucket")
        except FAILURES:
            remedy = "Check its name; these credentials may not list the buckets."
        return StorageError(f"There is no bucket {address.bucket!r} at {self._endpoint}.", remedy)

    def _make_missing_key_error(self, address: Address) -> StorageError:
        what = f"There is no object {address}."
        try:
            folder, names = self._list_neighbours(address)
        except S3Error:
            return StorageError(what, "Check its name; these credentials may not list the bucket.")
        except FAILURES as error:
            return self._make_error(what.rstrip("."), error)
        if not names:
            return StorageError(f"{what} The bucket is empty.", "Check the address, or put the object there.")
        first, slash, _ = address.key.removeprefix(folder).partition("/")
        if f"{first}/" in names and not slash:
            return StorageError(f"{address} is a folder.", "Give the address of one object in it.")
        near = find_nearest(first + slash, names)
        if near:
            return StorageError(what, f"Did you mean {Address(address.bucket, folder + near)}?")
        return StorageError(what, f"{Address(address.bucket, folder)} holds {format_list(names)}.")

    def _list_neighbours(self, address: Address) -> tuple[str, list[str]]:
        """Return the deepest folder of a key that there is, and the first names in it."""
        folder = address.key
        while folder:
            folder = "".join(folder.rstrip("/").rpartition("/")[:2])
            found = islice(self._client.list_objects(address.bucket, prefix=folder), _LISTED)
            names = sorted(str(item.object_name).removeprefix(folder) for item in found)
            if any(names):
                return folder, list(filter(None, names))
        return "", []

    def _make_error(self, what: str, error: Exception) -> StorageError:
        reason, remedy = explain_storage_error(error)
        return StorageError(f"{what}. {self._endpoint}: {reason}.", remedy)
