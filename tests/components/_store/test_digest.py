import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from components._store.digest import matches_etag

CONTENT = bytes(range(256)) * 10


def compute_etag(*parts: bytes) -> str:
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"


def list_sizes(*known: int) -> Callable[[int], int | None]:
    return lambda number: known[number - 1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "copy"
    path.write_bytes(CONTENT)
    return path


def refuse_question(number: int) -> int | None:
    raise AssertionError(f"part {number} was asked for")


def test_an_object_of_one_piece_has_the_md5_of_its_content(file: Path) -> None:
    assert matches_etag(file, hashlib.md5(CONTENT).hexdigest(), refuse_question) is True
    assert matches_etag(file, hashlib.md5(CONTENT[1:]).hexdigest(), refuse_question) is False


@pytest.mark.parametrize("size", [1000, 1280, 2559, 2560])
def test_equal_parts_are_known_from_the_first_alone(file: Path, size: int) -> None:
    parts = [CONTENT[i : i + size] for i in range(0, len(CONTENT), size)]
    asked: list[int] = []
    assert matches_etag(file, compute_etag(*parts), lambda number: asked.append(number) or size) is True
    assert asked == [1]


@pytest.mark.parametrize("cuts", [(1000, 500), (1000, 1500), (1000, 700, 1300), (10, 2559)])
def test_parts_of_any_sizes_are_known(file: Path, cuts: tuple[int, ...]) -> None:
    bounds = [0, *sorted(cuts), len(CONTENT)]
    parts = [CONTENT[start:end] for start, end in pairwise(bounds)]
    known = list_sizes(*map(len, parts))
    assert matches_etag(file, compute_etag(*parts), known) is True
    file.write_bytes(CONTENT[:-1] + b"?")
    assert matches_etag(file, compute_etag(*parts), known) is False


@pytest.mark.parametrize("etag", ["", "CKih16GjycICEAE=", "abc", "g" * 32, "a" * 32 + "-0", "a" * 32 + "-x"])
def test_an_etag_that_is_no_digest_tells_nothing(file: Path, etag: str) -> None:
    assert matches_etag(file, etag, refuse_question) is None


def test_parts_that_the_storage_does_not_tell_are_no_fault(file: Path) -> None:
    etag = compute_etag(CONTENT[:1000], CONTENT[1000:])
    assert matches_etag(file, etag, lambda _: None) is None
    assert matches_etag(file, etag, list_sizes(10, None)) is None  # type: ignore[arg-type]
