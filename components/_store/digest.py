"""Digests: whether a copy of an object has the content that its ETag says.

The ETag of an object that was uploaded in one piece is the MD5 of its content. The ETag of one that was
uploaded in parts is the MD5 of the parts' MD5s, and their number: ``9b2cf535f27731c974343645a3985328-3``. See
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

_ETAG = re.compile(r"[0-9a-f]{32}(?:-([1-9]\d{0,4}))?")
_CHUNK = 1 << 20


def matches_etag(file: Path, etag: str, part_size: Callable[[int], int | None]) -> bool | None:
    """Return whether a file has the content that an ETag says; None if the ETag is not a digest.

    Parameters
    ----------
    file : Path
        The copy of an object.
    etag : str
        The object's ETag, without quotation marks.
    part_size : callable
        Returns the size in bytes of the part with a number, from 1; None if the storage does not know it.
    """
    digest = _ETAG.fullmatch(etag)
    if not digest:
        return None
    if not digest[1]:
        return compute_md5(file) == etag
    n_parts = int(digest[1])
    first = part_size(1)
    if first is None:
        return None
    # Nearly always all parts but the last have the same size, so one request is enough.
    last = file.stat().st_size - first * (n_parts - 1)
    if 0 < last <= first and _compute_parts_etag(file, [first] * (n_parts - 1) + [last]) == etag:
        return True
    sizes = [part_size(number) for number in range(1, n_parts + 1)]
    known = [size for size in sizes if size is not None]
    return _compute_parts_etag(file, known) == etag if len(known) == n_parts else None


def compute_md5(file: Path) -> str:
    """Return the MD5 of a file's content, in hexadecimal digits."""
    with file.open("rb") as content:
        # MD5 protects from accidents, not from attacks.
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _compute_parts_etag(file: Path, sizes: Sequence[int]) -> str:
    whole = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as content:
        for size in sizes:
            whole.update(_compute_part_md5(content, size))
    return f"{whole.hexdigest()}-{len(sizes)}"


def _compute_part_md5(content: BinaryIO, size: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    while size > 0 and (chunk := content.read(min(size, _CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.digest()
