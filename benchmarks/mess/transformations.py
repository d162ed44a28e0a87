"""All transformations."""

from benchmarks.mess.file_ways import AROUND_WAYS, FORMAT_WAYS, ORDER_WAYS, TEXT_WAYS
from benchmarks.mess.number_ways import NUMBER_WAYS
from benchmarks.mess.time_ways import TIME_WAYS
from benchmarks.mess.word_ways import NULL_WAYS, WORD_WAYS

TRANSFORMATIONS = (
    *NUMBER_WAYS, *TIME_WAYS, *NULL_WAYS, *WORD_WAYS, *TEXT_WAYS, *AROUND_WAYS, *ORDER_WAYS, *FORMAT_WAYS,
)  # fmt: skip
