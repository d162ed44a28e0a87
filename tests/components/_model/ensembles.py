"""Ensembles of several families."""

from typing import Any

from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.labelled_classifier import LabelledClassifier
from components._estimators.logarithm import LogarithmRegressor
from components._model.package import Package
from components._problem.task import TaskKind
from tests.components._model.tables import fit_package


def fit_ensemble(kind: TaskKind) -> Package:
    """Return a package of several families, calibrated where it classifies."""
    packages = [fit_package(family, kind) for family in ("lightgbm", "linear", "extra_trees")]
    members = [member for package in packages for member in get_estimator(package).members]
    weights = [0.5, 0.3, 0.2]
    one = packages[0]
    if kind == "regression":
        last = EnsembleRegressor([LogarithmRegressor(members[0]), *members[1:]], weights)
    else:
        whole = EnsembleClassifier(kind, members, weights, slope=1.3, intercept=0.2 * (kind == "binary"))
        last = LabelledClassifier(whole, one.signature.classes)
    one.pipeline.steps[-1] = ("model", last)
    return one


def get_estimator(package: Package) -> Any:
    last = package.pipeline.steps[-1][1]
    return last.estimator if isinstance(last, LabelledClassifier) else last
