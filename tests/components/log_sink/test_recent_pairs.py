from datetime import UTC, datetime

from components._inference_log.kserve_events import InferenceEvent, Kind
from components.log_sink.recent_pairs import RecentPairs

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def make_event(name: str, kind: Kind = "request") -> InferenceEvent:
    return InferenceEvent(name, kind, NOON, b"body")


def test_events_meet_in_any_order() -> None:
    pairs = RecentPairs(60)
    request, response, other = make_event("e"), make_event("e", "response"), make_event("f")
    assert [pairs.add(each) for each in (request, other, response)] == [None, None, (request, response)]
    assert [pairs.add(each) for each in (response, request)] == [None, (request, response)]
    assert (len(pairs), pairs.n_bytes, pairs.n_dropped) == (1, other.n_bytes, 0)


def test_an_event_that_comes_twice_replaces_the_first() -> None:
    pairs = RecentPairs(60)
    assert [pairs.add(make_event("e")) for _ in range(3)] == [None] * 3
    assert (len(pairs), pairs.n_bytes, pairs.n_dropped) == (1, make_event("e").n_bytes, 2)
    assert pairs.add(make_event("e", "response")) is not None
    assert pairs.n_bytes == 0


def test_events_that_wait_in_vain_are_dropped_and_counted() -> None:
    seconds = 0.0
    pairs = RecentPairs(60, lambda: seconds)
    for name in ("a", "b", "c"):
        pairs.add(make_event(name))
        seconds += 30
    pairs.drop_old()
    assert (len(pairs), pairs.n_dropped) == (2, 1)
    assert pairs.add(make_event("a", "response")) is None
    assert pairs.add(make_event("c", "response")) is not None
