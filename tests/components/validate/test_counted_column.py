import numpy as np
import pyarrow as pa
import pytest

from components.validate.counted_column import check_kind, convert_to_seconds


def test_a_type_that_no_table_has_is_an_error() -> None:
    assert check_kind("c", pa.int64()) == "integer"
    with pytest.raises(ValueError, match="column 'c' has a type that no kind has: list<item: int64>"):
        check_kind("c", pa.list_(pa.int64()))


def test_dates_are_seconds_since_1970() -> None:
    dates = np.array(["1969-12-31T23:59:59.5", "1970-01-01T00:00:01.9"], "datetime64[us]")
    assert convert_to_seconds(dates).tolist() == [-1.0, 1.0]
