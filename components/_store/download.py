"""One object on its way into a file, in as many attempts as it takes."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from minio import Minio
from minio.error import InvalidResponseError, S3Error
from urllib3.exceptions import ProtocolError
from urllib3.response import BaseHTTPResponse

from components._store.address import Address

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ObjectVersion:
    """Which content an object had when it was read.

    Attributes
    ----------
    etag : str
        The object's ETag, without quotation marks.
    version_id : str or None
        The version, where the bucket keeps versions.
    size : int
        Bytes.
    has_digest : bool
        Whether the ETag may be a digest; that of an object with a key of its own is none.
    """

    etag: str
    version_id: str | None
    size: int
    has_digest: bool

    @property
    def is_of_parts(self) -> bool:
        """Whether it was put in parts."""
        return "-" in self.etag

    @classmethod
    def from_response(cls, answer: BaseHTTPResponse) -> "ObjectVersion":
        """Return what the answer to a request for a whole object says of it.

        Raises
        ------
        InvalidResponseError
            This is no answer of object storage.
        """
        headers = answer.headers
        try:
            return cls(
                etag=headers["ETag"].strip('"'),
                version_id=headers.get("x-amz-version-id"),
                size=int(headers["Content-Length"]),
                has_digest=not headers.get("x-amz-server-side-encryption", "").startswith("aws:kms")
                and "x-amz-server-side-encryption-customer-algorithm" not in headers,
            )
        except (KeyError, ValueError):
            # A console or a login page answers as if all were well.
            raise InvalidResponseError(answer.status, headers.get("Content-Type"), None) from None


class ObjectReplaced(Exception):
    """The object is no longer the one whose beginning was read."""


class Download:
    """An object and its copy, which may be there in part.

    Parameters
    ----------
    client : Minio
        The client.
    address : Address
        The object.
    copy : binary file
        The copy, empty.
    """

    def __init__(self, client: Minio, address: Address, copy: BinaryIO) -> None:
        self._client = client
        self._address = address
        self._copy = copy
        self._version: ObjectVersion | None = None

    def get_position(self) -> int:
        """Return how many bytes are there."""
        return self._copy.tell()

    def resume(self) -> ObjectVersion:
        """Read to the object's end from where the copy ends, and return which version it is.

        Raises
        ------
        ObjectReplaced
            There is another object now.
        HTTPError, MinioException
            This attempt broke off.
        """
        answer = self._request_content()
        try:
            if self._version is None:
                self._version = ObjectVersion.from_response(answer)
            elif answer.headers.get("ETag", "").strip('"') != self._version.etag:
                raise ObjectReplaced
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                self._copy.seek(0)
                self._copy.truncate()
            # An encoding is the content's own here: the file is what was put there.
            for chunk in answer.stream(_CHUNK, decode_content=False):
                self._copy.write(chunk)
            answer.release_conn()
        finally:
            answer.close()
        if self.get_position() != self._version.size:
            raise ProtocolError(f"{self.get_position()} of {self._version.size} bytes")
        return self._version

    def _request_content(self) -> BaseHTTPResponse:
        bucket, key = self._address.bucket, self._address.key
        if self._version is None:
            return self._client.get_object(bucket, key)
        # A last byte that is there already is asked for again, for a range must not be empty.
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
