import pytest

from components.errors import InvalidSetting
from pipelines.local.memory import Memory


@pytest.mark.parametrize(
    ("text", "n_bytes", "written", "doubled"),
    [
        ("4g", 4 << 30, "4g", "8g"),
        ("512m", 512 << 20, "512m", "1024m"),
        ("6144k", 6 << 20, "6144k", "12288k"),
        ("8000000", 8_000_000, "8000000", "16000000"),
        ("8000000b", 8_000_000, "8000000b", "16000000b"),
        (" 4G ", 4 << 30, "4g", "8g"),
    ],
)
def test_memory_is_read_as_docker_writes_it(text: str, n_bytes: int, written: str, doubled: str) -> None:
    memory = Memory.parse(text)
    assert (memory.n_bytes, str(memory), str(memory.doubled)) == (n_bytes, written, doubled)


@pytest.mark.parametrize("text", ["", "much", "0g", "-4g", "1.5g", "4 g", "4gb", "4t", "5m", "4", "٤g"])
def test_what_is_no_memory_for_a_container_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"out of range.\nmemory must be .* such as 512m or 4g"):
        Memory.parse(text)
