import pytest

from components._inference_log.seen_ids import SeenIds


@pytest.mark.parametrize("name", ["e1", "", "a\x00b", "é", "half \ud800 of a pair"])
def test_an_id_is_known_once_it_was_added(name: str) -> None:
    seen = SeenIds()
    seen.add("other")
    assert name not in seen
    seen.add(name)
    seen.add(name)
    assert name in seen
    assert "e2" not in seen


def test_sets_are_independent() -> None:
    first, second = SeenIds(), SeenIds()
    first.add("e1")
    assert "e1" not in second
