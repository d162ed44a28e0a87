"""What a folder of objects had at a moment, from listed versions as storages give them."""

from datetime import UTC, datetime

import pytest
from minio.datatypes import Object

from components._store.folder_contents import FolderContents


def make_time(second: int) -> datetime:
    return datetime(2026, 11, 30, 10, 0, second, tzinfo=UTC)


def make_version(
    second: int, version: str | None, *, is_latest: bool = False, is_removed: bool = False
) -> tuple[str, Object]:
    item = Object(
        "bucket",
        "folder/a.csv",
        make_time(second),
        f'"{version}-etag"',
        10,
        is_latest=str(is_latest).lower(),
        version_id=version,
        is_delete_marker=is_removed,
    )
    return "a.csv", item


# Deletions are listed after all other versions, whatever their time.
HISTORY = [
    make_version(9, "v3", is_latest=True),
    make_version(3, "v2"),
    make_version(1, "v1"),
    make_version(6, "marker", is_removed=True),
]


@pytest.mark.parametrize(
    ("second", "version"), [(1, "v1"), (2, "v1"), (3, "v2"), (5, "v2"), (6, None), (8, None), (9, "v3")]
)
def test_an_object_has_the_version_of_the_moment(second: int, version: str | None) -> None:
    contents = FolderContents.from_versions(HISTORY, make_time(second))
    assert [found.version_id for found in contents.objects] == ([version] if version else [])


def test_the_moment_is_that_of_the_last_change() -> None:
    assert FolderContents.from_versions(HISTORY, None).moment == make_time(9)
    removed = ("b.csv", make_version(20, "marker", is_latest=True, is_removed=True)[1])
    assert FolderContents.from_versions([*HISTORY, removed], None).moment == make_time(20)


def test_the_newest_is_the_one_that_the_storage_says_it_is() -> None:
    same_second = [
        make_version(3, "v2"),
        make_version(3, "marker", is_latest=True, is_removed=True),
    ]
    assert FolderContents.from_versions(same_second, None).objects == ()


def test_two_changes_in_one_second_are_not_put_into_an_order() -> None:
    versions = [
        make_version(9, "v3", is_latest=True),
        make_version(3, "v2"),
        make_version(3, "marker", is_removed=True),
    ]
    with pytest.raises(ValueError, match=r"a\.csv was both stored and removed at 2026-11-30T10:00:03"):
        FolderContents.from_versions(versions, make_time(5))


@pytest.mark.parametrize("version", [None, "null"])
def test_objects_without_a_version_have_no_moment(version: str | None) -> None:
    contents = FolderContents.from_versions([make_version(3, version, is_latest=True)], None)
    assert [(found.name, found.version_id, found.size) for found in contents.objects] == [("a.csv", None, 10)]
    assert contents.moment is None
