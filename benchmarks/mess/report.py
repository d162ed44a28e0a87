"""What a bench of messes found, in text."""

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.mess.outcomes import VERDICTS, Outcome


def describe(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of the report: outcomes by transformation, every silent difference, and the figure."""
    yield f"{'':50}{''.join(f'{verdict:>9}' for verdict in VERDICTS)}"
    group = ""
    for name, of in _group_by_transformation(outcomes).items():
        if of[0].group != group:
            group = of[0].group
            yield group
        yield f"  {name[:47]:48}" + _format_counts(of)
    yield f"{'all pairs: ' + str(len(outcomes)):50}" + _format_counts(outcomes)
    yield ""
    yield from describe_silent(outcomes)
    n_silent = sum(outcome.verdict == "silent" for outcome in outcomes)
    yield f"silent differences: {n_silent} of {len(outcomes)} pairs"


def describe_silent(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what is silently otherwise: the table, the transformation, and the first row that differs."""
    for outcome in outcomes:
        for finding in outcome.findings:
            if finding.verdict == "silent":
                yield f"{outcome.table}, {outcome.transformation}, {finding.direction}:"
                yield from (f"    {detail}" for detail in finding.details)


def _group_by_transformation(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.transformation, []).append(outcome)
    return found


def _format_counts(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.verdict for outcome in outcomes)
    return "".join(f"{counts[verdict] or '':>9}" for verdict in VERDICTS)
