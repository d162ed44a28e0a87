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

from components._compiled.model import ServingForm
from components._model.ensemble import EnsembleClassifier, EnsembleRegressor
from components._model.families.feature_subset import FeatureSubset
from components._model.families.logarithm import LogarithmRegressor
from components._model.families.perceptron import PerceptronClassifier, PerceptronRegressor
from components._model.families.ranks import NormalRanks
from components._model.forest_text import convert_forest
from components._model.labelled_classifier import LabelledClassifier
from components._model.package import Package

Form = dict[str, Any]


class NoServingForm(Exception):
    """There is no plain form of an estimator."""


def build_serving_form(package: Package) -> ServingForm:
    """Return a model's recipe and estimator in plain parts.

    Raises
    ------
    NoServingForm
        The model holds an estimator without such a form.
    """
    *steps, (_, estimator) = package.pipeline.steps
    parts = _FormBuilder(len(steps[-1][1].get_feature_names_out()))
    form = parts.build_form(estimator)
    columns = list(package.signature.columns)
    return ServingForm(
        columns, {name: step.export() for name, step in steps}, form, parts.arrays, parts.trees
    )


@dataclass
class _FormBuilder:
    n_features: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)

    def build_form(self, of: Any) -> Form:
        for kinds, form in _FORMS:
            if isinstance(of, kinds):
                return dict(form(self, of))
        raise NoServingForm(f"{type(of).__name__} has no plain form")

    def add_array(self, values: np.ndarray) -> str:
        name = f"array-{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(values)
        return name

    def add_trees(self, trees: str) -> str:
        name = f"trees-{len(self.trees)}"
        self.trees[name] = trees
        return name


def _export_labelled(parts: _FormBuilder, labelled: LabelledClassifier) -> Form:
    return parts.build_form(labelled.estimator)


def _export_ensemble(parts: _FormBuilder, ensemble: EnsembleClassifier | EnsembleRegressor) -> Form:
    is_regression = isinstance(ensemble, EnsembleRegressor)
    mean = {
        "kind": "mean",
        "weights": [float(weight) for weight in ensemble.weights],
        "members": [parts.build_form(member) for member in ensemble.members],
        "most": None if is_regression else 1.0,
    }
    if is_regression or (ensemble.slope, ensemble.intercept) == (1, 0):
        return mean
    return {"kind": "calibrated", "slope": ensemble.slope, "intercept": ensemble.intercept, "of": mean}


def _export_logarithm(parts: _FormBuilder, regressor: LogarithmRegressor) -> Form:
    return {"kind": "exponential", "of": parts.build_form(regressor.estimator)}


def _export_chain(parts: _FormBuilder, pipeline: Pipeline) -> Form:
    # What a step makes is what the next one sees.
    inner = _FormBuilder(parts.n_features, parts.arrays, parts.trees)
    steps = []
    for _, step in pipeline.steps:
        steps.append(inner.build_form(step))
        inner.n_features = _count_columns(step, inner.n_features)
    return {"kind": "chain", "steps": steps}


def _count_columns(step: Any, n_features: int) -> int:
    return len(step.columns) if isinstance(step, FeatureSubset) else n_features


def _export_boosted(parts: _FormBuilder, estimator: lgb.LGBMModel) -> Form:
    text = estimator.booster_.model_to_string()
    return {"kind": "trees", "trees": parts.add_trees(text), "n_features": parts.n_features}


def _export_forest(parts: _FormBuilder, forest: ExtraTreesClassifier | ExtraTreesRegressor) -> Form:
    return {"kind": "trees", "trees": parts.add_trees(convert_forest(forest)), "n_features": parts.n_features}


def _export_linear(parts: _FormBuilder, model: LogisticRegression | Ridge) -> Form:
    coefficients = np.atleast_2d(model.coef_).T
    return {
        "kind": "linear",
        "coefficients": parts.add_array(coefficients),
        "intercept": parts.add_array(np.atleast_1d(model.intercept_)),
        "link": "identity" if isinstance(model, Ridge) else _choose_link(coefficients.shape[1]),
    }


def _export_network(parts: _FormBuilder, network: PerceptronClassifier | PerceptronRegressor) -> Form:
    layers = [
        [parts.add_array(weights), parts.add_array(bias)]
        for weights, bias in zip(network.weights, network.biases, strict=True)
    ]
    is_regression = isinstance(network, PerceptronRegressor)
    link = "identity" if is_regression else _choose_link(network.weights[-1].shape[1])
    return {"kind": "network", "layers": layers, "link": link}


def _choose_link(n_outputs: int) -> str:
    return "logistic" if n_outputs == 1 else "softmax"


def _export_neighbours(parts: _FormBuilder, model: KNeighborsClassifier | KNeighborsRegressor) -> Form:
    values = np.asarray(model._y)
    if isinstance(model, KNeighborsClassifier):
        values = np.eye(len(model.classes_))[values]
        # Of two classes the second tells all.
        values = values[:, 1:] if values.shape[1] == 2 else values
    return {
        "kind": "neighbours",
        "rows": parts.add_array(model._fit_X),
        "values": parts.add_array(values.reshape(len(values), -1).astype(np.float64)),
        "n_neighbours": int(model.n_neighbors),
    }


def _export_subset(parts: _FormBuilder, columns: FeatureSubset) -> Form:
    return {"kind": "take", "columns": parts.add_array(columns.columns)}


def _export_percent(parts: _FormBuilder, selection: SelectPercentile) -> Form:
    return {"kind": "take", "columns": parts.add_array(selection.get_support(indices=True))}


def _export_ranks(parts: _FormBuilder, ranks: NormalRanks) -> Form:
    return {"kind": "ranks", "quantiles": parts.add_array(ranks.quantiles_)}


def _export_products(parts: _FormBuilder, features: PolynomialFeatures) -> Form:
    pairs = np.array([np.flatnonzero(powers) for powers in features.powers_ if powers.sum() == 2])
    pairs = pairs.reshape(-1, 2)
    return {"kind": "products", "left": parts.add_array(pairs[:, 0]), "right": parts.add_array(pairs[:, 1])}


def _export_scaler(parts: _FormBuilder, scaler: StandardScaler) -> Form:
    return {"kind": "scale", "means": parts.add_array(scaler.mean_), "scales": parts.add_array(scaler.scale_)}


def _export_kernel(parts: _FormBuilder, features: Nystroem) -> Form:
    return {
        "kind": "kernel",
        "sample": parts.add_array(features.components_.astype(np.float64)),
        "normalization": parts.add_array(features.normalization_.T.astype(np.float64)),
        "gamma": float(features.gamma),
    }


_FORMS: tuple[tuple[Any, Any], ...] = (
    (LabelledClassifier, _export_labelled),
    ((EnsembleClassifier, EnsembleRegressor), _export_ensemble),
    (LogarithmRegressor, _export_logarithm),
    (Pipeline, _export_chain),
    (lgb.LGBMModel, _export_boosted),
    ((ExtraTreesClassifier, ExtraTreesRegressor), _export_forest),
    ((LogisticRegression, Ridge), _export_linear),
    ((PerceptronClassifier, PerceptronRegressor), _export_network),
    ((KNeighborsClassifier, KNeighborsRegressor), _export_neighbours),
    (FeatureSubset, _export_subset),
    (SelectPercentile, _export_percent),
    (NormalRanks, _export_ranks),
    (PolynomialFeatures, _export_products),
    (StandardScaler, _export_scaler),
    (Nystroem, _export_kernel),
)
