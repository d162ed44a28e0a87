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


def choose_sizes(etag: str, size: int, part_size: Callable[[int], int | None]) -> list[int]:
    """Return the sizes of the parts in which an object was probably uploaded; none if the ETag is no digest.

    Nearly always all parts but the last have the same size, so one question is enough.

    Parameters
    ----------
    etag : str
        The object's ETag, without quotation marks.
    size : int
        The object's size in bytes.
    part_size : callable
        As for ``matches_etag``.
    """
    digest = _ETAG.fullmatch(etag)
    if not digest:
        return []
    if not digest[1]:
        return [size]
    first, n_others = part_size(1), int(digest[1]) - 1
    if first is None or not 0 < size - first * n_others <= first:
        return []
    return [first] * n_others + [size - first * n_others]


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
    sizes = choose_sizes(etag, file.stat().st_size, part_size)
    if sizes and _compute_parts_etag(file, sizes) == etag:
        return True
    known = []
    for number in range(1, int(digest[1]) + 1):
        size = part_size(number)
        if size is None:
            return None
        known.append(size)
    return _compute_parts_etag(file, known) == etag


def compute_md5(file: Path) -> str:
    """Return the MD5 of a file's content, in hexadecimal digits."""
    with file.open("rb") as content:
        # MD5 protects from accidents, not from attacks.
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def join_parts(digests: Sequence[bytes]) -> str:
    """Return the ETag of an object whose parts have these MD5s."""
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _compute_parts_etag(file: Path, sizes: Sequence[int]) -> str:
    with file.open("rb") as content:
        return join_parts([_compute_part_md5(content, size) for size in sizes])


def _compute_part_md5(content: BinaryIO, size: int) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    while size > 0 and (chunk := content.read(min(size, _CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.digest()
