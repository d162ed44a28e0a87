"""The receipts of all findings: the rows that show each, and its measured effect."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.findings import DROPPED, Findings, Receipt
from components._table.schema import Kind
from components._table.weights import read_weights
from components.eda.associations import AssociationInfo
from components.eda.claims import CONSEQUENCES, Claim, Suspects
from components.eda.column_claims import collect_column_claims
from components.eda.effects import MOST_COLUMNS, EffectMeter
from components.eda.examples import show_rows
from components.eda.proposal_claims import collect_proposal_claims, collect_role_claims
from components.eda.summaries import ColumnSummary

# More would take more time than the rest of the page.
MOST_MEASURED = 12


def add_receipts(
    findings: Findings,
    frame: pd.DataFrame,
    y: np.ndarray,
    problem: Problem,
    kinds: Mapping[str, Kind],
    summaries: Mapping[str, ColumnSummary],
    predictive: Sequence[str],
    associations: AssociationInfo | None,
    proposals: Sequence[Proposal],
    *,
    seed: int,
) -> Findings:
    """Return findings with the receipts of these and of all others: those with the largest effects first.

    Effects that are more than chance come before those that are not, and findings without one come last.

    Parameters
    ----------
    findings : Findings
        The findings about columns.
    frame : DataFrame of shape (n_rows, n_columns)
        At most ``MOST_ROWS`` rows in random order, with the target as it is in the table, and the columns of
        roles and proposals.
    y : ndarray of shape (n_rows,)
        Encoded target of these rows.
    problem : Problem
        The resolved problem.
    kinds : mapping of str to str
        The kinds of the columns.
    summaries : mapping of str to ColumnSummary
        Each column but the target.
    predictive : sequence of str
        The features, the most predictive first.
    associations : AssociationInfo or None
        How far columns depend on each other.
    proposals : sequence of Proposal
        What validate proposes.
    seed : int
        Seed of the folds.
    """
    left_out = findings.get_reasons(*DROPPED, "free_text")
    base = [name for name in predictive if name not in left_out][:MOST_COLUMNS]
    weights = read_weights(frame, problem)
    if weights is None:
        weights = np.ones(len(frame))
    suspects = Suspects(
        frame, problem, kinds, tuple(base), summaries, findings, associations, tuple(proposals)
    )
    meter = EffectMeter(frame, kinds, y, weights, problem, base, seed)
    receipts: list[Receipt] = []
    collectors = (collect_role_claims, collect_proposal_claims, collect_column_claims)
    claims = [claim for collect in collectors for claim in collect(suspects)]
    order = list(CONSEQUENCES)
    for claim in sorted(claims, key=lambda claim: order.index(claim.kind)):
        n_measured = sum(receipt.effect is not None for receipt in receipts)
        receipts.append(_make_receipt(claim, suspects, meter if n_measured < MOST_MEASURED else None))
    return replace(findings, receipts=tuple(sorted(receipts, key=_rank)))


def _make_receipt(claim: Claim, suspects: Suspects, meter: EffectMeter | None) -> Receipt:
    effect, unmeasured = None, claim.unmeasured
    if claim.action is not None:
        folds = [variant.folds for variant in (claim.action.before, claim.action.after)]
        if meter is None:
            unmeasured = f"Only the effects of {MOST_MEASURED} findings are measured."
        else:
            unmeasured = next(filter(None, map(meter.explain_no_folds, folds)), "")
            effect = None if unmeasured else meter.measure(*claim.action)
            unmeasured = unmeasured or ("" if effect else "No rows could be scored both ways.")
    return Receipt(
        kind=claim.kind,
        columns=claim.columns,
        text=claim.text,
        consequence=CONSEQUENCES[claim.kind],
        line=claim.line,
        line_meaning=claim.line_meaning,
        shown=claim.shown,
        rows=show_rows(suspects.frame, claim.places, claim.shown),
        effect=effect,
        unmeasured=unmeasured,
    )


def _rank(receipt: Receipt) -> tuple[int, float]:
    if receipt.effect is None:
        return 2, 0.0
    return 0 if receipt.effect.is_clear else 1, -abs(receipt.effect.change)
