import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components._inference_log.segments import SegmentWriter, list_segments

LINE = b"x" * 999 + b"\n"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


def count_lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in list_segments(folder))


def test_a_file_has_its_start_and_its_worker_in_its_name(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "v1", 3, 4, most_bytes=1_000_000, clock=Clock())
    assert writer.append([LINE, LINE]) == 2
    (path,) = list_segments(tmp_path)
    assert path.parent == tmp_path / "v1"
    assert path.match("20260921T141320-3-????????.jsonl")
    assert path.read_bytes() == LINE * 2


def test_a_file_is_closed_when_it_is_full(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000)
    assert writer.append([LINE] * 600) == 600
    assert [path.stat().st_size for path in list_segments(tmp_path)].count(250_000) == 2
    assert writer.append([LINE]) == 1
    assert count_lines(tmp_path) == 601
    assert len(list_segments(tmp_path)) == 3


def test_a_file_is_closed_after_an_hour(tmp_path: Path) -> None:
    clock = Clock()
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000, clock=clock)
    for seconds in (0, 3_599, 1):
        clock.seconds += seconds
        writer.append([LINE])
    assert sorted(path.read_bytes().count(b"\n") for path in list_segments(tmp_path)) == [1, 2]


def test_all_versions_together_stay_below_the_limit_and_lose_the_oldest(tmp_path: Path) -> None:
    clock, limit = Clock(), 1_000_000
    deleted = 0
    for version in ("v2", "v1"):
        workers = [
            SegmentWriter(tmp_path, version, worker, 2, most_bytes=limit, clock=clock) for worker in range(2)
        ]
        for _ in range(40):
            for worker in workers:
                clock.seconds += 1
                assert worker.append([LINE] * 70) == 70
                assert sum(path.stat().st_size for path in list_segments(tmp_path)) <= limit
        deleted += sum(worker.deleted_bytes for worker in workers)
    names = [path.name for path in list_segments(tmp_path)]
    assert deleted + count_lines(tmp_path) * 1_000 == 2 * 80 * 70 * 1_000
    assert not list_segments(tmp_path / "v2")
    # What is left is the newest.
    assert min(names) > "20260921T1415"


def test_a_line_that_is_longer_than_a_file_is_left_out(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000)
    assert writer.append([LINE, b"y" * 250_001, LINE]) == 2
    assert writer.error is None
    assert count_lines(tmp_path) == 2


def test_a_file_that_somebody_deletes_is_followed_by_another(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000)
    writer.append([LINE])
    list_segments(tmp_path)[0].unlink()
    assert writer.append([LINE]) == 1
    assert count_lines(tmp_path) == 1


def test_a_folder_that_cannot_be_written_is_an_error_and_not_the_end() -> None:
    writer = SegmentWriter(Path("/proc/nowhere"), "v1", most_bytes=1_000_000)
    for _ in range(2):
        assert writer.append([LINE]) == 0
        assert isinstance(writer.error, OSError)


@contextmanager
def limit_files(n_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size: its end is that of a full disk, a part of what is written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_an_error_and_leaves_whole_lines_behind_it(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000)
    with limit_files(2_500):
        assert writer.append([LINE] * 4) == 2
        assert "No space left" in str(writer.error)
    assert writer.append([LINE]) == 1
    assert writer.error is None
    # The half of a line has no other half behind it.
    assert sorted(path.stat().st_size for path in list_segments(tmp_path)) == [1_000, 2_500]


@pytest.mark.parametrize("name", ["v1/a.txt", "a.json"])
def test_other_files_are_none_of_the_log(tmp_path: Path, name: str) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / name).write_text("{}")
    assert list_segments(tmp_path) == []


def test_a_file_is_open_until_it_is_old(tmp_path: Path) -> None:
    clock = Clock()
    writer = SegmentWriter(tmp_path, "v1", most_bytes=1_000_000, longest_seconds=10, clock=clock)
    found = [writer.path]
    for lines, seconds in (([LINE], 0), ([], 9), ([], 1)):
        clock.seconds += seconds
        writer.append(lines)
        found.append(writer.path)
    (path,) = list_segments(tmp_path)
    assert found == [None, path, path, None]
