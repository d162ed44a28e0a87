import pytest

from components._files.json_values import DECODER, build_batches
from components._files.row_stream import Faults


def test_objects_become_rows_and_faults_are_collected() -> None:
    faults = Faults()
    elements: list[tuple[str, object]] = [
        ("line 1", {"a": 1, "b": "x"}),
        ("line 2", 5),
        ("line 3", {"a": [1], "b": "\ud800"}),
        ("line 4", {"a": {}, "c": True}),
    ]
    (batch,) = build_batches(elements, "table", faults)
    assert batch.to_pydict() == {"a": [1, None, None], "b": ["x", None, None], "c": [None, None, True]}
    assert str(faults) == (
        "line 2 (not an object), line 3 ('a' contains a list), line 4 ('a' contains a nested object), "
        "line 3 ('b' contains half a character)"
    )


def test_a_key_is_a_column_from_its_batch_on() -> None:
    elements = [("", {"a": i} if i < 9000 else {"b": i}) for i in range(9001)]
    first, second = build_batches(elements, "table", Faults())
    assert (first.schema.names, second.schema.names) == (["a"], ["a", "b"])
    assert first.num_rows + second.num_rows == 9001


def test_a_key_that_stands_twice_in_an_object_is_an_error() -> None:
    with pytest.raises(ValueError, match="duplicate key"):
        DECODER.decode('{"a": 1, "a": 2}')
