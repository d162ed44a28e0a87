"""The claims about roles that rows are split by, and about what validate proposes."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from components._problem.proposal import Proposal
from components._problem.yaml_lines import format_role_line
from components.eda import examples, shape_changes
from components.eda.claims import Action, Claim, Suspects
from components.eda.effects import FoldPlan, Variant
from components.errors import format_list

RoleKind = Literal["group", "event_time"]
# Where copies of a row are without and with a fold of their own.
_COPIES: tuple[Literal["scattered", "mixed"], ...] = ("scattered", "mixed")


def collect_role_claims(suspects: Suspects) -> list[Claim]:
    """Return a claim for each role by which the problem splits the rows: what the score would be without."""
    roles: dict[RoleKind, str | None] = {
        "group": suspects.problem.group,
        "event_time": suspects.problem.event_time,
    }
    named = {role: column for role, column in roles.items() if column is not None}
    action = Action(
        f"Splitting rows by {' and '.join(f'`{column}`' for column in named.values())}",
        Variant(suspects.base, FoldPlan("mixed")),
        Variant(suspects.base),
    )
    claims = []
    for role, column in named.items():
        text = f"The problem names {column!r} as its {role}."
        shown, places = _find_examples(Proposal(role, (column,), text), suspects)
        line = format_role_line(role, column)
        claims.append(Claim("role", (column,), text, line, "is there", shown, places, action))
    return claims


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
        plan, rows = FoldPlan("group", name), "rows with new values of"
    else:
        plan, rows = FoldPlan("event_time", name), "rows that are later in"
    return Action(f"Scoring {rows} `{name}`", Variant(suspects.base), Variant(suspects.drop(name), plan))


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
    before, after = (Variant(suspects.base, FoldPlan(by)) for by in _COPIES)
    return Action("Keeping copies of a row in one fold", before, after)


_ACTIONS: dict[str, Callable[[Proposal, Suspects], Action | None]] = {
    "group": _try_folds,
    "event_time": _try_folds,
    "nulls": _try_nulls,
    "duplicates": _try_copies,
}
