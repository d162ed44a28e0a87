"""Addresses of objects: ``s3://bucket/key``, or one version: ``s3://bucket/key?versionId=...``."""

import re
from dataclasses import dataclass
from typing import ClassVar

from components.errors import InvalidSource

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(
    r"(?!.*(\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)"
)
_EXAMPLE = "s3://bucket/folder/table.csv"
_VERSION = "?versionId="


@dataclass(frozen=True)
class Address:
    """The address of one object.

    Attributes
    ----------
    bucket : str
        Name of the bucket.
    key : str
        Name of the object in it, slashes included.
    version : str or None
        The version, in a bucket that keeps versions; None for the newest.
    """

    SCHEME: ClassVar[str] = "s3"

    bucket: str
    key: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parse an address. Nothing in the key is unescaped.

        Raises
        ------
        InvalidSource
            The text has no valid bucket name, no key, or an empty version.
        """
        place, mark, version = text.partition(_VERSION)
        bucket, key = _split_place(text, place)
        if not key or key.endswith("/"):
            container = f"the folder {key}" if key else "a bucket"
            raise InvalidSource(
                f"The address {text} names {container} but no object in it.", f"Write it as {_EXAMPLE}."
            )
        if mark and not version:
            raise InvalidSource(
                f"The address {text} has no version after {_VERSION[1:]}.",
                f"Write it as {_EXAMPLE}{_VERSION}3HL4kqtJvjVBH40Nrjfkd, or leave that out for the newest.",
            )
        return cls(bucket, key, version or None)

    @classmethod
    def parse_folder(cls, text: str) -> "Address":
        """Parse the address of a folder, with a slash at its end; the key is empty for a whole bucket.

        Raises
        ------
        InvalidSource
            The text has no valid bucket name.
        """
        bucket, key = _split_place(text, text)
        return cls(bucket, key.rstrip("/"))

    def __str__(self) -> str:
        version = "" if self.version is None else f"{_VERSION}{self.version}"
        return f"{self.SCHEME}://{self.bucket}/{self.key}{version}"


def _split_place(text: str, place: str) -> tuple[str, str]:
    """Return bucket and key of an address without its version."""
    bucket, _, key = place.partition("://")[2].partition("/")
    if not _BUCKET.fullmatch(bucket):
        what = f"has an invalid bucket name: {bucket!r}" if bucket else "does not name a bucket"
        raise InvalidSource(
            f"The address {text} {what}.",
            f"Write it as {_EXAMPLE}; a bucket has 3 to 63 lower-case letters, digits, dots and dashes.",
        )
    return bucket, key
