"""Which blocks of derived features were tried, what they gave, and which are kept."""

from dataclasses import dataclass, field

from components._recipe.derivations import Derivation
from components.engineer.workload import Workload
from components.errors import format_list


@dataclass(frozen=True)
class Attempt:
    """One block that was tried.

    Attributes
    ----------
    title : str
        Name of the block.
    n_tried : int
        Number of its features.
    change, margin : float
        Change of the loss by its best features, below 0 if they help, and its margin of error; as shares of
        the loss with the blocks kept before.
    kept : list of list of str
        The derivations that are kept; empty if the block is not.
    """

    title: str
    n_tried: int
    change: float
    margin: float
    kept: list[Derivation]


@dataclass(frozen=True)
class BlockChoice:
    """What the gate tried.

    Attributes
    ----------
    workload : Workload or None
        Rows and steps; None if nothing was tried.
    reason : str
        Why nothing was tried; else empty.
    loss_name : str
        The loss that was compared.
    loss : float
        Mean loss of the features without any block.
    attempts : list of Attempt
        In the order of trying.
    untried : list of str
        Blocks that the budget is too short for.
    notes : list of str
        Sentences about the rows: those that are left out, and their weights.
    """

    workload: Workload | None
    reason: str
    loss_name: str
    loss: float
    attempts: list[Attempt]
    untried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def derivations(self) -> list[Derivation]:
        """The derivations of all kept blocks."""
        return [derivation for attempt in self.attempts for derivation in attempt.kept]

    @property
    def sentence(self) -> str:
        """What was decided, in one sentence."""
        if not self.attempts:
            return f"No block of features was tried. {self.reason}"
        kept = [
            f"{attempt.title} ({self.loss_name} {attempt.change:+.1%})"
            for attempt in self.attempts
            if attempt.kept
        ]
        said = f"{len(kept)} of {len(self.attempts)} blocks kept{': ' if kept else ''}{', '.join(kept)}."
        if self.untried:
            said += f" The budget is too short to try {format_list(self.untried)}."
        return said
