"""Samples that need no network: scikit-learn's own tables, and the generated customer churn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pandas as pd
import pyarrow as pa

from components._table.arrow import ARROW_TYPES
from components._table.schema import Kind
from components.errors import InvalidSource, suggest_name
from components.ingest.churn import SCHEMA as CHURN_SCHEMA
from components.ingest.churn import compute_best_roc_auc, make_churn_batches
from components.ingest.sources.catalogue import PREFIX

__all__ = ["DEFAULT_ROWS", "SAMPLES", "Sample", "open_sample"]

DEFAULT_ROWS = 10_000
# Whether the target is a class; diabetes has a number, the progression of the disease after a year.
_SCIKIT_LEARN = {"breast_cancer": True, "wine": True, "diabetes": False}
SAMPLES = (*_SCIKIT_LEARN, "churn")


@dataclass(frozen=True)
class Sample:
    """The columns and rows of a sample.

    Attributes
    ----------
    schema : Schema
        Its columns, of canonical types.
    batches : iterable of RecordBatch
        Its rows.
    facts : dict of str to float
        What is known about it.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    facts: dict[str, float] = field(default_factory=dict)


def open_sample(source: str, seed: int) -> Sample:
    """Return the sample at an address.

    Parameters
    ----------
    source : str
        ``sample:breast_cancer``, ``sample:wine`` and ``sample:diabetes`` have their target in the column
        ``target``; classes have names. ``sample:churn`` has its target in ``churned``, "yes" or "no", and
        10,000 rows, or as many as the address says: ``sample:churn?rows=50000``.
    seed : int
        Seed of the generated rows; scikit-learn's tables do not depend on it.

    Raises
    ------
    InvalidSource
        There is no such sample, or it has no such parameter.
    """
    name, _, query = source.removeprefix(PREFIX).partition("?")
    if name not in SAMPLES:
        raise InvalidSource(f"There is no sample {name!r}.", suggest_name(name, SAMPLES, "sample"))
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    known = ("rows",) if name == "churn" else ()
    for parameter in parameters:
        if parameter not in known:
            remedy = suggest_name(parameter, known, "parameter") if known else "Leave it out."
            raise InvalidSource(f"The sample {name!r} has no parameter {parameter!r}.", remedy)
    if name != "churn":
        return _open_scikit_learn(name)
    n_rows = _parse_row_count(parameters.get("rows", str(DEFAULT_ROWS)), source)
    facts = {"best_possible_roc_auc": round(compute_best_roc_auc(n_rows, seed), 4)}
    return Sample(CHURN_SCHEMA, make_churn_batches(n_rows, seed), facts)


def _parse_row_count(text: str, source: str) -> int:
    digits = text.replace("_", "")
    if not (digits.isascii() and digits.isdigit() and int(digits)):
        raise InvalidSource(
            f"rows={text!r} in {source} is not a number of rows.",
            "Give a whole number of at least 1, as in rows=50000.",
        )
    return int(digits)


def _open_scikit_learn(name: str) -> Sample:
    # Imported here because the import takes longer than most tables.
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame: pd.DataFrame = bunch.frame
    kinds: dict[str, Kind] = dict.fromkeys(frame.columns, "float")
    if _SCIKIT_LEARN[name]:
        frame = frame.assign(target=bunch.target_names[frame["target"]].astype(object))
        kinds["target"] = "string"
    schema = pa.schema([(column, ARROW_TYPES[kind]) for column, kind in kinds.items()])
    batches = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).to_batches()
    return Sample(schema, [batch.replace_schema_metadata() for batch in batches])
