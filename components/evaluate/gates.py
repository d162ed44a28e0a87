"""Whether the model passes: the problem's gates, or a comparison with the baseline."""

from typing import Any

from components._metrics.estimate import Estimate
from components._metrics.scores import resolve_scorer
from components._problem.metrics import describe_metric
from components._problem.spec import Gate, Problem
from components._problem.verdict import Verdict
from components.evaluate.cost_change import describe_cost_change
from components.evaluate.evaluation import Evaluation, GateResult, Measure
from components.evaluate.explanation import explain_figures
from components.evaluate.measures import ContenderComparison
from components.evaluate.number_format import format_apart, format_figure, format_interval
from components.evaluate.power import describe_power
from components.evaluate.side_description import describe_sides
from components.evaluate.significance import describe_caveat, describe_comparison, judge_difference

BEATS_BASELINE = "0 < gain over the baseline"


def judge_gates(comparison: ContenderComparison, problem: Problem) -> tuple[GateResult, ...]:
    """Return the result of every gate; without gates, whether the model beats the baseline."""
    if not problem.gates:
        return (_judge_baseline(comparison.measures[0], comparison.over_baseline),)
    figures = {measure.scorer: measure.model for measure in comparison.measures}
    return tuple(
        _judge_gate(gate, figures[resolve_scorer(gate.metric, problem)], problem) for gate in problem.gates
    )


def build_verdict(evaluation: Evaluation, problem: Problem, trials: int | None) -> Verdict:
    """Return the verdict on the model."""
    main = evaluation.main
    record = {
        "model": evaluation.title,
        "metric": main.name,
        "score": main.model.value if main.model else None,
        "low": main.model.low if main.model else None,
        "high": main.model.high if main.model else None,
        "baseline": main.baseline,
        "simple": main.simple,
        "against_baseline": _summarise_comparison(evaluation.over_baseline),
        "against_simple": _summarise_comparison(evaluation.over_simple, is_simple=evaluation.is_simple),
        "power": describe_power(evaluation),
        "cost_change": describe_cost_change(evaluation.cost_change),
        "caveat": describe_caveat(evaluation),
        "sides": [] if evaluation.sides is None else describe_sides(evaluation.sides),
        "explanations": explain_figures(evaluation, problem),
        "gates": [{"gate": g.gate, "value": g.value, "passed": g.passed} for g in evaluation.gates],
        "rows_train": evaluation.rows_train,
        "rows_test": evaluation.rows_test,
        "threshold": evaluation.threshold,
        "trials": trials,
        "metrics": evaluation.to_metrics(),
    }
    return Verdict(evaluation.failures, _suggest_remedy(evaluation), record)


def _summarise_comparison(over: Estimate | None, *, is_simple: bool = False) -> dict[str, Any]:
    return {
        "standing": judge_difference(over),
        "gain": over.value if over else None,
        "low": over.low if over else None,
        "high": over.high if over else None,
        "words": describe_comparison(over, is_simple=is_simple),
    }


def _suggest_remedy(evaluation: Evaluation) -> str:
    if not evaluation.failures:
        return ""
    if any(gate.value is None for gate in evaluation.gates):
        return "Test on more rows, so that they contain every class, or choose another metric."
    return (
        "See in the report what the model gets wrong. Then add better columns, more rows or more trials, or "
        "change the gates of the problem."
    )


def _judge_gate(gate: Gate, figure: Estimate | None, problem: Problem) -> GateResult:
    name = describe_metric(resolve_scorer(gate.metric, problem))
    if figure is None:
        failure = f"On the test rows, {name} is undefined; the gate requires a value."
        return GateResult(str(gate), None, "–", False, failure)
    faults = []
    if gate.min is not None and figure.value < gate.min:
        faults.append(("at least", gate.min))
    if gate.max is not None and figure.value > gate.max:
        faults.append(("at most", gate.max))
    if not faults:
        return GateResult(str(gate), figure.value, format_figure(figure.value, figure), True)
    bound, limit = faults[0]
    shown, _ = format_apart(figure, limit)
    failure = f"On the test rows, {name} is {shown}; the gate requires {bound} {limit:,.15g}."
    return GateResult(str(gate), figure.value, shown, False, failure)


def _judge_baseline(main: Measure, over: Estimate | None) -> GateResult:
    if main.model is None or main.baseline is None or over is None:
        failure = (
            f"On the test rows, {main.title} is undefined, so the model cannot be compared with the baseline."
        )
        return GateResult(BEATS_BASELINE, None, "–", False, failure)
    ours, theirs = format_apart(main.model, main.baseline)
    both = f"On the test rows, {main.title} is {ours}; the baseline has {theirs}"
    if over.low is None:
        failure = f"{both}. There are too few rows to tell whether that is more than chance."
        return GateResult(BEATS_BASELINE, over.value, format_figure(over.value, over), False, failure)
    lowest = format_figure(over.low, over)
    if over.low > 0:
        return GateResult(BEATS_BASELINE, over.low, lowest, True)
    reason = "the model is not better"
    if over.value > 0:
        reason = (
            f"better by {format_figure(over.value, over)}, but the 95 % interval is {format_interval(over)}"
        )
    return GateResult(BEATS_BASELINE, over.low, lowest, False, f"{both}: {reason}.")
