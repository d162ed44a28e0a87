"""The download of one object into a file, in as many attempts as it takes."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import BinaryIO

from minio import Minio
from minio.error import InvalidResponseError, S3Error
from urllib3.exceptions import ProtocolError
from urllib3.response import BaseHTTPResponse

from components._store.address import Address
from components._store.copy_digest import CopyDigest
from components._store.failures import FAILURES

# The version of an object that was stored while its bucket kept no versions.
NO_VERSION = (None, "", "null")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ObjectVersion:
    """The version of an object that was read.

    Attributes
    ----------
    etag : str
        The object's ETag, without quotation marks.
    version_id : str or None
        Its version, if the bucket keeps versions.
    size : int
        Size in bytes.
    has_digest : bool
        Whether the ETag may be a digest; it is not one if the object has an encryption key of its own.
    """

    etag: str
    version_id: str | None
    size: int
    has_digest: bool

    @property
    def lasting_id(self) -> str | None:
        """Its version, if that cannot be overwritten: not one stored while the bucket kept no versions."""
        return None if self.version_id in NO_VERSION else self.version_id

    @property
    def is_of_parts(self) -> bool:
        """Whether it was uploaded in parts."""
        return "-" in self.etag

    @classmethod
    def from_response(cls, response: BaseHTTPResponse) -> "ObjectVersion":
        """Return the version that the response to a request for the whole object describes.

        Raises
        ------
        InvalidResponseError
            This is not a response of object storage.
        """
        headers = response.headers
        try:
            return cls(
                etag=headers["ETag"].strip('"'),
                version_id=headers.get("x-amz-version-id"),
                size=int(headers["Content-Length"]),
                has_digest=not headers.get("x-amz-server-side-encryption", "").startswith("aws:kms")
                and "x-amz-server-side-encryption-customer-algorithm" not in headers,
            )
        except (KeyError, ValueError):
            # A console or a login page also answers with status 200.
            raise InvalidResponseError(response.status, headers.get("Content-Type"), None) from None


class ObjectReplaced(Exception):
    """The object is no longer the one whose beginning was read."""


class Download:
    """An object and its copy, which may be incomplete.

    Parameters
    ----------
    client : Minio
        The client.
    address : Address
        The object.
    copy : binary file
        The copy, empty.
    digest : CopyDigest
        Hashes the copy while it grows.
    """

    def __init__(self, client: Minio, address: Address, copy: BinaryIO, digest: CopyDigest) -> None:
        self._client = client
        self._address = address
        self._copy = copy
        self._digest = digest
        self._version: ObjectVersion | None = None
        self._part_sizes: dict[int, int | None] = {}

    def get_position(self) -> int:
        """Return how many bytes the copy has."""
        return self._copy.tell()

    def resume(self) -> ObjectVersion:
        """Append the rest of the object to the copy, and return the version of the object.

        Raises
        ------
        ObjectReplaced
            The object is no longer the same.
        HTTPError, MinioException
            This attempt failed.
        """
        response = self._request_content()
        try:
            if self._version is None:
                self._version = ObjectVersion.from_response(response)
                self._start_digest(self._version)
            elif response.headers.get("ETag", "").strip('"') != self._version.etag:
                raise ObjectReplaced
            if response.status != HTTPStatus.PARTIAL_CONTENT:
                self._copy.seek(0)
                self._copy.truncate()
            # The file must have the bytes that were uploaded, so an encoded object is not decoded.
            for chunk in response.stream(_CHUNK, decode_content=False):
                self._copy.write(chunk)
                self._copy.flush()
                self._digest.advance(self.get_position())
            response.release_conn()
        finally:
            response.close()
        if self.get_position() != self._version.size:
            raise ProtocolError(f"{self.get_position()} of {self._version.size} bytes")
        return self._version

    def fetch_part_size(self, version: ObjectVersion, number: int) -> int | None:
        """Return the size in bytes of a part, by its number from 1; None if the storage does not know it.

        Raises
        ------
        HTTPError, MinioException
            The request failed.
        """
        if number not in self._part_sizes:
            found = self._client.stat_object(
                self._address.bucket,
                self._address.key,
                version_id=version.version_id,
                extra_query_params={"partNumber": str(number)},
            )
            # A storage that does not know the parts may answer for the whole object.
            knows_parts = found.metadata is not None and "x-amz-mp-parts-count" in found.metadata
            is_part = knows_parts and found.etag == version.etag
            self._part_sizes[number] = found.size if is_part else None
        return self._part_sizes[number]

    def _start_digest(self, version: ObjectVersion) -> None:
        # Without the parts' sizes now, the copy is hashed when it is complete.
        with suppress(*FAILURES):
            if version.has_digest:
                self._digest.start(version.etag, version.size, partial(self.fetch_part_size, version))

    def _request_content(self) -> BaseHTTPResponse:
        bucket, key = self._address.bucket, self._address.key
        if self._version is None:
            return self._client.get_object(bucket, key, version_id=self._address.version)
        # A range must not be empty, so if the copy is complete, its last byte is requested again.
        offset = min(self.get_position(), max(self._version.size - 1, 0))
        self._copy.seek(offset)
        self._copy.truncate()
        try:
            return self._client.get_object(
                bucket,
                key,
                offset=offset,
                request_headers={"If-Match": f'"{self._version.etag}"'},
                version_id=self._version.version_id,
            )
        except S3Error as error:
            if error.code in ("PreconditionFailed", "NoSuchKey", "NoSuchVersion"):
                raise ObjectReplaced from None
            raise
