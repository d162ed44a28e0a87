"""The serving form of a fitted model, for ``components._compiled``."""

import gzip
import re
from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np
from sklearn.feature_selection import SelectPercentile
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from components._compiled.model import ServingForm
from components._estimators.compact_forest import CompactForest, CompactTrees
from components._estimators.ensemble import EnsembleClassifier, EnsembleRegressor
from components._estimators.feature_subset import FeatureSubset
from components._estimators.forest_text import convert_forest
from components._estimators.gaussian import GaussianClassifier
from components._estimators.labelled_classifier import LabelledClassifier
from components._estimators.logarithm import LogarithmRegressor
from components._estimators.neighbours import NeighboursClassifier, NeighboursRegressor
from components._estimators.perceptron import PerceptronClassifier, PerceptronRegressor
from components._estimators.pieces import NumberPieces
from components._estimators.ranks import NormalRanks
from components._model.package import Package

Form = dict[str, Any]

# What LightGBM writes of a tree and does not need to predict: more than half of its text.
_UNUSED = re.compile(
    r"^(?:split_gain|leaf_weight|leaf_count|internal_value|internal_weight|internal_count)=.*\n", re.MULTILINE
)
_FIRST_TREE, _AFTER_TREES = "Tree=0\n", "end of trees\n"
_NEXT_TREE = re.compile(r"^(?=Tree=\d+$)", re.MULTILINE)
_TREE_SIZES = re.compile(r"^tree_sizes=.*$", re.MULTILINE)
# A higher level takes more time than it saves.
_LEVEL = 1


class NoServingForm(Exception):
    """An estimator has no serving form."""


def build_serving_form(package: Package) -> ServingForm:
    """Return a model's recipe and estimator as plain arrays, trees and JSON values.

    Raises
    ------
    NoServingForm
        The model holds an estimator that has none.
    """
    *steps, (_, estimator) = package.pipeline.steps
    builder = _FormBuilder(len(steps[-1][1].get_feature_names_out()))
    form = builder.build_form(estimator)
    columns = list(package.signature.columns)
    return ServingForm(
        columns, {name: step.export() for name, step in steps}, form, builder.arrays, builder.trees
    )


@dataclass
class _FormBuilder:
    n_features: int
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    trees: dict[str, bytes] = field(default_factory=dict)

    def build_form(self, estimator: Any) -> Form:
        for kinds, export in _EXPORTS:
            if isinstance(estimator, kinds):
                return dict(export(self, estimator))
        raise NoServingForm(f"{type(estimator).__name__} has no serving form")

    def add_array(self, values: np.ndarray) -> str:
        name = f"array-{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(values)
        return name

    def add_trees(self, trees: str) -> str:
        name = f"trees-{len(self.trees)}"
        # Without a time, so that a model has the same files whenever it is written.
        self.trees[name] = gzip.compress(trees.encode(), _LEVEL, mtime=0)
        return name


def _export_labelled(builder: _FormBuilder, labelled: LabelledClassifier) -> Form:
    return builder.build_form(labelled.estimator)


def _export_ensemble(builder: _FormBuilder, ensemble: EnsembleClassifier | EnsembleRegressor) -> Form:
    is_regression = isinstance(ensemble, EnsembleRegressor)
    mean = {
        "kind": "mean",
        "weights": [float(weight) for weight in ensemble.weights],
        "members": [builder.build_form(member) for member in ensemble.members],
        "most": None if is_regression else 1.0,
    }
    if is_regression or (ensemble.slope, ensemble.intercept) == (1, 0):
        return mean
    return {"kind": "calibrated", "slope": ensemble.slope, "intercept": ensemble.intercept, "of": mean}


def _export_logarithm(builder: _FormBuilder, regressor: LogarithmRegressor) -> Form:
    return {"kind": "exponential", "of": builder.build_form(regressor.estimator)}


def _export_chain(builder: _FormBuilder, pipeline: Pipeline) -> Form:
    # The output of a step is the input of the next.
    inner = _FormBuilder(builder.n_features, builder.arrays, builder.trees)
    steps = []
    for _, step in pipeline.steps:
        steps.append(inner.build_form(step))
        if isinstance(step, FeatureSubset):
            inner.n_features = len(step.columns)
    return {"kind": "chain", "steps": steps}


def _export_boosted(builder: _FormBuilder, estimator: lgb.LGBMModel) -> Form:
    text = _strip_trees(estimator.booster_.model_to_string())
    return {"kind": "trees", "trees": builder.add_trees(text), "n_features": builder.n_features}


def _strip_trees(text: str) -> str:
    """Return a model in LightGBM's text form with no more than its predictions need."""
    start, end = text.index(_FIRST_TREE), text.index(_AFTER_TREES)
    blocks = [block for block in _NEXT_TREE.split(_UNUSED.sub("", text[start:end])) if block]
    # LightGBM finds the trees by their lengths.
    sizes = "tree_sizes=" + " ".join(str(len(block)) for block in blocks)
    return "".join([_TREE_SIZES.sub(sizes, text[:start], count=1), *blocks, _AFTER_TREES])


def _export_forest(builder: _FormBuilder, forest: CompactForest) -> Form:
    trees = {"trees": builder.add_trees(convert_forest(forest)), "n_features": builder.n_features}
    if forest.n_outputs == 1:
        return {"kind": "trees", **trees}
    parts = CompactTrees(**forest.trees)
    # The number of leaves before each tree.
    first = np.concatenate([[0], np.cumsum(parts.features < 0)])[parts.roots].astype(np.int32)
    entries = {
        "starts": parts.starts,
        "outputs": parts.outputs,
        "values": parts.values,
        "first": first,
    }
    names = {name: builder.add_array(values) for name, values in entries.items()}
    return {"kind": "forest", **trees, **names, "n_outputs": forest.n_outputs}


def _export_linear(builder: _FormBuilder, model: LogisticRegression | Ridge) -> Form:
    coefficients = np.atleast_2d(model.coef_).T
    return {
        "kind": "linear",
        "coefficients": builder.add_array(coefficients),
        "intercept": builder.add_array(np.atleast_1d(model.intercept_)),
        "link": "identity" if isinstance(model, Ridge) else _choose_link(coefficients.shape[1]),
    }


def _export_network(builder: _FormBuilder, network: PerceptronClassifier | PerceptronRegressor) -> Form:
    layers = [
        [builder.add_array(weights), builder.add_array(bias)]
        for weights, bias in zip(network.weights, network.biases, strict=True)
    ]
    is_regression = isinstance(network, PerceptronRegressor)
    link = "identity" if is_regression else _choose_link(network.weights[-1].shape[1])
    return {"kind": "network", "layers": layers, "link": link}


def _export_gaussian(builder: _FormBuilder, classes: GaussianClassifier) -> Form:
    return {
        "kind": "gaussian",
        "factors": builder.add_array(classes.factors),
        "offsets": builder.add_array(classes.offsets),
        "constants": builder.add_array(classes.constants),
    }


def _choose_link(n_outputs: int) -> str:
    return "logistic" if n_outputs == 1 else "softmax"


def _export_neighbours(builder: _FormBuilder, model: NeighboursClassifier | NeighboursRegressor) -> Form:
    return {
        "kind": "neighbours",
        "rows": builder.add_array(model.rows),
        "values": builder.add_array(model.values.astype(np.float64)),
        "n_neighbours": int(model.n_neighbours),
    }


def _export_subset(builder: _FormBuilder, columns: FeatureSubset) -> Form:
    return {"kind": "take", "columns": builder.add_array(columns.columns)}


def _export_percent(builder: _FormBuilder, selection: SelectPercentile) -> Form:
    return {"kind": "take", "columns": builder.add_array(selection.get_support(indices=True))}


def _export_ranks(builder: _FormBuilder, ranks: NormalRanks) -> Form:
    return {"kind": "ranks", "quantiles": builder.add_array(ranks.quantiles_)}


def _export_pieces(builder: _FormBuilder, pieces: NumberPieces) -> Form:
    return {
        "kind": "pieces",
        "columns": builder.add_array(pieces.columns_),
        "factors": builder.add_array(pieces.factors_),
        "offsets": builder.add_array(pieces.offsets_),
    }


def _export_products(builder: _FormBuilder, features: PolynomialFeatures) -> Form:
    # A single feature has no product with another.
    pairs = np.argwhere(features.powers_[features.powers_.sum(axis=1) == 2])[:, 1].reshape(-1, 2)
    return {
        "kind": "products",
        "left": builder.add_array(pairs[:, 0]),
        "right": builder.add_array(pairs[:, 1]),
    }


def _export_scaler(builder: _FormBuilder, scaler: StandardScaler) -> Form:
    return {
        "kind": "scale",
        "means": builder.add_array(scaler.mean_),
        "scales": builder.add_array(scaler.scale_),
    }


def _export_kernel(builder: _FormBuilder, features: Nystroem) -> Form:
    return {
        "kind": "kernel",
        "sample": builder.add_array(features.components_.astype(np.float64)),
        "normalization": builder.add_array(features.normalization_.T.astype(np.float64)),
        "gamma": float(features.gamma),
    }


_EXPORTS: tuple[tuple[Any, Any], ...] = (
    (LabelledClassifier, _export_labelled),
    ((EnsembleClassifier, EnsembleRegressor), _export_ensemble),
    (LogarithmRegressor, _export_logarithm),
    (Pipeline, _export_chain),
    (lgb.LGBMModel, _export_boosted),
    (CompactForest, _export_forest),
    ((LogisticRegression, Ridge), _export_linear),
    ((PerceptronClassifier, PerceptronRegressor), _export_network),
    (GaussianClassifier, _export_gaussian),
    ((NeighboursClassifier, NeighboursRegressor), _export_neighbours),
    (FeatureSubset, _export_subset),
    (SelectPercentile, _export_percent),
    (NormalRanks, _export_ranks),
    (NumberPieces, _export_pieces),
    (PolynomialFeatures, _export_products),
    (StandardScaler, _export_scaler),
    (Nystroem, _export_kernel),
)
