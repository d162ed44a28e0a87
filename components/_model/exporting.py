"""A fitted model in plain parts, for ``components._compiled``."""

from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_selection import SelectPercentile
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from components._compiled.model import Compiled
from components._model.ensemble import EnsembleClassifier, EnsembleRegressor
from components._model.families.encodings import Columns
from components._model.families.logarithm import LogarithmRegressor
from components._model.families.perceptron import PerceptronClassifier, PerceptronRegressor
from components._model.families.ranks import NormalRanks
from components._model.forest_text import forest_text
from components._model.labelled import LabelledClassifier
from components._model.package import Package

Form = dict[str, Any]


class NotExportable(Exception):
    """There is no plain form of an estimator."""


def exported(package: Package) -> Compiled:
    """Return a model's recipe and estimator in plain parts.

    Raises
    ------
    NotExportable
        The model holds an estimator without such a form.
    """
    *steps, (_, estimator) = package.pipeline.steps
    parts = _Parts(len(steps[-1][1].get_feature_names_out()))
    form = parts.form(estimator)
    columns = list(package.signature.columns)
    return Compiled(columns, {name: step.export() for name, step in steps}, form, parts.arrays, parts.trees)


@dataclass
class _Parts:
    n_features: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)

    def form(self, of: Any) -> Form:
        for kinds, form in _FORMS:
            if isinstance(of, kinds):
                return dict(form(self, of))
        raise NotExportable(f"{type(of).__name__} has no plain form")

    def array(self, values: np.ndarray) -> str:
        name = f"array-{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(values)
        return name

    def text(self, trees: str) -> str:
        name = f"trees-{len(self.trees)}"
        self.trees[name] = trees
        return name


def _labelled(parts: _Parts, labelled: LabelledClassifier) -> Form:
    return parts.form(labelled.estimator)


def _ensemble(parts: _Parts, ensemble: EnsembleClassifier | EnsembleRegressor) -> Form:
    is_regression = isinstance(ensemble, EnsembleRegressor)
    mean = {
        "kind": "mean",
        "weights": [float(weight) for weight in ensemble.weights],
        "members": [parts.form(member) for member in ensemble.members],
        "most": None if is_regression else 1.0,
    }
    if is_regression or (ensemble.slope, ensemble.intercept) == (1, 0):
        return mean
    return {"kind": "calibrated", "slope": ensemble.slope, "intercept": ensemble.intercept, "of": mean}


def _logarithm(parts: _Parts, regressor: LogarithmRegressor) -> Form:
    return {"kind": "exponential", "of": parts.form(regressor.estimator)}


def _chain(parts: _Parts, pipeline: Pipeline) -> Form:
    # What a step makes is what the next one sees.
    inner = _Parts(parts.n_features, parts.arrays, parts.trees)
    steps = []
    for _, step in pipeline.steps:
        steps.append(inner.form(step))
        inner.n_features = _width(step, inner.n_features)
    return {"kind": "chain", "steps": steps}


def _width(step: Any, n_features: int) -> int:
    return len(step.columns) if isinstance(step, Columns) else n_features


def _boosted(parts: _Parts, estimator: lgb.LGBMModel) -> Form:
    text = estimator.booster_.model_to_string()
    return {"kind": "trees", "trees": parts.text(text), "n_features": parts.n_features}


def _forest(parts: _Parts, forest: ExtraTreesClassifier | ExtraTreesRegressor) -> Form:
    return {"kind": "trees", "trees": parts.text(forest_text(forest)), "n_features": parts.n_features}


def _linear(parts: _Parts, model: LogisticRegression | Ridge) -> Form:
    coefficients = np.atleast_2d(model.coef_).T
    return {
        "kind": "linear",
        "coefficients": parts.array(coefficients),
        "intercept": parts.array(np.atleast_1d(model.intercept_)),
        "link": "identity" if isinstance(model, Ridge) else _link(coefficients.shape[1]),
    }


def _network(parts: _Parts, network: PerceptronClassifier | PerceptronRegressor) -> Form:
    layers = [
        [parts.array(weights), parts.array(bias)]
        for weights, bias in zip(network.weights, network.biases, strict=True)
    ]
    is_regression = isinstance(network, PerceptronRegressor)
    link = "identity" if is_regression else _link(network.weights[-1].shape[1])
    return {"kind": "network", "layers": layers, "link": link}


def _link(n_outputs: int) -> str:
    return "logistic" if n_outputs == 1 else "softmax"


def _neighbours(parts: _Parts, model: KNeighborsClassifier | KNeighborsRegressor) -> Form:
    values = np.asarray(model._y)
    if isinstance(model, KNeighborsClassifier):
        values = np.eye(len(model.classes_))[values]
        # Of two classes the second tells all.
        values = values[:, 1:] if values.shape[1] == 2 else values
    return {
        "kind": "neighbours",
        "rows": parts.array(model._fit_X),
        "values": parts.array(values.reshape(len(values), -1).astype(np.float64)),
        "n_neighbours": int(model.n_neighbors),
    }


def _columns(parts: _Parts, columns: Columns) -> Form:
    return {"kind": "take", "columns": parts.array(columns.columns)}


def _percent(parts: _Parts, selection: SelectPercentile) -> Form:
    return {"kind": "take", "columns": parts.array(selection.get_support(indices=True))}


def _ranks(parts: _Parts, ranks: NormalRanks) -> Form:
    return {"kind": "ranks", "quantiles": parts.array(ranks.quantiles_)}


def _products(parts: _Parts, features: PolynomialFeatures) -> Form:
    pairs = np.array([np.flatnonzero(powers) for powers in features.powers_ if powers.sum() == 2])
    pairs = pairs.reshape(-1, 2)
    return {"kind": "products", "left": parts.array(pairs[:, 0]), "right": parts.array(pairs[:, 1])}


def _scaler(parts: _Parts, scaler: StandardScaler) -> Form:
    return {"kind": "scale", "means": parts.array(scaler.mean_), "scales": parts.array(scaler.scale_)}


def _kernel(parts: _Parts, features: Nystroem) -> Form:
    return {
        "kind": "kernel",
        "sample": parts.array(features.components_.astype(np.float64)),
        "normalization": parts.array(features.normalization_.T.astype(np.float64)),
        "gamma": float(features.gamma),
    }


_FORMS: tuple[tuple[Any, Any], ...] = (
    (LabelledClassifier, _labelled),
    ((EnsembleClassifier, EnsembleRegressor), _ensemble),
    (LogarithmRegressor, _logarithm),
    (Pipeline, _chain),
    (lgb.LGBMModel, _boosted),
    ((ExtraTreesClassifier, ExtraTreesRegressor), _forest),
    ((LogisticRegression, Ridge), _linear),
    ((PerceptronClassifier, PerceptronRegressor), _network),
    ((KNeighborsClassifier, KNeighborsRegressor), _neighbours),
    (Columns, _columns),
    (SelectPercentile, _percent),
    (NormalRanks, _ranks),
    (PolynomialFeatures, _products),
    (StandardScaler, _scaler),
    (Nystroem, _kernel),
)
