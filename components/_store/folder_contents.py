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
            Names, and all versions of the objects, those of deletions included.
        moment : datetime or None
            The moment; None for now.

        Raises
        ------
        ValueError
            An object was removed and stored again in the same second, and which came last is not known.
        """
        by_name: dict[str, list[Object]] = {}
        for name, version in versions:
            changed = version.last_modified
            # A console may store an empty object for a folder.
            if changed is None or f"/{name}".endswith("/") or (moment is not None and changed > moment):
                continue
            by_name.setdefault(name, []).append(version)
        newest = {name: _find_newest(name, found) for name, found in sorted(by_name.items())}
        objects = tuple(
            StoredVersion(
                name,
                None if version.version_id in NO_VERSION else version.version_id,
                (version.etag or "").strip('"'),
                version.size or 0,
            )
            for name, version in newest.items()
            if not version.is_delete_marker
        )
        is_kept = bool(objects) and all(found.version_id is not None for found in objects)
        return cls(objects, max(map(_get_time, newest.values())) if is_kept else None)


def _find_newest(name: str, versions: list[Object]) -> Object:
    """Return the newest of some versions of an object, of which a storage may know the second only."""
    latest = [version for version in versions if version.is_latest == "true"]
    if latest:
        return latest[0]
    time = max(map(_get_time, versions))
    last = [version for version in versions if _get_time(version) == time]
    if len({version.is_delete_marker for version in last}) > 1:
        raise ValueError(f"{name} was both stored and removed at {time.isoformat()}")
    # Versions are listed from the newest to the oldest, apart from those of deletions.
    return last[0]


def _get_time(version: Object) -> datetime:
    # Versions without a time were left out.
    return version.last_modified or datetime.min
