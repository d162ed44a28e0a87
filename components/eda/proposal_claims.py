"""The claims about what validate proposes: groups, event time, null marks and copies of rows."""

from collections.abc import Callable, Sequence

import numpy as np

from components._problem.proposal import Proposal
from components.eda import examples, shape_changes
from components.eda.claims import Action, Claim, Suspects
from components.eda.effects import FoldPlan, Variant
from components.errors import format_list


def collect_proposal_claims(suspects: Suspects) -> list[Claim]:
    """Return a claim for each proposal."""
    return [_claim_proposal(proposal, suspects) for proposal in suspects.proposals]


def _claim_proposal(proposal: Proposal, suspects: Suspects) -> Claim:
    action = _ACTIONS[proposal.kind](proposal, suspects)
    shown, places = _find_examples(proposal, suspects)
    return Claim(
        proposal.kind,
        proposal.columns,
        proposal.text,
        proposal.line,
        "adopts" if proposal.line else "",
        shown,
        places,
        action,
        "" if action else "The column is not among those that the quick model learns from.",
    )


def _find_examples(
    proposal: Proposal, suspects: Suspects
) -> tuple[tuple[str, ...], np.ndarray | Sequence[int]]:
    """Return the columns and the rows that show what validate proposes."""
    frame, target = suspects.frame, suspects.target
    if proposal.kind == "duplicates":
        return tuple(frame.columns[: examples.MOST_SHOWN - 1]), examples.find_copies(frame)
    (name,) = proposal.columns
    shown = tuple(dict.fromkeys((name, target)))
    if proposal.kind == "nulls":
        marked = shape_changes.is_one_of(frame[name], suspects.kinds[name], proposal.values)
        return shown, np.flatnonzero(marked)
    if proposal.kind == "group":
        return shown, examples.find_repeats(frame[name])
    return shown, np.arange(examples.MOST_EXAMPLES)


def _try_folds(proposal: Proposal, suspects: Suspects) -> Action:
    (name,) = proposal.columns
    if proposal.kind == "group":
        plan, rows = FoldPlan("group", name), f"rows with new values of `{name}`"
    else:
        plan, rows = FoldPlan("event_time", name), f"rows that are later in `{name}`"
    return Action(f"Scoring {rows}", Variant(suspects.base), Variant(suspects.drop(name), plan))


def _try_nulls(proposal: Proposal, suspects: Suspects) -> Action | None:
    (name,) = proposal.columns
    if name not in suspects.base:
        return None
    changed = shape_changes.mark_nulls(suspects.frame[name], suspects.kinds[name], proposal.values)
    values = format_list(list(proposal.values))
    return Action(
        f"Reading {values} in `{name}` as null",
        Variant(suspects.base),
        Variant(suspects.base, changed={name: changed}),
        "linear",
    )


def _try_copies(proposal: Proposal, suspects: Suspects) -> Action:
    action = "Keeping copies of a row in one fold"
    return Action(action, Variant(suspects.base, FoldPlan("mixed")), Variant(suspects.base))


_ACTIONS: dict[str, Callable[[Proposal, Suspects], Action | None]] = {
    "group": _try_folds,
    "event_time": _try_folds,
    "nulls": _try_nulls,
    "duplicates": _try_copies,
}
