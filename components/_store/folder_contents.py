"""The objects in a folder at one moment, each in one version."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minio.datatypes import Object

from components._store.download import NO_VERSION


@dataclass(frozen=True)
class StoredVersion:
    """An object in a folder.

    Attributes
    ----------
    name : str
        Its name, with those of subfolders before it, separated by slashes.
    version_id : str or None
        Its version, if that cannot be overwritten.
    etag : str
        Its ETag, without quotation marks.
    size : int
        Size in bytes.
    """

    name: str
    version_id: str | None
    etag: str
    size: int


@dataclass(frozen=True)
class FolderContents:
    """The objects in a folder at one moment.

    Attributes
    ----------
    objects : tuple of StoredVersion
        The objects, sorted by name.
    moment : datetime or None
        The last change until then, after which the folder had these contents; None if one of its objects has
        no lasting version.
    """

    objects: tuple[StoredVersion, ...]
    moment: datetime | None

    @classmethod
    def from_versions(
        cls, versions: Iterable[tuple[str, Object]], moment: datetime | None
    ) -> "FolderContents":
        """Return the contents at a moment.

        Parameters
        ----------
        versions : iterable of tuple of str and Object
            Names, and all versions of the objects, those of deletions included; those of one name from the
            newest to the oldest.
        moment : datetime or None
            The moment; None for now.
        """
        newest: dict[str, Object] = {}
        changes = []
        for name, version in versions:
            changed = version.last_modified
            # A console may store an empty object for a folder.
            if changed is None or f"/{name}".endswith("/") or (moment is not None and changed > moment):
                continue
            changes.append(changed)
            newest.setdefault(name, version)
        objects = tuple(
            StoredVersion(
                name,
                None if version.version_id in NO_VERSION else version.version_id,
                (version.etag or "").strip('"'),
                version.size or 0,
            )
            for name, version in sorted(newest.items())
            if not version.is_delete_marker
        )
        is_kept = bool(objects) and all(found.version_id is not None for found in objects)
        return cls(objects, max(changes) if is_kept else None)
