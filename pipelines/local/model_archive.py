"""Writes the model of a run on this machine, or a version of the registry, as one ``model.tar.gz``.

SageMaker unpacks such a file into ``/opt/ml/model``, so the model's files are at its top.
"""

import gzip
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from components.errors import InvalidSetting
from pipelines.local.local_server import choose_run_to_serve
from pipelines.local.model_registry import open_registry


def pack_run(runs: Path, name: str | None, file: Path) -> str:
    """Write the model of a run, and return which it is; without a name, of the last that passed its gates.

    Raises
    ------
    InvalidSetting
        There is no such run, it has no model, or the file cannot be written.
    """
    run = choose_run_to_serve(runs, name)
    _write_archive(run.model, file)
    return f"run {run.name}"


def pack_version(runs: Path, model: str | None, version: str, file: Path) -> str:
    """Write a version in the registry, by its number or alias; see ``pack_run``.

    Raises
    ------
    InvalidSetting
        There is no registry, no such model or no such version, or the file cannot be written.
    TrackingFailed
        MLflow did not answer, or refused.
    """
    with open_registry(runs, model) as registry, TemporaryDirectory() as folder:
        found = registry.get_version(version)
        _write_archive(registry.download(found, Path(folder)), file)
        return f"version {found.number} of {found.model}"


def _write_archive(model: Path, file: Path) -> None:
    new = file.with_name(f"{file.name}.new")
    try:
        # The same model gives the same bytes.
        with (
            new.open("wb") as written,
            gzip.GzipFile("", "wb", fileobj=written, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for path in sorted(model.rglob("*")):
                if path.is_file():
                    archive.add(path, path.relative_to(model).as_posix(), filter=_drop_owner)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise InvalidSetting(
            f"{file} cannot be written: {error.strerror}.", "Give a file in a folder where you may write."
        ) from None


def _drop_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    # The image's user is not the one who unpacks it.
    entry.mode = 0o644
    return entry
