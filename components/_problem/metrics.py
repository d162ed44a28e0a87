"""The metrics that a problem may use: scikit-learn's scorers, by the task that they fit.

The names are listed here because the problem stage must not need scikit-learn; a test compares them with
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
    # top_k_accuracy needs more than two classes: one of two is always among the two likeliest.
    "multiclass": (*_CLASSIFICATION, "top_k_accuracy"),
    "regression": _REGRESSION,
}
# scikit-learn computes them for rows that all count alike only.
UNWEIGHED = (
    "neg_negative_likelihood_ratio",
    "positive_likelihood_ratio",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
)
DEFAULT_SCORER: dict[TaskKind, str] = {
    "binary": "roc_auc",
    "multiclass": "neg_log_loss",
    "regression": "neg_root_mean_squared_error",
}
# Other names of metrics, and the scorers they mean: the first one that fits the task. A binary metric is
# listed under its own name too, so that it finds its multiclass form.
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
# How texts write a metric: the usual abbreviations, and the words of all other names.
_ABBREVIATIONS = {
    "mean_absolute_error": "MAE",
    "mean_absolute_percentage_error": "MAPE",
    "mean_squared_error": "MSE",
    "mean_squared_log_error": "MSLE",
    "root_mean_squared_error": "RMSE",
    "root_mean_squared_log_error": "RMSLE",
    "value": "value per row",
}
_WORDS = {
    "auc": "AUC",
    "brier": "Brier",
    "corrcoef": "correlation",
    "d2": "D²",
    "f1": "F1",
    "jaccard": "Jaccard",
    "matthews": "Matthews",
    "ovo": "one-vs-one",
    "ovr": "one-vs-rest",
    "poisson": "Poisson",
    "r2": "R²",
    "roc": "ROC",
}
# The metrics that most people look for, by the names that ``name_metric`` gives.
_USUAL = (
    *("roc_auc", "roc_auc_ovr", "average_precision", "log_loss", "accuracy", "f1", "f1_macro"),
    *("root_mean_squared_error", "mean_absolute_error", "r2", "mean_absolute_percentage_error"),
)
# The mean value of the outcomes per row; the problem must say what each outcome is worth.
VALUE = "value"


def name_metric(scorer: str) -> str:
    """Return a scorer's name without ``neg_``, the sign that makes an error a score."""
    return scorer.removeprefix("neg_")


def describe_metric(scorer: str) -> str:
    """Return the usual name of a scorer or metric in a text: ``ROC AUC``, ``log loss``, ``RMSE``."""
    name = name_metric(scorer)
    return _ABBREVIATIONS.get(name) or " ".join(_WORDS.get(word, word) for word in name.split("_"))


def get_sign(scorer: str) -> int:
    """Return 1 if a larger value of the metric is better, -1 for an error."""
    return -1 if scorer.startswith("neg_") else 1


def find_scorer(metric: str, task: TaskKind) -> str | None:
    """Return the scorer that a metric's name means for a task; None if there is none.

    Parameters
    ----------
    metric : str
        A scorer's name with or without ``neg_``, or another usual name (``auc``, ``rmse``). Case, dashes
        and blanks do not matter.
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
    """Return a metric as it was written; auto and value, which are not scorers, in lower case."""
    folded = _normalise_name(metric)
    return folded if folded in ("auto", VALUE) else metric


def suggest_metric(metric: str, tasks: Collection[TaskKind]) -> str:
    """Return a sentence that offers the metric that an unknown one may have meant, for one of the tasks."""
    scorers = {name for task in tasks for name in SCORERS[task]}
    names = sorted({name_metric(scorer) for scorer in scorers})
    names.sort(key=lambda name: _USUAL.index(name) if name in _USUAL else len(_USUAL))
    aliases = [alias for alias, meant in _ALIASES.items() if scorers.intersection(meant)]
    near = find_nearest(metric, [*names, *aliases])
    return f"Did you mean {near!r}?" if near else suggest_name(metric, names, "metric")


def _iterate_spellings(metric: str) -> Iterator[str]:
    name = _normalise_name(metric)
    yield name
    # The name of scikit-learn's function, such as f1_score.
    yield name.removesuffix("score")
    # Another name with the sign of a scorer: neg_rmse.
    if _get_aliased_scorers(name.removeprefix("neg")):
        yield name.removeprefix("neg")


def _get_aliased_scorers(name: str) -> tuple[str, ...]:
    return next((scorers for alias, scorers in _ALIASES.items() if _normalise_name(alias) == name), ())


def _normalise_name(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "", name.casefold().replace("²", "2"))
