import logging
from pathlib import Path

import pytest

from components._inference_log.segments import list_segments
from components._store.failures import StorageError
from components._store.folder import open_folder
from components.environment import Environment
from components.log_sink.sink_metrics import SinkMetrics
from components.log_sink.uploader import Uploader


def write_file(spool: Path, name: str) -> Path:
    path = spool / "y" / "logs" / "1-aa" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
    return path


def make_uploader(folder: Path, open_files: set[Path] | None = None) -> Uploader:
    target = open_folder(str(folder / "target"), Environment())
    return Uploader(folder / "spool", target, lambda: open_files or set(), SinkMetrics())


def test_complete_files_go_to_their_place_and_open_ones_stay(tmp_path: Path) -> None:
    first, second = (write_file(tmp_path / "spool", name) for name in ("a", "b"))
    uploader = make_uploader(tmp_path, {second})
    assert uploader.count_bytes() == 2
    uploader.upload()
    assert (tmp_path / "target" / "y" / "logs" / "1-aa" / "a.jsonl").read_text() == "a"
    assert list_segments(tmp_path / "spool") == [second]
    assert not first.exists()


def test_what_is_left_is_uploaded_at_the_end(tmp_path: Path) -> None:
    open_files = {write_file(tmp_path / "spool", "a")}
    with make_uploader(tmp_path, open_files):
        open_files.clear()
    assert list_segments(tmp_path / "spool") == []


def test_a_failure_is_said_once_and_deletes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        is_away = True
        stored: list[str] = []  # noqa: RUF012

        def store(self, file: Path, *names: str) -> None:
            if self.is_away:
                raise StorageError("The bucket is away.", "Bring it back.")
            self.stored.append(names[-1])

    for name in ("a", "b"):
        write_file(tmp_path / "spool", name)
    away = Away()
    uploader = Uploader(tmp_path / "spool", away, set, SinkMetrics())  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        uploader.upload()
        uploader.upload()
        assert len(list_segments(tmp_path / "spool")) == 2
        away.is_away = False
        uploader.upload()
    assert away.stored == ["a.jsonl", "b.jsonl"]
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "Nothing can be uploaded",
        "Uploads work again.",
    ]


def test_a_file_that_was_deleted_for_the_limit_is_passed_over(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    first = write_file(spool, "a")
    write_file(spool, "b")

    def delete_first() -> set[Path]:
        first.unlink()
        return set()

    target = open_folder(str(tmp_path / "target"), Environment())
    Uploader(spool, target, delete_first, SinkMetrics()).upload()
    assert [path.name for path in list_segments(tmp_path / "target")] == ["b.jsonl"]
