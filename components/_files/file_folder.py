"""A folder of text files or workbooks, read as one table, one file after another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

import pyarrow as pa

from components._files.row_stream import RowStream
from components._table.notice import Notice
from components.errors import InvalidSource, format_count, format_list

_AGAIN = "Give a folder of files that have the same columns."


@dataclass(frozen=True)
class _Piece:
    """A file of the folder."""

    name: str
    rows: RowStream
    # Columns from folders such as year=2024 around the file.
    partition: dict[str, str]


def open_folder(
    folder: Path, files: Sequence[Path], source: str, open_file: Callable[[Path, str], RowStream]
) -> RowStream:
    """Open files as one stream of batches, with folders such as ``year=2024`` as columns of text.

    Parameters
    ----------
    folder : Path
        The folder.
    files : sequence of Path
        The files in it, at least one, in the order of their rows.
    source : str
        What to call the folder in an error.
    open_file : callable
        Opens one file, given what to call it.

    Raises
    ------
    InvalidSource
        A file cannot be read, or has another format. As the rows are read: a file has other columns.
    """
    parts = [_open_part(folder, file, source, open_file) for file in files]
    first = parts[0]
    for part in parts:
        if part.rows.format != first.rows.format:
            raise InvalidSource(
                f"{source} holds files of two formats: {first.name} is {first.rows.format}, "
                f"{part.name} is {part.rows.format}.",
                "Give a folder of files of one format.",
            )

    *starts, n_bytes = accumulate((part.rows.n_bytes for part in parts), initial=0)
    place = 0

    def iterate_batches() -> Iterator[pa.RecordBatch]:
        nonlocal place
        columns: list[str] | None = None
        for number, part in enumerate(parts):
            place = number
            batches = part.rows.iterate_batches()
            head = next(batches, None)
            if head is None:
                continue
            names = [*head.schema.names, *(name for name in part.partition if name not in head.schema.names)]
            # Lines of JSON leave out what they have no value for.
            if columns is not None and part.rows.format != "JSON lines":
                _check_columns(columns, names, first.name, part.name, source)
            columns = columns or names
            for batch in chain([head], batches):
                yield _add_partition(batch, part.partition)

    def count_read() -> int:
        return starts[place] + parts[place].rows.count_read()

    def collect_row_notices() -> tuple[Notice, ...]:
        return _merge_notices([(part.name, part.rows.collect_row_notices()) for part in parts])

    return RowStream(
        first.rows.format,
        iterate_batches,
        facts={**first.rows.facts, "files": str(len(parts))},
        initial_notices=(
            *_merge_notices([(part.name, part.rows.initial_notices) for part in parts]),
            *_note_other_facts(parts),
        ),
        collect_row_notices=collect_row_notices,
        n_bytes=n_bytes,
        count_read=count_read,
    )


def _open_part(folder: Path, file: Path, source: str, open_file: Callable[[Path, str], RowStream]) -> _Piece:
    name = file.relative_to(folder)
    pairs = [parent.partition("=") for parent in name.parent.parts]
    partition = {key: value for key, mark, value in pairs if mark and key}
    return _Piece(str(name), open_file(file, f"{name} of {source}"), partition)


def _check_columns(expected: list[str], found: list[str], first: str, name: str, source: str) -> None:
    missing = [column for column in expected if column not in found]
    added = [column for column in found if column not in expected]
    if not missing and not added:
        return
    faults = [f"lacks {format_list(map(repr, missing))}"] if missing else []
    faults += [f"also has {format_list(map(repr, added))}"] if added else []
    raise InvalidSource(
        f"The files of {source} have different columns: compared with {first}, {name} "
        f"{' and '.join(faults)}.",
        _AGAIN,
    )


def _add_partition(batch: pa.RecordBatch, partition: dict[str, str]) -> pa.RecordBatch:
    for name, value in partition.items():
        if name not in batch.schema.names:
            batch = batch.append_column(name, pa.array([value] * batch.num_rows, pa.string()))
    return batch


def _merge_notices(notices: Sequence[tuple[str, Sequence[Notice]]]) -> tuple[Notice, ...]:
    """Return each notice once, with the files that it is about unless that is all of them."""
    files: dict[Notice, list[str]] = {}
    for name, found in notices:
        for notice in found:
            files.setdefault(notice, []).append(name)
    return tuple(
        notice
        if len(names) == len(notices)
        else Notice(notice.level, f"{_describe_files(names)}: {notice.text}", notice.remedy)
        for notice, names in files.items()
    )


def _note_other_facts(parts: Sequence[_Piece]) -> tuple[Notice, ...]:
    first = parts[0].rows.facts
    others = [part.name for part in parts if part.rows.facts != first]
    if not others:
        return ()
    verb = "differs" if len(others) == 1 else "differ"
    text = f"The files are not written alike: {_describe_files(others)} {verb} from {parts[0].name}"
    facts = sorted(
        {name for part in parts for name, value in part.rows.facts.items() if first.get(name) != value}
    )
    return (Notice("warning", f"{text} in {format_list(facts)}. Each is read in its own way."),)


def _describe_files(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{format_count(len(names), 'file')} ({format_list(names)})"
