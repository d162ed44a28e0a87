"""What DVC tracks at one commit of a repository, and where its content is."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from components._store.address import Address
from components.environment import Environment
from components.errors import InvalidSource, is_full, suggest_name
from components.ingest.sources.dvc_address import DvcAddress

if TYPE_CHECKING:
    from dvc.repo import Repo

    from components._store.store import Store

# The name of the content hash since DVC 3. Before, line ends were left out of the hash of a text.
_MD5 = "md5"
_FOLDER = ".dir"


class TrackedContent(NamedTuple):
    """A file or folder that DVC tracks.

    Attributes
    ----------
    path : str
        Its place in the repository.
    hash_name, digest : str
        Name and value of its content hash; that of a folder ends with ``.dir``.
    remote : str or None
        Name of the remote that has it; None for the default one.
    """

    path: str
    hash_name: str
    digest: str
    remote: str | None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder that is tracked as one."""
        return self.digest.endswith(_FOLDER)


class DvcRepository:
    """A DVC repository at one commit.

    Parameters
    ----------
    repo : Repo
        The repository at this commit.
    address : DvcAddress
        Its address.
    timeout : float
        Seconds to wait for an object storage.
    waits : sequence of float
        Seconds before each further attempt.
    """

    def __init__(self, repo: "Repo", address: DvcAddress, timeout: float, waits: Sequence[float]) -> None:
        self._repo = repo
        self._address = address
        self._timeout = timeout
        self._waits = waits
        self._stores: dict[str, Store] = {}

    @property
    def commit(self) -> str:
        """The full name of the commit."""
        return str(self._repo.get_rev())

    def find_content(self) -> TrackedContent:
        """Return the file or folder of the address, or the tracked folder that holds it.

        Raises
        ------
        InvalidSource
            DVC tracks no such path at this commit, or knows no content for it.
        """
        path = PurePosixPath(self._address.path)
        contents = {content.path: content for content in self.list_contents()}
        for place in (path, *path.parents):
            content = contents.get(str(place))
            if content is not None and (place == path or content.is_folder):
                return self._require_digest(content)
        where = f"{self._address.repository} at {self._describe_rev()}"
        if self._repo.fs.exists(self._repo.fs.join(self._repo.root_dir, *path.parts)):
            raise InvalidSource(
                f"{path} is kept in git and not by DVC in {where}.",
                f"Track it: dvc add {path}. Or clone the repository, and give the path of the file.",
            )
        raise InvalidSource(
            f"DVC tracks no {path} in {where}.", suggest_name(str(path), sorted(contents), "path")
        )

    def read_folder(self, folder: TrackedContent) -> dict[str, TrackedContent]:
        """Return the files of a tracked folder, by their names in it.

        Raises
        ------
        SuiteError
            Its list of files cannot be read.
        """
        with tempfile.TemporaryDirectory(prefix="dvc-") as scratch:
            file = Path(scratch) / "files.json"
            self.copy(folder, file)
            entries = json.loads(file.read_bytes())
        unsafe = [name for entry in entries if ".." in PurePosixPath(name := entry["relpath"]).parts]
        if unsafe:
            raise InvalidSource(
                f"{folder.path} has a file whose name leads out of it: {unsafe[0]!r}.", "Rename it."
            )
        return {
            entry["relpath"]: folder._replace(path=f"{folder.path}/{entry['relpath']}", digest=entry["md5"])
            for entry in entries
        }

    def copy(self, content: TrackedContent, file: Path) -> None:
        """Copy the content of a file from the cache of this machine, else from the remote.

        Raises
        ------
        InvalidSource
            Neither has it, or what is there has another hash.
        StorageError
            The object storage of the remote cannot be reached, or refuses it.
        """
        cache = self._repo.cache.local if content.hash_name == _MD5 else self._repo.cache.legacy
        place = Path(cache.oid_to_path(content.digest))
        if place.is_file():
            origin = f"the cache {cache.path}"
            shutil.copyfile(place, file)
        else:
            origin = self._copy_from_remote(content, file)
        if content.hash_name != _MD5:
            return
        with file.open("rb") as copy:
            found = hashlib.file_digest(copy, "md5").hexdigest()
        if found != content.digest.removesuffix(_FOLDER):
            raise InvalidSource(
                f"{content.path} is damaged in {origin}: its MD5 is {found} and not {content.digest}.",
                "Remove it there, and push it again from where it is intact: dvc push.",
            )

    def list_contents(self) -> Iterator[TrackedContent]:
        """Yield all that DVC tracks at this commit."""
        for out in self._repo.index.outs:
            if out.use_cache and out.is_in_repo:
                path = self._repo.fs.relpath(out.fs_path, self._repo.root_dir).replace(os.sep, "/")
                found = out.hash_info
                yield TrackedContent(path, found.name or "", found.value or "", out.remote)

    def _require_digest(self, content: TrackedContent) -> TrackedContent:
        if content.digest and content.hash_name in (_MD5, "md5-dos2unix"):
            return content
        raise InvalidSource(
            f"DVC knows no MD5 of {content.path} at {self._describe_rev()}.",
            "Make it with dvc repro or dvc commit, and commit dvc.lock or its .dvc file. A remote that keeps "
            "versions of its own (version_aware) cannot be read.",
        )

    def _copy_from_remote(self, content: TrackedContent, file: Path) -> str:
        """Copy an object from the remote, and return the remote's name and address."""
        name = content.remote or self._repo.config["core"].get("remote")
        remotes = self._repo.config["remote"]
        if name not in remotes:
            which = "names no default remote" if name is None else f"has no remote {name!r}"
            raise InvalidSource(
                f"{content.path} is not in the cache, and {self._address.repository} {which} at "
                f"{self._describe_rev()}.",
                "Name one with dvc remote default, and commit .dvc/config.",
            )
        url = str(remotes[name]["url"])
        origin = f"the remote {name!r} ({_hide_user(url)})"
        if url.startswith(f"{Address.SCHEME}://"):
            has_object = self._copy_object(content, remotes[name], file)
        else:
            has_object = self._copy_with_dvc(content, name, file)
        if not has_object:
            raise InvalidSource(
                f"The {origin[4:]} does not have {content.path} of {self._describe_rev()}: MD5 "
                f"{content.digest}.",
                f"Push it from where it was added: dvc push -r {name}.",
            )
        return origin

    def _copy_object(self, content: TrackedContent, remote: dict[str, Any], file: Path) -> bool:
        """Copy an object from S3, and return whether it is there."""
        from components._store.failures import StorageError
        from components._store.store import Store

        folder = Address.parse_folder(str(remote["url"]))
        parts = ("files", _MD5) if content.hash_name == _MD5 else ()
        key = "/".join([*filter(None, [folder.key]), *parts, content.digest[:2], content.digest[2:]])
        address = Address(folder.bucket, key)
        url = str(remote["url"])
        if url not in self._stores:
            # One for all objects, which then share its connections.
            self._stores[url] = Store(_merge_settings(remote), timeout=self._timeout, waits=self._waits)
        store = self._stores[url]
        try:
            store.fetch(address, file)
        except StorageError as error:
            parent, _, name = key.rpartition("/")
            try:
                is_missing = name not in store.list_folder(Address(folder.bucket, parent))
            except StorageError:
                raise error from None
            if is_missing:
                return False
            raise
        return True

    def _copy_with_dvc(self, content: TrackedContent, remote: str, file: Path) -> bool:
        """Copy an object by means of DVC, and return whether it is there."""
        from dvc.exceptions import DvcException

        try:
            objects = self._repo.cloud.get_remote_odb(remote, hash_name=content.hash_name)
            objects.fs.get_file(objects.oid_to_path(content.digest), str(file))
        except FileNotFoundError:
            return False
        except (DvcException, OSError, ImportError) as error:
            if is_full(error):
                raise
            raise InvalidSource(
                f"The remote {remote!r} of {self._address.repository} cannot be read: "
                f"{describe_cause(error)}.",
                "Check its settings in .dvc/config. S3 and folders need nothing else; for other storages, "
                "install the plugin of DVC, such as dvc-gs, beside this code.",
            ) from error
        return True

    def _describe_rev(self) -> str:
        rev = self._address.rev
        return f"commit {self._commit_start}" if rev is None else f"{rev} (commit {self._commit_start})"

    @cached_property
    def _commit_start(self) -> str:
        return self.commit[:10]


def _merge_settings(remote: dict[str, Any]) -> Environment:
    """Return the environment, with the settings of a remote in place of its own."""
    environment = Environment.read()
    return replace(
        environment,
        s3_endpoint=remote.get("endpointurl") or environment.s3_endpoint,
        s3_region=remote.get("region") or environment.s3_region,
        s3_access_key=remote.get("access_key_id") or environment.s3_access_key,
        s3_secret_key=remote.get("secret_access_key") or environment.s3_secret_key,
        s3_session_token=remote.get("session_token") or environment.s3_session_token,
    )


def describe_cause(error: BaseException) -> str:
    """Return the first cause of an error in a line, without credentials in addresses."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()).rstrip(".")
    return _hide_user(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _hide_user(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", text)
