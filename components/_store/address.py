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
    """The place of one object.

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
        """Take an address apart. Keys are taken as they are written: nothing in them is escaped.

        Raises
        ------
        InvalidSource
            The text names no bucket, no possible bucket, or no object in it.
        """
        bucket, _, key = text.partition("://")[2].partition("/")
        if not _BUCKET.fullmatch(bucket):
            what = f"is no name of a bucket: {bucket!r}" if bucket else "does not name a bucket"
            raise InvalidSource(
                f"The address {text} {what}.",
                f"Write it as {_EXAMPLE}; a bucket has 3 to 63 small letters, digits, dots and dashes.",
            )
        if not key or key.endswith("/"):
            place = f"the folder {key}" if key else "a bucket"
            raise InvalidSource(
                f"The address {text} names {place}, and no object in it.", f"Write it as {_EXAMPLE}."
            )
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"{self.SCHEME}://{self.bucket}/{self.key}"
