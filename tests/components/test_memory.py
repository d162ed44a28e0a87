import pytest

from components.errors import InvalidSetting
from components.memory import Memory, resolve_memory


@pytest.mark.parametrize(
    ("text", "n_bytes", "written", "doubled"),
    [
        ("4g", 4 << 30, "4g", "8g"),
        ("512m", 512 << 20, "512m", "1024m"),
        ("524288k", 512 << 20, "524288k", "1048576k"),
        ("800000000", 800_000_000, "800000000", "1600000000"),
        ("800000000b", 800_000_000, "800000000b", "1600000000b"),
        (" 4G ", 4 << 30, "4g", "8g"),
        ("4Gi", 4 << 30, "4g", "8g"),
        ("512Mi", 512 << 20, "512m", "1024m"),
    ],
)
def test_memory_is_read_as_docker_writes_it(text: str, n_bytes: int, written: str, doubled: str) -> None:
    memory = Memory.parse(text)
    assert (memory.n_bytes, str(memory), str(memory.doubled)) == (n_bytes, written, doubled)


@pytest.mark.parametrize(
    "text", ["", "much", "0g", "-4g", "1.5g", "4 g", "4gb", "4bi", "4i", "4t", "511m", "4", "٤g"]
)
def test_what_is_no_memory_for_a_stage_is_refused_with_the_least(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"out of range.\nmemory must be at least 512m, as .* as 4g"):
        Memory.parse(text)


@pytest.mark.parametrize(
    ("stated", "of_pod", "of_machine", "n_bytes"),
    [
        ("", None, 16 << 30, 2 << 30),
        ("", None, 1 << 30, 1 << 30),
        ("", 8 << 30, 8 << 30, 8 << 30),
        ("512m", 8 << 30, 8 << 30, 512 << 20),
        # There is no more than there is.
        ("4g", 2 << 30, 2 << 30, 2 << 30),
        ("4g", None, None, 4 << 30),
    ],
)
def test_a_stage_has_what_is_stated_or_what_its_pod_has(
    stated: str,
    of_pod: int | None,
    of_machine: int | None,
    n_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.memory.read_cgroup_limit", lambda: of_pod)
    monkeypatch.setattr("components.memory.read_memory_limit", lambda: of_machine)
    assert resolve_memory(stated) == n_bytes
