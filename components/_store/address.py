"""Addresses of objects: ``s3://bucket/key``."""

import re
from dataclasses import dataclass
from typing import ClassVar

from components.errors import InvalidSource

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(
    r"(?!.*(\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)"
)
_EXAMPLE = "s3://bucket/folder/table.csv"


@dataclass(frozen=True)
class Address:
    """The address of one object.

    Attributes
    ----------
    bucket : str
        Name of the bucket.
    key : str
        Name of the object in it, slashes included.
    """

    SCHEME: ClassVar[str] = "s3"

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parse an address. Nothing in the key is unescaped.

        Raises
        ------
        InvalidSource
            The text has no valid bucket name, or no key.
        """
        bucket, _, key = text.partition("://")[2].partition("/")
        if not _BUCKET.fullmatch(bucket):
            what = f"has an invalid bucket name: {bucket!r}" if bucket else "does not name a bucket"
            raise InvalidSource(
                f"The address {text} {what}.",
                f"Write it as {_EXAMPLE}; a bucket has 3 to 63 lower-case letters, digits, dots and dashes.",
            )
        if not key or key.endswith("/"):
            container = f"the folder {key}" if key else "a bucket"
            raise InvalidSource(
                f"The address {text} names {container} but no object in it.", f"Write it as {_EXAMPLE}."
            )
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"{self.SCHEME}://{self.bucket}/{self.key}"
