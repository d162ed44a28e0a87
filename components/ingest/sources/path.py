"""A file or a folder on this machine."""

from dataclasses import dataclass
from pathlib import Path

from components._files.table_folder import list_files
from components.errors import InvalidSetting, InvalidSource, find_nearest
from components.ingest.sources.fingerprints import check_fingerprint, describe_files
from components.ingest.sources.source import LocalSource


@dataclass(frozen=True)
class PathSource:
    """A file or a folder on this machine, which is read where it is.

    Attributes
    ----------
    address : str
        Its path.
    """

    address: str

    def compute_fingerprint(self) -> str:
        """Return the fingerprint of its names, sizes and times of change."""
        path = find_path(self.address)
        return describe_files(path, [path] if path.is_file() else list_files(path))

    def fetch(self, scratch: Path) -> LocalSource:
        """Return the path itself."""

        def check_content(expected: str) -> None:
            if expected:
                check_fingerprint(self.compute_fingerprint(), expected, self.address)

        return LocalSource(find_path(self.address), check_content)

    def pin(self, version: str) -> str:
        """Refuse: a file system has no versions."""
        raise InvalidSetting(
            f"A path has no versions, so there is no {version!r} of {self.address}.",
            "Leave --data-version out, and give the path of the file that you want.",
        )


def find_path(source: str) -> Path:
    """Return the path of a source that is not an address.

    Raises
    ------
    InvalidSource
        There is nothing at that path; the message offers the nearest name.
    """
    if not source.strip():
        raise InvalidSource("No source is given.", "Give a path, an http(s) or s3 address, or sample:NAME.")
    path = Path(source).expanduser()
    if path.exists():
        return path
    folder = path.parent
    if not folder.is_dir():
        raise InvalidSource(
            f"There is no file {source}: the folder {folder} does not exist.",
            "Check the path. A relative path starts at the folder where the command runs.",
        )
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    near = find_nearest(path.name, names)
    remedy = f"Did you mean {near!r}?" if near else f"Nothing in {folder} has a similar name. Check the path."
    raise InvalidSource(f"There is no file {source}.", remedy)
