import pytest

from components._readings.epochs import find_epoch
from tests.components._readings.columns import gather

DAYS = [1_600_000_000 + day * 86_400 for day in range(60)]
SECONDS = [1_600_000_000 + second for second in range(60)]
PACKED = [20240100 + day for day in range(1, 32)]


@pytest.mark.parametrize(
    ("name", "numbers", "is_declared", "expected"),
    [
        ("created_at", DAYS, False, "unix seconds"),
        ("createdAt", DAYS, False, "unix seconds"),
        ("timestamp", [day * 1000 for day in DAYS], False, "unix milliseconds"),
        ("timestamp", SECONDS, False, "unix seconds"),
        ("x", DAYS, False, "unix seconds"),
        ("x", SECONDS, False, None),
        ("customer_id", DAYS, False, None),
        ("phone", DAYS, False, None),
        ("income", DAYS, False, None),
        ("customer_id", DAYS, True, "unix seconds"),
        ("x", [1, 2, 3], False, None),
        ("date", [1990, 2024], False, None),
        ("x", PACKED, False, "%Y%m%d"),
        ("x", PACKED[:2], False, None),
        ("x", PACKED[:2], True, "%Y%m%d"),
        ("x", [*PACKED, 20241301], False, None),
        ("x", DAYS[:5], False, None),
    ],
)
def test_times_are_recognised_by_their_name_or_their_numbers(
    name: str, numbers: list[int], is_declared: bool, expected: str | None
) -> None:
    assert find_epoch(name, gather(map(str, numbers)), is_declared=is_declared) == expected


def test_fractions_are_seconds_only_where_a_person_says_so() -> None:
    assert find_epoch("created_at", gather(["1600000000.5"])) is None
    assert find_epoch("created_at", gather(["1600000000.5"]), is_declared=True) == "unix seconds"
