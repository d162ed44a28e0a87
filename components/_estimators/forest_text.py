"""Forests of scikit-learn in LightGBM's text form; its library predicts many times faster."""

from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor


def convert_forest(forest: ExtraTreesClassifier | ExtraTreesRegressor) -> str:
    """Return the mean of a forest's trees as a model of LightGBM.

    Both compare a float32 feature with a float64 threshold; smaller or equal values go left. The format is
    read by https://github.com/lightgbm-org/LightGBM/blob/master/src/io/tree.cpp.

    For two classes the text predicts the probability of the second, for more that of each.
    """
    n_outputs = 1
    if isinstance(forest, ExtraTreesClassifier) and len(forest.classes_) > 2:
        n_outputs = len(forest.classes_)
    blocks: list[str] = []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        values = tree.value[:, 0, :]
        if isinstance(forest, ExtraTreesClassifier):
            values = values / values.sum(axis=1, keepdims=True)
        is_leaf = tree.children_left < 0
        structure = _format_structure(tree, is_leaf)
        for of_output in values.T[-n_outputs:]:
            leaves = _format_values(of_output[is_leaf] / len(forest.estimators_))
            blocks.append(f"Tree={len(blocks)}\n{structure}\nleaf_value={leaves}\n\n\n")
    n_features = forest.n_features_in_
    head = [
        "tree",
        "version=v4",
        f"num_class={n_outputs}",
        f"num_tree_per_iteration={n_outputs}",
        "label_index=0",
        f"max_feature_idx={n_features - 1}",
        "feature_names=" + " ".join(f"f{i}" for i in range(n_features)),
        "feature_infos=" + " ".join(["none"] * n_features),
        "tree_sizes=" + " ".join(str(len(block)) for block in blocks),
    ]
    # Joined once, because the text of a large forest takes as much memory as the forest.
    return "".join(["\n".join(head), "\n\n", *blocks, "end of trees\n"])


def _format_structure(tree: Any, is_leaf: np.ndarray) -> str:
    """Return the lines that are the same for all outputs of a tree."""
    # LightGBM numbers splits and leaves separately, and writes leaf i as -i - 1.
    numbers = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    splits = ~is_leaf
    n_splits = int(splits.sum())
    zeros = _format_values(np.zeros(n_splits, np.int64))
    fields = {
        "num_leaves": n_splits + 1,
        "num_cat": 0,
        "split_feature": _format_values(tree.feature[splits]),
        "split_gain": zeros,
        "threshold": _format_values(tree.threshold[splits]),
        # 0: a number without missing values.
        "decision_type": zeros,
        "left_child": _format_values(numbers[tree.children_left[splits]]),
        "right_child": _format_values(numbers[tree.children_right[splits]]),
        "is_linear": 0,
        "shrinkage": 1,
    }
    return "\n".join(f"{key}={value}" for key, value in fields.items())


def _format_values(values: np.ndarray) -> str:
    # Python's shortest text of a float reads back as the same float.
    return " ".join(map(repr, values.tolist()))
