"""The evaluation as one record, from which page, card, dashboard and verdict take their numbers."""

from dataclasses import dataclass

from components._metrics.estimate import Estimate
from components._problem.metrics import describe_metric, get_sign, name_metric
from components.evaluate.interval_coverage import IntervalCoverage
from components.evaluate.side_comparison import SideComparison


@dataclass(frozen=True)
class Measure:
    """One metric on the test rows; an error is positive.

    Attributes
    ----------
    scorer : str
        Name of a scorer of scikit-learn, or ``value``.
    model : Estimate or None
        The model's figure; None if the metric is undefined on the test rows.
    baseline, simple : float or None
        The figures of the best constant prediction and of a linear model.
    """

    scorer: str
    model: Estimate | None
    baseline: float | None
    simple: float | None

    @property
    def name(self) -> str:
        """The metric's name in files and parameters."""
        return name_metric(self.scorer)

    @property
    def title(self) -> str:
        """The metric's name in texts."""
        return describe_metric(self.scorer)

    @property
    def is_error(self) -> bool:
        """Whether a smaller figure is better."""
        return get_sign(self.scorer) < 0


@dataclass(frozen=True)
class DecisionWorth:
    """What the decisions on the test rows are worth, in the unit of the problem's outcome values.

    Attributes
    ----------
    total : float
        Sum over the test rows of the model's decisions.
    always, never : float
        Sums if every row is predicted positive, or negative.
    """

    total: float
    always: float
    never: float


@dataclass(frozen=True)
class CostChange:
    """What one outcome would have to be worth.

    Attributes
    ----------
    outcome : str
        The outcome in words.
    worth, limit : float
        What the problem says it is worth, and the worth at which the decision flips.
    consequence : str
        What holds from there on, as the end of a sentence.
    """

    outcome: str
    worth: float
    limit: float
    consequence: str


@dataclass(frozen=True)
class GateResult:
    """A gate, and whether the model passed it.

    Attributes
    ----------
    gate : str
        The condition in words.
    value : float or None
        The figure that the gate is about, errors positive; None if it is undefined, which fails.
    shown : str
        The figure as text, with the digits that tell it from the gate's limit.
    passed : bool
        Whether the condition holds.
    failure : str
        Why it does not hold, as a sentence; empty if it does.
    """

    gate: str
    value: float | None
    shown: str
    passed: bool
    failure: str = ""


@dataclass(frozen=True)
class Importance:
    """How much the main metric worsens when a column's values are shuffled among the rows.

    Attributes
    ----------
    column : str
        Raw input column.
    drop : float
        Mean over the repeats, in the metric's unit; near 0 if the model does not need the column.
    spread : float
        Standard deviation over the repeats.
    """

    column: str
    drop: float
    spread: float


@dataclass(frozen=True)
class Dependence:
    """Mean predictions by the value of a column.

    Attributes
    ----------
    column : str
        Raw input column.
    values : tuple of str
        Values in words, in their order; the most frequent of a column of texts.
    places : tuple of float
        The values as numbers, of dates the seconds since 1970; empty for texts.
    is_time : bool
        Whether they are dates.
    shares : tuple of float
        Share of the rows whose value is nearest; for texts, that have it.
    means : dict of str to tuple of float
        Mean prediction at each value, for each class, or for the only output, whose name is empty.
    """

    column: str
    values: tuple[str, ...]
    places: tuple[float, ...]
    is_time: bool
    shares: tuple[float, ...]
    means: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class SensitiveGroup:
    """Rows that share a value of a sensitive column.

    Attributes
    ----------
    column, value : str
        The column, and the value or range in words.
    rows : int
        Test rows of the group.
    score : Estimate or None
        The main metric, errors positive; None if it is undefined on the group.
    positive_rate : float or None
        Share of the rows predicted positive; None unless the task is binary.
    gap : Estimate or None
        By how much the metric is better than on all other rows, with an interval that is corrected for the
        number of groups; None if it is undefined on either.
    """

    column: str
    value: str
    rows: int
    score: Estimate | None
    positive_rate: float | None
    gap: Estimate | None


@dataclass(frozen=True)
class RowSlice:
    """Rows on which the model does worse than on the others.

    Attributes
    ----------
    words : str
        The columns and their values.
    rows : int
        Test rows of it.
    loss, other_loss : float
        Mean loss of its rows, and of all others: log loss, or the absolute error of a regression.
    excess : Estimate
        The difference, with an interval that is corrected for the number of slices that were looked at.
    predicted, actual : float or None
        Mean prediction, of a binary task the probability of the positive class, and mean target; None for
        more than two classes.
    """

    words: str
    rows: int
    loss: float
    other_loss: float
    excess: Estimate
    predicted: float | None
    actual: float | None


@dataclass(frozen=True)
class SliceSearch:
    """What a search for slices found, among how many slices of how many columns, on how many rows."""

    slices: tuple[RowSlice, ...]
    n_slices: int
    n_columns: int
    n_rows: int


@dataclass(frozen=True)
class UsedRows:
    """How many rows the figures are of: samples, if the table is very large.

    Attributes
    ----------
    scored : int
        Test rows of the metrics and curves.
    resampled : int
        Those of them that resamples are drawn from.
    baseline, simple : int
        Training rows that the baseline and the simple model learned from.
    """

    scored: int
    resampled: int
    baseline: int
    simple: int


@dataclass(frozen=True)
class Evaluation:
    """The model on the sealed test rows.

    Attributes
    ----------
    title : str
        Title of the model's family.
    target : str
        What is predicted.
    rows_train, rows_test : int
        Rows of the training table, and of the test table.
    used : UsedRows
        How many of them the figures are of.
    threshold : float or None
        Decision threshold of a binary model; None for the likeliest class.
    baseline_title, simple_title : str
        What the baseline predicts, and the simple model's family, in words.
    measures : tuple of Measure
        Every metric, the main one first.
    over_baseline, over_simple : Estimate or None
        By how much the model's main metric is better, paired by resample; positive is better. None if the
        metric is undefined.
    worth : DecisionWorth or None
        None unless the problem says what each outcome is worth.
    gates : tuple of GateResult
        The problem's gates, or the default one.
    importances : tuple of Importance
        Columns, the most important first.
    groups : tuple of SensitiveGroup
        Groups of the sensitive columns.
    majority : tuple of (str, float) or None
        The most frequent class of the test rows and its share; None for a regression.
    cost_change : CostChange or None
        The smallest change of an outcome's worth that flips the decision for the model, if there is one.
    dependences : tuple of Dependence
        How the predictions depend on the most important columns.
    search : SliceSearch or None
        Slices on which the model does worse; None if they were not looked for.
    cross_validated : float or None
        The main metric on the training rows, out of fold, errors positive; None if it is not known.
    time_overlap : float or None
        Share of the test rows that are not later than the last training row; None without times.
    coverage : IntervalCoverage or None
        How often the prediction intervals of a regression hold the target; None without intervals.
    sides : SideComparison or None
        What test rows and training rows differ in; None if they were not compared.
    """

    title: str
    target: str
    rows_train: int
    rows_test: int
    used: UsedRows
    threshold: float | None
    baseline_title: str
    simple_title: str
    measures: tuple[Measure, ...]
    over_baseline: Estimate | None
    over_simple: Estimate | None
    worth: DecisionWorth | None
    gates: tuple[GateResult, ...]
    importances: tuple[Importance, ...]
    groups: tuple[SensitiveGroup, ...]
    majority: tuple[str, float] | None = None
    cost_change: CostChange | None = None
    dependences: tuple[Dependence, ...] = ()
    search: SliceSearch | None = None
    cross_validated: float | None = None
    time_overlap: float | None = None
    coverage: IntervalCoverage | None = None
    sides: SideComparison | None = None

    @property
    def main(self) -> Measure:
        """The metric that the model was chosen by."""
        return self.measures[0]

    @property
    def is_simple(self) -> bool:
        """Whether the model is itself of the family of the simple model."""
        return self.title == self.simple_title

    @property
    def undefined(self) -> list[str]:
        """Titles of the metrics that are undefined on the test rows."""
        return [measure.title for measure in self.measures if measure.model is None]

    @property
    def failures(self) -> tuple[str, ...]:
        """Why gates failed, one sentence each."""
        return tuple(gate.failure for gate in self.gates if not gate.passed)

    def to_metrics(self) -> dict[str, float]:
        """Return every defined figure by name, finite numbers only."""
        values = {m.name: m.model.value for m in self.measures if m.model is not None}
        named = {"baseline": self.main.baseline, "simple": self.main.simple}
        if self.main.model is not None:
            named |= {f"{self.main.name}_low": self.main.model.low}
            named |= {f"{self.main.name}_high": self.main.model.high}
        if self.worth is not None:
            named |= {"value_total": self.worth.total}
            named |= {"value_total_always": self.worth.always, "value_total_never": self.worth.never}
        if self.coverage is not None:
            named |= {"interval_coverage": self.coverage.all.covered.value}
            named |= {"interval_width": self.coverage.all.width}
        return values | {name: value for name, value in named.items() if value is not None}
