"""What two runs made, compared stage by stage: the first output that differs, and how.

A file is compared by its content. Where two runs of the same code cannot write the same bytes, what is left
out is listed here, with the reason.
"""

import hashlib
import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from components.errors import shorten_text
from pipelines.local.run_state import get_stage

_EXECUTOR_OUTPUT = "executor_output.json"
# Tasks whose outputs depend on more than code, data and parameters.
_LEFT_OUT_TASKS = {
    # A file's fingerprint has the time of its last change; ingest tells what is in it.
    "ingest-plan",
    # How the trials are divided among workers depends on the load; tune-result has all of them.
    "tune",
    # Whether the model is better than another one depends on the registry.
    "register-gate",
}
# Files of a task, by patterns.
_LEFT_OUT_FILES = (
    # They show measured times.
    "tune-result/report",
    "train/report",
    # MLflow's random names.
    "train/model/mlflow.json",
    # They name the version in the registry, and compare it with the champion of the time.
    "register/summary",
    "register/verdict",
    "register/executor_output.json",
    "register/registration/registration.json",
    # It has the digest of every file, of which some are left out here.
    "register/registration/statement.json",
)
# When a source was read, or how a server names its content: the hash of the table is compared.
_NAMES_OF_VERSIONS = ("source_version", "etag")
# Keys of JSON files.
_LEFT_OUT_KEYS: dict[str, tuple[str, ...]] = {
    f"ingest/{_EXECUTOR_OUTPUT}": _NAMES_OF_VERSIONS,
    f"split/{_EXECUTOR_OUTPUT}": _NAMES_OF_VERSIONS,
    # When a trial ran, for how long and where.
    "tune-result/results/trials.json": ("started", "seconds", "predict_ms", "process", "worker"),
    # The arrays are compared by their content, because another zlib packs them otherwise.
    "train/model/compiled/plan.json": ("sha256",),
    # The processor, Python and the measured time; commit is the same by checkout, but written shorter before.
    "train/model/lineage.json": (
        "commit",
        "machine",
        "python",
        "time_for_fits",
        "latency",
        *_NAMES_OF_VERSIONS,
    ),
    f"train/{_EXECUTOR_OUTPUT}": ("served_ms", "served_ms_without_limit"),
}
# Lines of text files: the card lists the lineage.
_LEFT_OUT_LINES = {
    "evaluate/card": re.compile(
        r"\| (commit|machine|versions python|time for fits|latency|source version|etag) "
    )
}
_ARCHIVES = (".skops", ".npz")
_MOST_CHARACTERS = 60


class Difference(NamedTuple):
    """An output of two runs that is not the same.

    Attributes
    ----------
    task : str
        The task that wrote it.
    file : str
        The file, below the task's folder.
    what : str
        Which part of it, and from what to what.
    """

    task: str
    file: str
    what: str

    @property
    def stage(self) -> str:
        """The stage of the task."""
        return get_stage(self.task)


class TaskComparison(NamedTuple):
    """The outputs of a task in two runs.

    Attributes
    ----------
    task : str
        The task.
    n_files : int
        Files that were compared.
    differences : list of Difference
        Those that differ.
    """

    task: str
    n_files: int
    differences: list[Difference]


def list_task_folders(artifacts: Path) -> dict[str, Path]:
    """Return the folder of each task in the artifacts of a run, by task, in the order of their names.

    The tasks of a loop are left out.
    """
    roots = sorted(path for path in artifacts.glob("*") if path.is_dir())
    folders = (path for root in roots[-1:] for path in sorted(root.iterdir()))
    return {path.name: path for path in folders if path.is_dir() and not path.name.startswith("for-loop-")}


def compare_tasks(
    recorded: Mapping[str, Path],
    repeated: Mapping[str, Path],
    order: list[str],
    renamed: Mapping[str, str],
    *,
    is_complete: bool = True,
) -> list[TaskComparison]:
    """Return what differs between the outputs of two runs, task by task in the pipeline's order.

    Parameters
    ----------
    recorded, repeated : mapping of str to Path
        The folders of the tasks of both runs.
    order : list of str
        The pipeline's tasks.
    renamed : mapping of str to str
        Texts of the second run that stand for others of the first, such as a source that now has a version.
    is_complete : bool
        Whether all outputs of the first run are there. If not, only those are compared.
    """
    known = [task for task in order if task in recorded or (task in repeated and is_complete)]
    tasks = [*known, *(task for task in recorded if task not in known)]
    return [
        _compare_task(task, recorded.get(task), repeated.get(task), renamed, is_complete=is_complete)
        for task in tasks
        if task not in _LEFT_OUT_TASKS
    ]


def _compare_task(
    task: str,
    recorded: Path | None,
    repeated: Path | None,
    renamed: Mapping[str, str],
    *,
    is_complete: bool,
) -> TaskComparison:
    if recorded is None or repeated is None:
        where = "the recorded run" if recorded is None else "the repetition"
        return TaskComparison(task, 0, [Difference(task, "", f"the task did not end in {where}")])
    ours, theirs = _list_files(task, recorded), _list_files(task, repeated)
    names = sorted({*ours, *theirs} if is_complete else ours)
    differences = []
    for name in names:
        if name in ours and name in theirs:
            found = _find_difference(f"{task}/{name}", ours[name], theirs[name], renamed)
        else:
            found = f"only {'the recorded run' if name in ours else 'the repetition'} has the file"
        if found:
            differences.append(Difference(task, name, found))
    return TaskComparison(task, len(names), differences)


def _list_files(task: str, folder: Path) -> dict[str, Path]:
    files = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {name: path for name, path in files.items() if f"{task}/{name}" not in _LEFT_OUT_FILES}


def _find_difference(place: str, recorded: Path, repeated: Path, renamed: Mapping[str, str]) -> str:
    """Return how two files differ; empty if they are the same."""
    ours, theirs = recorded.read_bytes(), _replace(repeated.read_bytes(), renamed)
    if ours == theirs:
        return ""
    if PurePosixPath(place).suffix in _ARCHIVES:
        return _compare_archives(recorded, repeated)
    values = _parse_json(ours), _parse_json(theirs)
    if None not in values:
        was, now = values
        if PurePosixPath(place).name == _EXECUTOR_OUTPUT:
            was, now = _read_executor_output(was), _read_executor_output(now)
        return next(_iterate_differences(was, now, _LEFT_OUT_KEYS.get(place, ())), "")
    return _compare_texts(ours, theirs, _LEFT_OUT_LINES.get(place))


def _compare_texts(ours: bytes, theirs: bytes, left_out: re.Pattern[str] | None) -> str:
    """Return the first line that differs; of files that are no text, their hashes."""
    try:
        was, now = (content.decode().splitlines() for content in (ours, theirs))
    except UnicodeDecodeError:
        return f"its content, SHA-256 {_hash(ours)} before, {_hash(theirs)} now"
    for i, (line, other) in enumerate(zip_longest(was, now), start=1):
        is_left_out = left_out is not None and left_out.match(line or "") and left_out.match(other or "")
        if line != other and not is_left_out:
            return f"line {i} is {_format(line)} in the recorded run and {_format(other)} now"
    return "" if left_out is not None else "the ends of its lines"


def _hash(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:12]}…"


def _replace(content: bytes, renamed: Mapping[str, str]) -> bytes:
    for text, other in renamed.items():
        content = content.replace(text.encode(), other.encode())
    return content


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _read_executor_output(written: dict[str, Any]) -> dict[str, Any]:
    """Return parameters and metadata by output; kfp writes the paths of this machine beside them."""
    artifacts = written.get("artifacts", {})
    metadata = {
        name: [artifact.get("metadata", {}) for artifact in found["artifacts"]]
        for name, found in sorted(artifacts.items())
    }
    return {"parameters": written.get("parameterValues", {}), "metadata": metadata}


def _iterate_differences(was: Any, now: Any, left_out: tuple[str, ...], key: str = "") -> Iterator[str]:
    """Yield how two JSON values differ, the first key first."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            if name in left_out:
                continue
            inner = f"{key}.{name}" if key else name
            if name in was and name in now:
                yield from _iterate_differences(was[name], now[name], left_out, inner)
            else:
                yield f"{inner} is only in {'the recorded run' if name in was else 'the repetition'}"
        return
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for i, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _iterate_differences(one, other, left_out, f"{key}[{i}]")
        return
    if was != now:
        yield f"{key or 'its content'} is {_format(was)} in the recorded run and {_format(now)} now"


def _format(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, float) and math.isfinite(value):
        # All digits: the last one may be what differs.
        return repr(value)
    return shorten_text(json.dumps(value, ensure_ascii=False), _MOST_CHARACTERS)


def _compare_archives(recorded: Path, repeated: Path) -> str:
    """Return how the parts of two archives differ; skops names objects by their addresses in memory."""
    ours, theirs = _read_archive(recorded), _read_archive(repeated)
    if ours is None or theirs is None:
        return "one of both files is damaged"
    for name, content in ours.items():
        if name not in theirs:
            return f"its part {name}, which only the recorded run has"
        if theirs[name] != content:
            return f"its part {name}, SHA-256 {_hash(content)} before, {_hash(theirs[name])} now"
    rest = [name for name in theirs if name not in ours]
    return f"its part {rest[0]}, which only the repetition has" if rest else ""


def _read_archive(file: Path) -> dict[str, bytes] | None:
    """Return the parts of an archive, with numbers in their order instead of addresses."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, KeyError):
        return None
    schema = parts.pop("schema.json", b"").decode()
    addresses: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return found[1] + addresses.setdefault(found[2], f"object-{len(addresses)}")

    # A part has the address of its object as its name, and another ending.
    pattern = r'("__id__": |"file": ")(\d+)'
    numbered = re.sub(pattern, number, schema)
    named = {
        f"{addresses.get(stem, stem)}{dot}{ending}": content
        for name, content in parts.items()
        for stem, dot, ending in [name.partition(".")]
    }
    return {"schema.json": numbered.encode(), **dict(sorted(named.items()))}
