"""A generated table of customers, some of whom left: with the problems of real tables and a known truth.

The probability that a customer leaves is a function of the written row, including its missing values and
outliers. So no model can rank better than that probability. The signal is partly linear, partly a curve
(``monthly_charge``), in interactions (calls to support under a monthly contract), in categories
(``contract``, ``payment_method``, the 1,500 values of ``city``), in dates (the month of ``signup_date``,
the time since ``last_login``) and in missing values (``satisfaction``). ``closure_fee`` leaks: only
customers who have left pay it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components._table.arrow import ARROW_TYPES
from components._table.schema import Kind

_KINDS: dict[str, Kind] = {
    "customer_id": "string",
    "signup_date": "datetime",
    "last_login": "datetime",
    "age": "integer",
    "city": "string",
    "plan": "string",
    "contract": "string",
    "payment_method": "string",
    "paperless_billing": "boolean",
    "tenure_months": "integer",
    "monthly_charge": "float",
    "total_charges": "float",
    "data_gb": "float",
    "support_calls": "integer",
    "late_payments": "integer",
    "satisfaction": "integer",
    "discount_percent": "float",
    "closure_fee": "float",
    "churned": "string",
}
SCHEMA = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in _KINDS.items()])

# Each block of rows has its own generator: memory does not grow, and a shorter table is the beginning of a
# longer one.
_BLOCK_ROWS = 16_384
# Rows whose probabilities give the best possible ROC AUC, to about 0.001.
_TRUTH_ROWS = 4 * _BLOCK_ROWS
_TODAY = np.datetime64("2025-01-01T00:00:00", "us")
_DAY = np.timedelta64(86_400_000_000, "us")
_DUPLICATE_RATE = 0.005
_CONTRACTS = np.array(["monthly", "one year", "two years"], dtype=object)
_PLANS = np.array(["basic", "standard", "family", "premium"], dtype=object)
_PAYMENTS = np.array(["bank transfer", "credit card", "direct debit", "invoice"], dtype=object)
_SYLLABLES = (
    "bel", "dor", "fen", "gar", "hol", "kir", "lun", "mar", "nor", "ost", "ros", "tal", "ven", "wes", "zel",
)  # fmt: skip
_N_CITIES = 1_500

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class _CustomerBlock(NamedTuple):
    """Rows before the target is drawn. NaN is a missing value; categories are positions in their lists."""

    customer: Integers
    signup: npt.NDArray[np.datetime64]
    login: npt.NDArray[np.datetime64]
    age: Floats
    city: Integers
    plan: Integers
    contract: Integers
    payment: Integers
    paperless: Flags
    tenure: Integers
    charge: Floats
    total: Floats
    data: Floats
    calls: Integers
    late: Integers
    satisfaction: Floats
    discount: Floats


def make_churn_batches(n_rows: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Yield the table in batches; memory does not grow with its rows."""
    for start, rng, block in _iterate_blocks(n_rows, seed):
        churned = rng.random(_BLOCK_ROWS) < compute_churn_probability(block)
        fee = _make_closure_fees(rng, churned)
        batch = _build_batch(block, churned, fee).take(_make_row_positions(rng))
        yield batch.slice(0, min(_BLOCK_ROWS, n_rows - start))


def compute_best_roc_auc(n_rows: int, seed: int) -> float:
    """Return the ROC AUC of ranking customers by their true probability of leaving, without the leak.

    On new rows no model can do better on average: the true probability is the best possible ranking
    (Neyman-Pearson). The value is the expectation over the draw of the target, from at most the first
    65,536 rows, which is exact to about 0.001.
    """
    blocks = _iterate_blocks(min(n_rows, _TRUTH_ROWS), seed)
    p = np.sort(np.concatenate([compute_churn_probability(block) for _, _, block in blocks]))
    # Each pair of rows counts with the probability that one leaves and the other stays. Ties are negligible
    # because the probabilities are continuous; a row is not compared with itself.
    stays_below = np.cumsum(1 - p) - (1 - p)
    return float(np.sum(p * stays_below) / (np.sum(p) * np.sum(1 - p) - np.sum(p * (1 - p))))


def compute_churn_probability(block: _CustomerBlock) -> Floats:
    """Return each customer's probability of leaving, shape (n_rows,)."""
    is_monthly = block.contract == 0
    idle_days = (_TODAY - block.login) / _DAY
    signup_month = block.signup.astype("datetime64[M]").astype(int) % 12 + 1
    score = (
        -2.3
        + np.array([0.8, -0.5, -1.3])[block.contract]
        # The last entry is for a missing value, whose position is -1.
        + np.array([0.0, -0.1, -0.4, 0.6, 0.2])[block.payment]
        + _CITY_EFFECTS[block.city]
        + 1.1 * ((np.clip(block.charge, 10, 130) - 60) / 35) ** 2
        + np.where(is_monthly, 0.55, 0.05) * np.minimum(block.calls, 5)
        + np.where(is_monthly, -0.05, 0.0) * np.nan_to_num(block.discount)
        + 0.4 * np.minimum(block.late, 3)
        - 0.45 * np.log1p(block.tenure)
        + np.where(np.isin(signup_month, (11, 12)), 1.0, 0.0)
        + np.where(np.isnan(idle_days), 0.7, 1.2 * (idle_days > 30))
        + np.where(np.isnan(block.satisfaction), 0.4, 0.5 * (3 - block.satisfaction))
    )
    return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float64)


def _iterate_blocks(n_rows: int, seed: int) -> Iterator[tuple[int, np.random.Generator, _CustomerBlock]]:
    """Yield each block with the position of its first row and the generator that drew it."""
    for start in range(0, n_rows, _BLOCK_ROWS):
        rng = np.random.default_rng([abs(seed), int(seed < 0), start // _BLOCK_ROWS])
        yield start, rng, _make_customers(rng, start)


def _make_customers(rng: np.random.Generator, start: int) -> _CustomerBlock:
    """Draw a block of customers; ``start`` is the number of the first."""
    n = _BLOCK_ROWS
    days = np.minimum(rng.exponential(900, n), 4_000).astype(np.int64)
    tenure = days // 30
    plan = rng.choice(len(_PLANS), n, p=[0.35, 0.35, 0.2, 0.1])
    charge = np.round(np.array([28.0, 50.0, 68.0, 95.0])[plan] * rng.lognormal(0, 0.22, n), 2)
    charge = np.where(rng.random(n) < 0.003, np.round(charge * 10, 2), charge)
    total = np.round(charge * tenure * rng.normal(1, 0.03, n), 2)
    data = np.round(rng.lognormal(1.5, 1.0, n), 3)
    data = np.where(rng.random(n) < 0.004, np.round(data * 40, 3), data)
    idle_seconds = np.minimum(rng.exponential(18, n), days + 1) * 86_400
    login = _TODAY - idle_seconds.astype(np.int64) * np.timedelta64(1_000_000, "us")
    age = np.clip(rng.normal(46, 16, n), 18, 95).round()
    calls = rng.poisson(rng.gamma(0.9, 1.4, n))
    return _CustomerBlock(
        customer=np.arange(start + 1, start + n + 1),
        signup=_TODAY - days * _DAY,
        login=np.where(rng.random(n) < 0.03, np.datetime64("NaT", "us"), login),
        # An old system wrote 999 for an unknown age.
        age=_add_missing_values(rng, np.where(rng.random(n) < 0.002, 999.0, age), 0.04),
        city=rng.choice(_N_CITIES, n, p=_CITY_SHARES),
        plan=plan,
        contract=rng.choice(len(_CONTRACTS), n, p=[0.55, 0.27, 0.18]),
        payment=np.where(rng.random(n) < 0.02, -1, rng.choice(len(_PAYMENTS), n, p=[0.25, 0.3, 0.3, 0.15])),
        paperless=rng.random(n) < 0.6,
        tenure=tenure,
        charge=charge,
        total=_add_missing_values(rng, total, 0.01),
        data=_add_missing_values(rng, data, 0.06),
        calls=calls,
        late=rng.poisson(0.5, n),
        # Customers who never called were asked less often.
        satisfaction=_add_missing_values(
            rng, rng.integers(1, 6, n).astype(float), np.where(calls == 0, 0.4, 0.1)
        ),
        discount=_add_missing_values(rng, np.round(rng.choice([0, 5, 10, 15, 20], n) * 1.0, 1), 0.1),
    )


def _add_missing_values(rng: np.random.Generator, values: Floats, share: float | Floats) -> Floats:
    return np.where(rng.random(len(values)) < share, np.nan, values)


def _make_closure_fees(rng: np.random.Generator, churned: Flags) -> Floats:
    # A few fees are waived and a few billed by mistake: a real leak is not perfect either.
    is_billed = np.where(rng.random(len(churned)) < 0.005, ~churned, churned)
    return np.where(is_billed, np.round(20 + rng.gamma(2, 30, len(churned)), 2), 0.0)


def _make_row_positions(rng: np.random.Generator) -> Integers:
    """Return positions of rows, some of which repeat a row up to 39 rows above."""
    positions = np.arange(_BLOCK_ROWS)
    is_repeated = rng.random(_BLOCK_ROWS) < _DUPLICATE_RATE
    earlier = np.maximum(positions - rng.integers(1, 40, _BLOCK_ROWS), 0)
    return np.where(is_repeated, earlier, positions)


def _build_batch(block: _CustomerBlock, churned: Flags, fee: Floats) -> pa.RecordBatch:
    columns = [
        pa.array([f"C{number:08d}" for number in block.customer.tolist()]),
        pa.array(block.signup),
        pa.array(block.login),
        _to_integer_array(block.age),
        pa.array(_CITIES[block.city]),
        pa.array(_PLANS[block.plan]),
        pa.array(_CONTRACTS[block.contract]),
        pa.array(_PAYMENTS[block.payment], mask=block.payment < 0),
        pa.array(block.paperless),
        pa.array(block.tenure),
        pa.array(block.charge),
        pa.array(block.total, from_pandas=True),
        pa.array(block.data, from_pandas=True),
        pa.array(block.calls),
        pa.array(block.late),
        _to_integer_array(block.satisfaction),
        pa.array(block.discount, from_pandas=True),
        pa.array(fee),
        pa.array(np.where(churned, "yes", "no").astype(object)),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _to_integer_array(values: Floats) -> pa.Array:
    return pa.array(values, from_pandas=True).cast(pa.int64())


def _make_cities() -> tuple[npt.NDArray[np.object_], Floats, Floats]:
    """Return the cities' names, shares of customers and effects on leaving, the same for every seed."""
    pairs = [first.capitalize() + second for first in _SYLLABLES for second in _SYLLABLES]
    endings = ("", "burg", "by", "field", "ford", "haven", "stad")
    names = [pair + ending for ending in endings for pair in pairs][:_N_CITIES]
    shares = 1 / (np.arange(_N_CITIES) + 10.0) ** 0.9
    effects = np.random.default_rng(0).normal(0, 0.6, _N_CITIES)
    return np.array(names, dtype=object), shares / shares.sum(), effects


_CITIES, _CITY_SHARES, _CITY_EFFECTS = _make_cities()
