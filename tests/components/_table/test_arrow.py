import pyarrow as pa
import pytest

from components._table.arrow import ARROW_TYPES, get_kind


@pytest.mark.parametrize("kind", ARROW_TYPES)
def test_each_kind_has_one_type(kind: str) -> None:
    assert get_kind(ARROW_TYPES[kind]) == kind  # type: ignore[index]


@pytest.mark.parametrize(
    "type_", [pa.int32(), pa.float32(), pa.timestamp("ns"), pa.large_string(), pa.null()]
)
def test_other_types_have_no_kind(type_: pa.DataType) -> None:
    assert get_kind(type_) is None
