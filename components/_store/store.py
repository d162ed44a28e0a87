"""The store: downloads and uploads whole objects, each in one version."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from minio.datatypes import Object
from minio.error import S3Error
from urllib3.exceptions import ProtocolError

from components._store.absence import Absence, list_versions
from components._store.address import Address
from components._store.copy_digest import CopyDigest
from components._store.digest import compute_md5, matches_etag
from components._store.download import Download, ObjectReplaced, ObjectVersion
from components._store.failures import (
    FAILURES,
    StorageDenied,
    StorageError,
    get_error_code,
    is_transient,
    make_storage_error,
)
from components._store.folder_contents import FolderContents
from components._store.s3_connection import build_client, get_endpoint
from components.environment import Environment
from components.network import WAITS, retry

T = TypeVar("T")

# Seconds to wait for a response, or for the next piece of one.
TIMEOUT = 30.0
# Some storages answer so for a version that they cannot have made, or that marks a deletion.
_NO_SUCH_VERSION = ("NoSuchVersion", "NoSuchKey", "InvalidArgument", "MethodNotAllowed")


class StoredFile(NamedTuple):
    """A file in a folder.

    Attributes
    ----------
    name : str
        Its name, with those of subfolders before it, separated by slashes.
    modified : datetime
        When it was stored, in UTC.
    """

    name: str
    modified: datetime


class Store:
    """Object storage that speaks S3. No request is sent before a method is called.

    Parameters
    ----------
    environment : Environment
        Its address and the credentials.
    timeout : float
        Seconds to wait for a response, or for the next piece of one.
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
        self._absence = Absence(self._client, self._endpoint, waits)

    def fetch(self, address: Address, file: Path) -> ObjectVersion:
        """Copy an object into a file, and return its version.

        A copy that breaks off is continued where it stopped, if the object is still the same. The length of
        the copy is checked, and its digest if the ETag is one.

        Parameters
        ----------
        address : Address
            The object.
        file : Path
            The copy; an existing file is overwritten.

        Raises
        ------
        StorageError
            The storage cannot be reached, or does not have the object, or does not send all of it.
        """
        # A second copy shows whether the network damaged the first or the object itself is damaged.
        copies = []
        for _ in range(2):
            with file.open("wb") as copy, CopyDigest(file) as digest:
                download = Download(self._client, address, copy, digest)
                version = self._copy_object(address, download)
                etag = digest.compute_etag()
            if etag == version.etag or self._is_intact(address, version, download, file) is not False:
                return version
            copies.append((version, compute_md5(file)))
        # SeaweedFS gives an object that it composed of copied parts an ETag that is not a digest.
        if version.is_of_parts and copies[0] == copies[1]:
            return version
        raise StorageError(
            f"{address} is damaged: its content does not have the digest that {self._endpoint} gives.",
            "Upload the object again.",
        )

    def find_version(self, address: Address) -> ObjectVersion:
        """Return the version that an object has now, or the one that is asked for, without its content.

        Raises
        ------
        StorageError
            As from ``fetch``.
        """

        def look() -> ObjectVersion:
            # A refused HEAD does not say why, so the object is requested as for a copy, and not read.
            response = self._client.get_object(address.bucket, address.key, version_id=address.version)
            try:
                return ObjectVersion.from_response(response)
            finally:
                response.close()

        try:
            found = self._retry(look)
        except FAILURES as error:
            raise self._explain_failure(address, error) from None
        self._check_version(address, found)
        return found

    def fetch_part(self, address: Address, version: ObjectVersion, offset: int, length: int) -> bytes:
        """Return some bytes of an object, which are there, if it still has a version.

        Raises
        ------
        StorageError
            The storage cannot be reached, or does not have the object any more.
        """

        def request() -> bytes:
            response = self._client.get_object(
                address.bucket,
                address.key,
                offset=offset,
                length=length,
                request_headers={"If-Match": f'"{version.etag}"'},
                version_id=version.version_id,
            )
            try:
                content = bytes(response.read())
            finally:
                response.close()
                response.release_conn()
            if len(content) != length:
                raise ProtocolError(f"{len(content)} of {length} bytes")
            return content

        try:
            return self._retry(request)
        except FAILURES as error:
            if get_error_code(error) == "PreconditionFailed":
                raise _explain_replacement(address) from None
            raise self._explain_failure(address, error) from None

    def find_version_at(self, address: Address, moment: datetime) -> str | None:
        """Return the version that an object had at a time; None if there was none or the bucket keeps none.

        Raises
        ------
        StorageError
            The storage cannot be reached, or refuses to list versions, or does not tell which it was.
        """
        try:
            versions = self._retry(lambda: list_versions(self._client, address))
        except FAILURES as error:
            raise self._make_error(f"Cannot list the versions of {address}", error) from None
        try:
            contents = FolderContents.from_versions(((address.key, item) for item in versions), moment)
        except ValueError as error:
            raise StorageError(
                f"The version of {address} at {moment.isoformat()} is not known: {error}.",
                f"Name the version: {address}?versionId=...",
            ) from None
        return contents.objects[0].version_id if contents.objects else None

    def has_object(self, address: Address) -> bool:
        """Return whether an object exists.

        Raises
        ------
        StorageError
            The storage cannot be reached, or refuses to answer.
        """
        try:
            self._retry(
                lambda: self._client.stat_object(address.bucket, address.key, version_id=address.version)
            )
        except FAILURES as error:
            if get_error_code(error) == "NoSuchKey":
                return False
            raise self._make_error(f"Cannot check whether {address} exists", error) from None
        return True

    def list_folder(self, folder: Address) -> list[str]:
        """Return the names in a folder, sorted; those of folders end with a slash. No folder has no names.

        Raises
        ------
        StorageError
            The storage cannot be reached, or refuses to answer, or has no such bucket.
        """
        # Some storages list the folder itself.
        return sorted(name for name in self._list_objects(folder, _read_name, is_deep=False) if name)

    def list_files(self, folder: Address, most: int | None = None) -> list[StoredFile]:
        """Return the files in a folder and its subfolders, in any order. No folder has no files.

        Parameters
        ----------
        folder : Address
            The folder.
        most : int or None
            Most files to return; None for all.

        Raises
        ------
        StorageError
            As from ``list_folder``.
        """
        found = self._list_objects(folder, _read_file, is_deep=True, most=most)
        return [file for file in found if file is not None]

    def list_contents(self, folder: Address, moment: datetime | None = None) -> FolderContents:
        """Return the objects in a folder and its subfolders, each in the version that it had at a moment.

        Parameters
        ----------
        folder : Address
            The folder; an empty key for the whole bucket.
        moment : datetime or None
            The moment; None for now.

        Raises
        ------
        StorageError
            As from ``list_folder``. What the folder had earlier needs the right to list versions;
            without it, what it has now comes without versions.
        ValueError
            The storage does not tell what the folder had at that moment.
        """
        try:
            versions = self._list_objects(folder, _read_both, is_deep=True, has_versions=True)
        except StorageDenied:
            if moment is not None:
                raise
            versions = self._list_objects(folder, _read_both, is_deep=True)
        return FolderContents.from_versions(versions, moment)

    def _list_objects(
        self,
        folder: Address,
        read: Callable[[str, Object], T],
        *,
        is_deep: bool,
        most: int | None = None,
        has_versions: bool = False,
    ) -> list[T]:
        """Return what is read of each name in a folder and of what it names.

        An object takes 0.6 kB, and there may be millions, so only what is wanted of it is kept.
        """
        prefix = f"{folder.key}/" if folder.key else ""

        def look() -> list[T]:
            found = self._client.list_objects(
                folder.bucket, prefix=prefix, recursive=is_deep, include_version=has_versions
            )
            return [read(str(item.object_name).removeprefix(prefix), item) for item in islice(found, most)]

        try:
            return self._retry(look)
        except FAILURES as error:
            if get_error_code(error) == "NoSuchBucket":
                raise self._absence.explain_bucket(folder) from None
            raise self._make_error(f"{folder} cannot be listed", error) from None

    def put(self, file: Path, address: Address) -> None:
        """Store a file as an object, completely or not at all; an existing object is replaced.

        Raises
        ------
        StorageError
            The storage cannot be reached, or refuses it.
        """
        try:
            self._retry(lambda: self._client.fput_object(address.bucket, address.key, str(file)))
        except FAILURES as error:
            if get_error_code(error) == "NoSuchBucket":
                raise self._absence.explain_bucket(address) from None
            raise self._make_error(f"{address} cannot be written", error) from None

    def check_access(self) -> None:
        """Check that the storage answers and knows the keys.

        Raises
        ------
        StorageError
            It does not.
        """
        try:
            self._client.list_buckets()
        except S3Error as error:
            # Keys with the right to read only one bucket are valid too.
            if error.code != "AccessDenied":
                raise self._make_error("Object storage refuses access", error) from None
        except FAILURES as error:
            raise self._make_error("Object storage cannot be reached", error) from None

    def _retry(self, request: Callable[[], T], get_progress: Callable[[], int] = lambda: 0) -> T:
        return retry(request, self._waits, is_transient, get_progress=get_progress)

    def _copy_object(self, address: Address, download: Download) -> ObjectVersion:
        try:
            found = self._retry(download.resume, download.get_position)
        except ObjectReplaced:
            raise _explain_replacement(address) from None
        except FAILURES as error:
            raise self._explain_failure(address, error) from None
        self._check_version(address, found)
        return found

    def _check_version(self, address: Address, found: ObjectVersion) -> None:
        """Check the version that was answered: without versioning, SeaweedFS answers any with the content."""
        if address.version is not None and found.version_id != address.version:
            raise self._absence.explain_version(address)

    def _explain_failure(self, address: Address, error: Exception) -> StorageError:
        """Return the error for an object that cannot be read."""
        if address.version is not None and get_error_code(error) in _NO_SUCH_VERSION:
            return self._absence.explain_version(address)
        if get_error_code(error) == "NoSuchKey":
            return self._absence.explain_key(address)
        if get_error_code(error) == "NoSuchBucket":
            return self._absence.explain_bucket(address)
        return self._make_error(f"{address} cannot be read", error)

    def _is_intact(
        self, address: Address, version: ObjectVersion, download: Download, file: Path
    ) -> bool | None:
        def fetch_part_size(number: int) -> int | None:
            return self._retry(lambda: download.fetch_part_size(version, number))

        if not version.has_digest:
            return None
        try:
            return matches_etag(file, version.etag, fetch_part_size)
        except S3Error:
            # Some storages do not know the parts.
            return None
        except FAILURES as error:
            raise self._make_error(f"{address} cannot be read", error) from None

    def _make_error(self, what: str, error: Exception) -> StorageError:
        return make_storage_error(what, self._endpoint, error)


def _explain_replacement(address: Address) -> StorageError:
    return StorageError(
        f"{address} was replaced or removed while it was read.",
        "Run this again without changing the object meanwhile, or turn on versioning of the bucket.",
    )


def _read_name(name: str, _: Object) -> str:
    return name


def _read_both(name: str, item: Object) -> tuple[str, Object]:
    return name, item


def _read_file(name: str, item: Object) -> StoredFile | None:
    # A console may store an empty object for a folder.
    if item.last_modified is None or f"/{name}".endswith("/"):
        return None
    return StoredFile(name, item.last_modified)
