"""A file or folder that DVC tracks in a git repository."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from components._files.table_folder import is_of_table
from components.errors import InvalidSetting, InvalidSource, suggest_name
from components.ingest.sources.dvc_address import DvcAddress
from components.ingest.sources.dvc_clone import open_repository
from components.ingest.sources.dvc_repository import DvcRepository, TrackedContent
from components.ingest.sources.fingerprints import check_fingerprint
from components.ingest.sources.source import LocalSource, RemoteSource

_COMMIT = re.compile(r"[0-9a-f]{40}")
# Copies at the same time: small objects cost a round trip each.
_COPIES = 8


class DvcSource(RemoteSource):
    """A file or folder at one commit of a DVC repository: ``dvc+REPOSITORY@REV:PATH``."""

    def compute_fingerprint(self) -> str:
        """Return the content hash that the repository has for it; no content is read."""
        address = DvcAddress.parse(self.address)
        with open_repository(address, self.timeout, self.waits) as repository:
            return _describe_content(repository.find_content(), address)

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a copy of the file, or a folder with copies of its files."""
        address = DvcAddress.parse(self.address)
        with open_repository(address, self.timeout, self.waits) as repository:
            found = repository.find_content()
            path, digest = _copy_content(repository, found, address, scratch)
            facts = {"source_version": repository.commit, "md5": digest}
        if address.rev is not None:
            facts["rev"] = address.rev
        check = partial(check_fingerprint, _describe_content(found, address), source=self.address)
        return LocalSource(path, check, facts)

    def pin(self, version: str) -> str:
        """Return the address of one commit."""
        address = DvcAddress.parse(self.address)
        if address.rev not in (None, version) and _COMMIT.fullmatch(str(address.rev)):
            raise InvalidSetting(
                f"{address} names another commit than --data-version {version!r}.", "Leave one of them out."
            )
        return str(replace(address, rev=version))


def _describe_content(content: TrackedContent, address: DvcAddress) -> str:
    """Return the fingerprint of a content."""
    inner = PurePosixPath(address.path).relative_to(content.path)
    part = "" if inner == PurePosixPath(".") else f", {inner} of it"
    return f"{content.hash_name} {content.digest}{part}"


def _copy_content(
    repository: DvcRepository, found: TrackedContent, address: DvcAddress, scratch: Path
) -> tuple[Path, str]:
    """Return the copy of a file or folder, and its content hash."""
    if not found.is_folder:
        file = scratch / PurePosixPath(found.path).name
        repository.copy(found, file)
        return file, found.digest
    files = repository.read_folder(found)
    inner = str(PurePosixPath(address.path).relative_to(found.path))
    if inner in files:
        return _copy_content(repository, files[inner], address, scratch)
    prefix = "" if inner == "." else f"{inner}/"
    chosen = {
        name: content
        for name, content in files.items()
        if name.startswith(prefix) and is_of_table(PurePosixPath(name))
    }
    if not chosen:
        raise InvalidSource(
            f"The folder {found.path} of {address.repository} has no {inner if prefix else 'files'} at "
            f"{address.rev or 'its last commit'}.",
            suggest_name(inner, sorted(files), "path") if files else "Add files to it.",
        )
    folder = scratch / "dvc"

    def copy(name: str) -> None:
        place = folder / name.removeprefix(prefix)
        place.parent.mkdir(parents=True, exist_ok=True)
        repository.copy(chosen[name], place)

    with ThreadPoolExecutor(_COPIES) as pool:
        for _ in pool.map(copy, chosen):
            pass
    return folder, found.digest
