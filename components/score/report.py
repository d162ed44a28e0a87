"""The page about predictions: their distribution and that of the columns, compared with training."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from components._model.signature import Signature
from components._report.charts import Axis, Chart, build_grouped_bars
from components._report.colours import BLUE, GREY
from components._report.page import Message, format_value, render_page
from components.errors import format_list
from components.score.row_counts import RowCounts


class ScoringInfo(NamedTuple):
    """The contents of the page.

    Attributes
    ----------
    signature : Signature
        The model's signature.
    profile : dict
        The distributions of training rows and predictions.
    model : str
        The model's name and version.
    n_rows : int
        Rows; each has one prediction.
    counts : RowCounts
        Counts of rows and predictions.
    ignored : list of str
        Columns of the table that are neither features nor identifiers.
    output : str
        Address of the predictions in a bucket; empty for none.
    unreadable : dict of str to int
        Unreadable cells, which became null, by column.
    warnings : list of str
        Warnings about the reading of the table's file.
    engines : list of str
        What predicted the rows, as sentences.
    """

    signature: Signature
    profile: dict[str, Any]
    model: str
    n_rows: int
    counts: RowCounts
    ignored: list[str]
    output: str
    unreadable: dict[str, int]
    warnings: list[str]
    engines: list[str]

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics of the run."""
        rates = {f"rate_{label}": n / self.n_rows for label, n in sorted(self.counts.predictions.items())}
        cells = self.n_rows * len(self.signature.columns)
        return {
            "rows": float(self.n_rows),
            **rates,
            "null_share": sum(self.counts.nulls.values()) / cells,
            "unusual_share": sum(self.counts.unusual.values()) / cells,
            "unreadable": float(sum(self.unreadable.values())),
        }


class ColumnShiftInfo(NamedTuple):
    """A column compared with training: shares of nulls, number of unusual rows, share of moved values."""

    name: str
    null: float
    null_in_training: float
    unusual: int
    shift: float | None


class ShareInfo(NamedTuple):
    """Shares of the predictions by bin, now and in training; ``starts`` are the bins' lower bounds."""

    starts: list[float]
    now: list[float]
    training: list[float]


def compute_column_infos(scored: ScoringInfo) -> list[ColumnShiftInfo]:
    """Return the comparison of every column with training, the largest shift first."""
    infos = []
    for name, kind in scored.signature.columns.items():
        facts, counts = scored.profile["columns"][name], scored.counts
        is_text = kind == "string" and "categories" not in facts
        shares = list(facts["categories"].values()) if "categories" in facts else facts["shares"]
        infos.append(
            ColumnShiftInfo(
                f"{name} (characters)" if is_text else name,
                counts.nulls[name] / scored.n_rows,
                facts["null"],
                counts.unusual[name],
                _compute_shift(counts.counts[name], scored.n_rows - counts.nulls[name], shares),
            )
        )
    return sorted(infos, key=lambda info: -(info.shift or 0))


def compute_share_info(scored: ScoringInfo) -> ShareInfo:
    """Return the distribution of the predictions."""
    facts = scored.profile["predictions"]
    now = [n / scored.n_rows for n in scored.counts.outputs]
    return ShareInfo(facts["starts"], now, facts["shares"])


def render_scoring(scored: ScoringInfo) -> str:
    """Return the page."""
    top = _list_top_classes(scored.counts.predictions)
    info = compute_share_info(scored)
    classes = _list_top_classes(scored.counts.predictions, len(info.starts) or 1)
    return render_page(
        "components/score/report.html",
        scored=scored,
        facts=[("rows", scored.n_rows), *((f"predicted {label}", n / scored.n_rows) for label, n in top)],
        notes=list(_iterate_notes(scored)),
        predictions=draw_shares(info),
        classes=[(label, n, n / scored.n_rows) for label, n in classes],
        columns=compute_column_infos(scored),
    )


def draw_shares(info: ShareInfo) -> Chart:
    """Return bars of the shares of the predictions, now and in training."""
    names = [f"from {format_value(start)}" for start in info.starts]
    bars = build_grouped_bars(names, [("training", GREY, info.training), ("now", BLUE, info.now)])
    return Chart(
        "",
        Axis(kind="category", labels=names),
        Axis("share of the predictions", "share"),
        bars,
        description="Share of the predictions by their value, in training and now.",
    )


def _iterate_notes(scored: ScoringInfo) -> Iterator[Message]:
    yield "good", f"Each of the {scored.n_rows:,} rows has exactly one prediction."
    for engine in scored.engines:
        yield "note", engine
    if scored.output:
        yield "note", f"The predictions are also in {scored.output}."
    for warning in scored.warnings:
        yield "warning", warning
    if scored.unreadable:
        counts = format_list(f"{name} ({n:,})" for name, n in scored.unreadable.items())
        yield "warning", f"Unreadable values, which became null: {counts}."
    if scored.ignored:
        yield "note", f"Columns that the model does not use: {format_list(scored.ignored)}."


def _compute_shift(counts: list[int], n_known: int, shares: list[float]) -> float | None:
    """Return the share of known values that would have to change to be distributed as in training."""
    if not n_known or not shares:
        return None
    now = [count / n_known for count in counts]
    # Values in no bin, such as rare categories, form another bin.
    pairs = [*zip(now, shares, strict=True), (1 - sum(now), 1 - sum(shares))]
    return sum(abs(a - b) for a, b in pairs) / 2


def _list_top_classes(predictions: dict[str, int], shown: int = 4) -> list[tuple[str, int]]:
    return sorted(predictions.items(), key=lambda item: -item[1])[:shown]
