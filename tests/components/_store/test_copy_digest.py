import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from components._store import store as store_module
from components._store.address import Address
from components._store.copy_digest import CopyDigest
from tests.components._store.test_digest import compute_etag, refuse_question
from tests.components._store.transfers import LARGE, PART, fetch_bytes
from tests.s3 import Fault, Relay, S3Server

PARTS = [LARGE[:PART], LARGE[PART:]]
ONE_PIECE = hashlib.md5(LARGE).hexdigest()


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[BinaryIO]:
    with (tmp_path / "copy").open("wb", buffering=0) as file:
        yield file  # type: ignore[misc]


def append(copy: BinaryIO, digest: CopyDigest, content: bytes, step: int) -> None:
    for start in range(0, len(content), step):
        copy.write(content[start : start + step])
        digest.advance(copy.tell())


@pytest.mark.parametrize("step", [100_000, 1 << 20, len(LARGE)])
@pytest.mark.parametrize(
    ("etag", "part_size"),
    [(ONE_PIECE, refuse_question), (compute_etag(*PARTS), lambda _: PART)],
    ids=["one piece", "parts"],
)
def test_a_growing_copy_has_the_etag_of_the_object(
    copy: BinaryIO, tmp_path: Path, etag: str, part_size: object, step: int
) -> None:
    with CopyDigest(tmp_path / "copy") as digest:
        digest.start(etag, len(LARGE), part_size)  # type: ignore[arg-type]
        append(copy, digest, LARGE, step)
        assert digest.compute_etag() == etag


def test_a_damaged_copy_has_another_one(copy: BinaryIO, tmp_path: Path) -> None:
    with CopyDigest(tmp_path / "copy") as digest:
        digest.start(ONE_PIECE, len(LARGE), refuse_question)
        append(copy, digest, b"?" + LARGE[1:], 1 << 20)
        assert digest.compute_etag() not in (None, ONE_PIECE)


def test_it_is_not_known_if_the_copy_begins_again(copy: BinaryIO, tmp_path: Path) -> None:
    with CopyDigest(tmp_path / "copy") as digest:
        digest.start(ONE_PIECE, len(LARGE), refuse_question)
        append(copy, digest, LARGE[::-1][:PART], 1 << 20)
        copy.seek(0)
        append(copy, digest, LARGE, 1 << 20)
        assert digest.compute_etag() is None


@pytest.mark.parametrize("etag", ["no digest", f"{'a' * 32}-3"], ids=["no digest", "unknown parts"])
def test_it_is_not_known_without_the_sizes(copy: BinaryIO, tmp_path: Path, etag: str) -> None:
    with CopyDigest(tmp_path / "copy") as digest:
        digest.start(etag, len(LARGE), lambda _: None)
        append(copy, digest, LARGE, 1 << 20)
        assert digest.compute_etag() is None


def test_a_copy_that_is_given_up_ends_its_threads(copy: BinaryIO, tmp_path: Path) -> None:
    before = threading.active_count()
    with CopyDigest(tmp_path / "copy") as digest:
        digest.start(compute_etag(*PARTS), len(LARGE), lambda _: PART)
        append(copy, digest, LARGE[:1000], 1000)
        assert threading.active_count() > before
    assert threading.active_count() == before


@pytest.mark.parametrize("part_size", [0, PART], ids=["one piece", "parts"])
def test_a_copy_that_is_continued_is_not_read_again(
    s3: S3Server,
    bucket: str,
    relay: Relay,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part_size: int,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the copy was read again")

    monkeypatch.setattr(store_module, "matches_etag", refuse)
    s3.put(bucket, "continued", LARGE, part_size)
    relay.faults = [Fault(cut=4_000_000)]
    assert fetch_bytes(s3, relay, Address(bucket, "continued"), tmp_path) == LARGE


def test_a_copy_that_begins_again_is_checked(s3: S3Server, bucket: str, relay: Relay, tmp_path: Path) -> None:
    s3.put(bucket, "again", LARGE)
    etag = s3.client.stat_object(bucket, "again").etag
    again = Fault(answer=(200, {"ETag": f'"{etag}"'}, LARGE[::-1]))
    relay.faults = [Fault(cut=4_000_000), again]
    assert fetch_bytes(s3, relay, Address(bucket, "again"), tmp_path) == LARGE
    assert len(relay.asked) == 3
