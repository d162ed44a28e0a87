"""Samples by name."""

import pyarrow as pa
import pytest

from components.errors import InvalidSource
from components.ingest.samples import open_sample


@pytest.mark.parametrize(
    ("source", "rows", "columns", "target", "values"),
    [
        ("sample:breast_cancer", 569, 31, "target", {"malignant", "benign"}),
        ("sample:wine", 178, 14, "target", {"class_0", "class_1", "class_2"}),
        ("sample:diabetes", 442, 11, "target", None),
        ("sample:churn", 10_000, 19, "churned", {"yes", "no"}),
        ("sample:churn?rows=50", 50, 19, "churned", {"yes", "no"}),
        ("sample:churn?rows=20_000", 20_000, 19, "churned", {"yes", "no"}),
    ],
)
def test_a_sample_has_its_shape_and_target(
    source: str, rows: int, columns: int, target: str, values: set[str] | None
) -> None:
    sample = open_sample(source, seed=0)
    table = pa.Table.from_batches(sample.batches, sample.schema)
    assert table.shape == (rows, columns)
    assert table.schema.names[-1] == target
    if values is None:
        assert table.schema.field(target).type == pa.float64()
    else:
        assert set(table[target].to_pylist()) == values


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sample:chrun", "There is no sample 'chrun'.\nDid you mean 'churn'"),
        ("sample:", "There is no sample ''.\nKnown samples: breast_cancer, wine, diabetes, churn"),
        ("sample:churn?rows=0", "rows='0' .* is not a number of rows"),
        ("sample:churn?rows=-5", "rows='-5'"),
        ("sample:churn?rows=1e5", "rows='1e5'"),
        ("sample:churn?rows=", "rows=''"),
        ("sample:churn?rows=many", "rows='many'"),
        ("sample:churn?row=5", "no parameter 'row'.\nDid you mean 'rows'"),
        ("sample:wine?rows=5", "The sample 'wine' has no parameter 'rows'.\nLeave it out"),
    ],
)
def test_a_wrong_address_is_named(source: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        open_sample(source, seed=0)
