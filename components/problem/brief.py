"""The specification in words, for the people who sign it off."""

from components._problem.approvers import decode_key, get_fingerprint
from components._problem.metrics import VALUE, describe_metric, find_scorer, get_sign
from components._problem.spec import OutcomeValue, Problem
from components._problem.task import TASKS
from components._report.markdown import escape_markdown, render_markdown_table

_TASK_WORDS = {
    "auto": "decided by the data",
    "binary": "binary: one of two classes",
    "multiclass": "multiclass: one of several classes",
    "regression": "regression: a number",
}
_ROLE_WORDS = {
    "target": "is predicted; rows without it are left out",
    "event time": "the model learns from earlier rows and is tested on later ones",
    "group": "its rows stay together on one side of every split",
    "split": "says which rows are training rows and which are test rows; the model does not see it",
    "weight": "says how much a row counts; the model does not see it",
    "identifier": "names a row; the model does not see it",
    "sensitive": "the model does not see it; evaluate compares its slices",
}
_OUTCOME_WORDS = {
    "tp": "correctly predicted positive",
    "fp": "wrongly predicted positive",
    "fn": "wrongly predicted negative",
    "tn": "correctly predicted negative",
}


def render_brief(problem: Problem) -> str:
    """Return a problem, resolved or not, as a page of Markdown that can be signed off."""
    sections = [
        f"# Brief: predict {escape_markdown(problem.target)}",
        _render_question(problem),
        "## What is predicted",
        _render_decisions(problem),
        "## When the model is good enough",
        _render_gates(problem),
        *(["## What each outcome is worth", _render_worth(problem.value)] if problem.value else []),
        "## Columns with a role",
        render_markdown_table(
            ("Column", "Role", "Meaning"),
            ((name, role, _ROLE_WORDS[role]) for name, role in reversed(problem.roles)),
        ),
        *(["## Who approves a version", _render_approvers(problem)] if problem.n_approvals else []),
        "## Open until the data are seen",
        _render_open_questions(problem),
        "## Sign-off",
        render_markdown_table(("Name", "Role", "Date", "Signature"), [("", "", "", "")]),
    ]
    return "\n\n".join(sections) + "\n"


def _render_question(problem: Problem) -> str:
    question = escape_markdown(problem.description) or "*Nobody has written down what the model is for.*"
    return f"{question}\n\nOwner: {escape_markdown(problem.owner) or '*nobody yet*'}"


def _render_decisions(problem: Problem) -> str:
    rows = [
        ("Target", problem.target),
        ("Task", _TASK_WORDS[problem.task]),
        ("Metric", _describe_metric(problem)),
    ]
    if problem.positive_label is not None:
        rows.append(("Positive class", str(problem.positive_label)))
    if problem.classes:
        rows.append(("Classes", ", ".join(str(label) for label in problem.classes)))
    if problem.keep:
        rows.append(("Features in any case", ", ".join(problem.keep)))
    return render_markdown_table(("Question", "Answer"), rows)


def _describe_metric(problem: Problem) -> str:
    if problem.metric == "auto":
        return "decided by the task"
    if problem.metric == VALUE:
        return "value: mean worth per row, larger is better"
    scorers = (find_scorer(problem.metric, task) for task in TASKS)
    scorer = next((name for name in scorers if name), problem.metric)
    return f"{describe_metric(scorer)}, {'larger' if get_sign(scorer) > 0 else 'smaller'} is better"


def _render_gates(problem: Problem) -> str:
    if not problem.gates:
        return "No gates are set, so the model must beat the baseline on the test rows."
    return "The model must keep all of these on the test rows:\n\n" + "\n".join(
        f"- {escape_markdown(str(gate))}" for gate in problem.gates
    )


def _render_worth(value: OutcomeValue) -> str:
    worths = value.model_dump()
    return render_markdown_table(
        ("Outcome", "Worth"), ((words, f"{worths[key]:g}") for key, words in _OUTCOME_WORDS.items())
    )


def _render_approvers(problem: Problem) -> str:
    keys = [
        (name, ", ".join(get_fingerprint(decode_key(line)) for line in lines))
        for name, lines in problem.approvers.items()
    ]
    return (
        f"Before deploy serves a version, {problem.n_approvals} of these must approve it:\n\n"
        + render_markdown_table(("Approver", "SSH keys"), keys)
    )


def _render_open_questions(problem: Problem) -> str:
    questions = []
    if problem.task == "auto":
        questions.append("the task, by the target's values")
    if problem.metric == "auto":
        questions.append("the metric, by the task")
    if problem.task in ("auto", "binary") and problem.positive_label is None:
        questions.append("the positive class, if there are two classes")
    return "\n".join(f"- {question}" for question in questions) or "Nothing."
