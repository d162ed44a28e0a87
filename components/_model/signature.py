"""A model's input columns and outputs, in plain data."""

import json
from dataclasses import dataclass
from typing import Any

from components._compiled.threshold import is_positive
from components._problem.task import Label, TaskKind
from components._table.schema import Kind


@dataclass(frozen=True)
class Signature:
    """A model's input columns and outputs.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        Kind of prediction.
    target : str
        Predicted column.
    columns : dict of str to str
        Raw input columns and their kinds, in the order of training.
    classes : list of labels
        Classes in the order of the probabilities, the positive class of a binary task last; empty for a
        regression.
    threshold : float or None
        Least probability of the positive class at which it is predicted; None for the likeliest class.
    family : str
        Key of ``components._estimators.FAMILIES``.
    title : str
        The family's name in pages.
    metric : str
        Scorer that the sweep maximised.
    """

    task: TaskKind
    target: str
    columns: dict[str, Kind]
    classes: list[Label]
    threshold: float | None
    family: str
    title: str
    metric: str

    @property
    def labels(self) -> list[str]:
        """The classes as texts, as a server answers with them: strings as they are, others as JSON."""
        return [label if isinstance(label, str) else json.dumps(label) for label in self.classes]

    def decide(self, probability: Any) -> Any:
        """Return whether a binary model predicts the positive class at a probability; see ``is_positive``."""
        return is_positive(probability, self.threshold)
