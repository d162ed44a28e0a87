"""The metrics a problem may be judged by: scikit-learn's scorers, by the task that they fit.

A table of names, because the problem stage must not need scikit-learn; a test holds it against
``sklearn.metrics.get_scorer_names``.
"""

import re
from collections.abc import Collection, Iterator

from components._problem.task import TaskKind
from components.errors import find_nearest, suggest_name

_BINARY_ONLY = (
    "f1",
    "jaccard",
    "neg_negative_likelihood_ratio",
    "positive_likelihood_ratio",
    "precision",
    "recall",
    "roc_auc",
)
_CLASSIFICATION = (
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "d2_brier_score",
    "d2_log_loss_score",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "jaccard_macro",
    "jaccard_micro",
    "jaccard_weighted",
    "matthews_corrcoef",
    "neg_brier_score",
    "neg_log_loss",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
)
_REGRESSION = (
    "d2_absolute_error_score",
    "explained_variance",
    "neg_max_error",
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_gamma_deviance",
    "neg_mean_poisson_deviance",
    "neg_mean_squared_error",
    "neg_mean_squared_log_error",
    "neg_median_absolute_error",
    "neg_root_mean_squared_error",
    "neg_root_mean_squared_log_error",
    "r2",
)

SCORERS: dict[TaskKind, tuple[str, ...]] = {
    "binary": tuple(sorted(_BINARY_ONLY + _CLASSIFICATION)),
    # Of two classes one is always among the two likeliest.
    "multiclass": (*_CLASSIFICATION, "top_k_accuracy"),
    "regression": _REGRESSION,
}
DEFAULT_SCORER: dict[TaskKind, str] = {
    "binary": "roc_auc",
    "multiclass": "neg_log_loss",
    "regression": "neg_root_mean_squared_error",
}
# What people call a metric elsewhere, and the scorers they mean: the first that fits the task. A binary
# metric stands here under its own name for the sake of its multiclass form.
_ALIASES: dict[str, tuple[str, ...]] = {
    "acc": ("accuracy",),
    "ap": ("average_precision",),
    "auc": ("roc_auc", "roc_auc_ovr"),
    "auc_pr": ("average_precision",),
    "auc_roc": ("roc_auc", "roc_auc_ovr"),
    "aucpr": ("average_precision",),
    "auprc": ("average_precision",),
    "auroc": ("roc_auc", "roc_auc_ovr"),
    "bacc": ("balanced_accuracy",),
    "balanced_acc": ("balanced_accuracy",),
    "brier": ("neg_brier_score",),
    "cross_entropy": ("neg_log_loss",),
    "f1": ("f1", "f1_macro"),
    "jaccard": ("jaccard", "jaccard_macro"),
    "logloss": ("neg_log_loss",),
    "macro_f1": ("f1_macro",),
    "mae": ("neg_mean_absolute_error",),
    "mape": ("neg_mean_absolute_percentage_error",),
    "matthews": ("matthews_corrcoef",),
    "mcc": ("matthews_corrcoef",),
    "medae": ("neg_median_absolute_error",),
    "micro_f1": ("f1_micro",),
    "mse": ("neg_mean_squared_error",),
    "msle": ("neg_mean_squared_log_error",),
    "pr_auc": ("average_precision",),
    "precision": ("precision", "precision_macro"),
    "r_squared": ("r2",),
    "recall": ("recall", "recall_macro"),
    "rmse": ("neg_root_mean_squared_error",),
    "rmsle": ("neg_root_mean_squared_log_error",),
    "roc": ("roc_auc", "roc_auc_ovr"),
    "roc_auc": ("roc_auc", "roc_auc_ovr"),
    "sensitivity": ("recall", "recall_macro"),
    "weighted_f1": ("f1_weighted",),
}
# Those that most people look for, by the names that they are shown by.
_USUAL = (
    *("roc_auc", "roc_auc_ovr", "average_precision", "log_loss", "accuracy", "f1", "f1_macro"),
    *("root_mean_squared_error", "mean_absolute_error", "r2", "mean_absolute_percentage_error"),
)
# The mean value of the outcomes per row, known only where a problem says what each outcome is worth.
VALUE = "value"


def name_metric(scorer: str) -> str:
    """Return a scorer's name as people write it: errors without the sign that makes them scores."""
    return scorer.removeprefix("neg_")


def get_sign(scorer: str) -> int:
    """Return 1 where a larger figure is better as people write it, -1 for an error."""
    return -1 if scorer.startswith("neg_") else 1


def find_scorer(metric: str, task: TaskKind) -> str | None:
    """Return the scorer that a metric's name means for a task; None if it means none.

    Parameters
    ----------
    metric : str
        A scorer's name with or without ``neg_``, or what people call it elsewhere (``auc``, ``rmse``). Case,
        dashes and blanks do not matter.
    task : {"binary", "multiclass", "regression"}
        The kind of prediction.
    """
    for name in _iterate_spellings(metric):
        by_spelling = {_normalise_name(scorer): scorer for scorer in SCORERS[task]}
        for scorer in (by_spelling.get(name), by_spelling.get(f"neg{name}"), *_get_aliased_scorers(name)):
            if scorer in SCORERS[task]:
                return scorer
    return None


def normalise_keyword(metric: str) -> str:
    """Return a metric as it was written, but the words that name no scorer, auto and value, in lower case."""
    folded = _normalise_name(metric)
    return folded if folded in ("auto", VALUE) else metric


def suggest_metric(metric: str, tasks: Collection[TaskKind]) -> str:
    """Return a sentence that offers what an unknown metric may have meant for one of the tasks."""
    fitting = sorted({name_metric(name) for task in tasks for name in SCORERS[task]})
    fitting.sort(key=lambda name: _USUAL.index(name) if name in _USUAL else len(_USUAL))
    fits = {name for task in tasks for name in SCORERS[task]}
    aliases = [alias for alias, scorers in _ALIASES.items() if fits.intersection(scorers)]
    near = find_nearest(metric, [*fitting, *aliases])
    return f"Did you mean {near!r}?" if near else suggest_name(metric, fitting, "metric")


def _iterate_spellings(metric: str) -> Iterator[str]:
    name = _normalise_name(metric)
    yield name
    # scikit-learn's functions end so (f1_score), and its scorers do not.
    yield name.removesuffix("score")
    # An error under another name, with the sign that makes it a score: neg_rmse.
    if _get_aliased_scorers(name.removeprefix("neg")):
        yield name.removeprefix("neg")


def _get_aliased_scorers(name: str) -> tuple[str, ...]:
    return next((scorers for alias, scorers in _ALIASES.items() if _normalise_name(alias) == name), ())


def _normalise_name(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "", name.casefold().replace("²", "2"))
