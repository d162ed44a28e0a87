"""A folder of objects in object storage."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from components._files.table_folder import is_of_table
from components._store.address import Address
from components.errors import InvalidSetting, InvalidSource, format_count
from components.ingest.sources.fingerprints import check_fingerprint
from components.ingest.sources.source import LocalSource, RemoteSource, parse_moment
from components.ingest.sources.stored_object import open_store

if TYPE_CHECKING:
    from components._store.folder_contents import FolderContents, StoredVersion

_MOMENT = "?asOf="
_EXAMPLE = f"s3://bucket/folder/{_MOMENT}2026-11-30T08:15:00Z"
# Copies at the same time: small objects cost a round trip each.
_COPIES = 8


class ObjectFolderSource(RemoteSource):
    """All objects below a folder, now or at an earlier moment: ``s3://bucket/folder/?asOf=TIME``."""

    def compute_fingerprint(self) -> str:
        """Return the fingerprint of the names and versions of its objects."""
        return _describe_contents(self._list_contents())

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a folder with copies of the objects."""
        contents = self._list_contents()
        store = open_store(self.timeout, self.waits)
        folder, place = scratch / "objects", self._place

        def copy(item: "StoredVersion") -> None:
            file = folder / item.name
            file.parent.mkdir(parents=True, exist_ok=True)
            key = f"{place.key}/{item.name}" if place.key else item.name
            version = store.fetch(Address(place.bucket, key, item.version_id), file)
            if version.etag != item.etag:
                raise InvalidSource(
                    f"{Address(place.bucket, key)} was replaced while the folder was read.",
                    "Run this again without changing the folder, or turn on versioning of the bucket.",
                )

        with ThreadPoolExecutor(_COPIES) as pool:
            for _ in pool.map(copy, contents.objects):
                pass
        fingerprint = _describe_contents(contents)
        facts = {} if contents.moment is None else {"source_version": _format_moment(contents.moment)}
        return LocalSource(folder, partial(check_fingerprint, fingerprint, source=self.address), facts)

    def pin(self, version: str) -> str:
        """Return the address of the folder as it was at a moment."""
        address, mark, moment = self.address.partition(_MOMENT)
        if mark and moment != version:
            raise InvalidSetting(
                f"{self.address} names another moment than --data-version {version!r}.",
                "Leave one of them out.",
            )
        _parse_moment(version, self.address)
        return f"{address}{_MOMENT}{version}"

    @property
    def _place(self) -> Address:
        return Address.parse_folder(self.address.partition(_MOMENT)[0])

    def _list_contents(self) -> "FolderContents":
        _, mark, text = self.address.partition(_MOMENT)
        moment = _parse_moment(text, self.address) if mark else None
        place = self._place
        try:
            found = open_store(self.timeout, self.waits).list_contents(place, moment)
        except ValueError as error:
            raise InvalidSource(
                f"What {place}/ held at {text} is not known: {error}.", "Give another moment."
            ) from None
        objects = tuple(item for item in found.objects if is_of_table(PurePosixPath(item.name)))
        contents = replace(found, objects=objects)
        if moment is not None and objects and contents.moment is None:
            raise InvalidSource(
                f"What {place}/ held at {text} is not known: the bucket {place.bucket!r} keeps no versions.",
                "Leave ?asOf= out, and turn on versioning of the bucket.",
            )
        if not objects:
            when = f" at {text}" if mark else ""
            raise InvalidSource(f"There are no files in {place}/{when}.", "Check the address.")
        unsafe = [item.name for item in objects if ".." in PurePosixPath(item.name).parts]
        if unsafe:
            raise InvalidSource(
                f"{place}/ has an object whose name leads out of the folder: {unsafe[0]!r}.",
                "Rename or remove it.",
            )
        return contents


def _describe_contents(contents: "FolderContents") -> str:
    """Return the fingerprint of a folder's contents."""
    digest = hashlib.sha256()
    for item in contents.objects:
        digest.update(f"{item.name}\0{item.version_id or item.etag}\0{item.size}\n".encode())
    total = sum(item.size for item in contents.objects)
    n_objects = len(contents.objects)
    return f"{format_count(n_objects, 'object')}, {format_count(total, 'byte')}, {digest.hexdigest()}"


def _format_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse_moment(text: str, address: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise InvalidSource(
            f"{text!r} is not a moment at which {address.partition('?')[0]} can be read.",
            f"Write it with its time zone, as in {_EXAMPLE}.",
        )
    return moment
