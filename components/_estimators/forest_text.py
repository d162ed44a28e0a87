"""A forest in LightGBM's text form; its library finds a row's leaves many times faster."""

import numpy as np

from components._estimators.compact_forest import CompactForest, CompactTrees


def convert_forest(forest: CompactForest) -> str:
    """Return a forest's trees as a model of LightGBM.

    Both compare a float32 feature with a threshold; smaller or equal values go left. The format is read by
    https://github.com/lightgbm-org/LightGBM/blob/master/src/io/tree.cpp.

    A forest with one output is the model's prediction. With more, only the leaves that the model finds count:
    the values of a leaf do not fit into the text.
    """
    trees = CompactTrees(**forest.trees)
    blocks = [
        f"Tree={i}\n{_format_tree(trees, slice(start, end), forest.n_outputs == 1)}\n\n\n"
        for i, (start, end) in enumerate(
            zip(trees.roots, [*trees.roots[1:], len(trees.features)], strict=True)
        )
    ]
    head = [
        "tree",
        "version=v4",
        "num_class=1",
        "num_tree_per_iteration=1",
        "label_index=0",
        f"max_feature_idx={forest.n_features - 1}",
        "feature_names=" + " ".join(f"f{i}" for i in range(forest.n_features)),
        "feature_infos=" + " ".join(["none"] * forest.n_features),
        "tree_sizes=" + " ".join(str(len(block)) for block in blocks),
    ]
    return "".join(["\n".join(head), "\n\n", *blocks, "end of trees\n"])


def _format_tree(trees: CompactTrees, nodes: slice, has_values: bool) -> str:
    features = trees.features[nodes]
    is_leaf, splits = features < 0, features >= 0
    # LightGBM numbers splits and leaves separately, and writes leaf i as -i - 1.
    numbers = np.where(is_leaf, np.negative(np.cumsum(is_leaf)), np.cumsum(splits) - 1)
    n_splits = int(splits.sum())
    zeros = _format_values(np.zeros(n_splits, dtype=np.int64))
    fields = {
        "num_leaves": n_splits + 1,
        "num_cat": 0,
        "split_feature": _format_values(features[splits]),
        "split_gain": zeros,
        "threshold": _format_thresholds(trees.thresholds[nodes][splits]),
        # 0: a number without missing values.
        "decision_type": zeros,
        "left_child": _format_values(numbers[trees.left[nodes][splits] - nodes.start]),
        "right_child": _format_values(numbers[trees.right[nodes][splits] - nodes.start]),
        "leaf_value": _format_values(_list_values(trees, trees.left[nodes][is_leaf], has_values)),
        "is_linear": 0,
        "shrinkage": 1,
    }
    return "\n".join(f"{key}={value}" for key, value in fields.items())


def _list_values(trees: CompactTrees, leaves: np.ndarray, has_values: bool) -> np.ndarray:
    """Return each leaf's part of the mean of a forest with one output."""
    values = np.zeros(len(leaves))
    if has_values:
        entries = trees.starts[leaves]
        known = trees.starts[leaves + 1] > entries
        values[known] = trees.values[entries[known]].astype(np.float64) / len(trees.roots)
    return values


def _format_thresholds(thresholds: np.ndarray) -> str:
    # No float32 lies between a threshold and the next float32. Nine digits hit the space between them.
    following = np.nextafter(thresholds, np.float32(np.inf))
    middles = (thresholds.astype(np.float64) + following) / 2
    return " ".join(f"{value:.9g}" for value in middles.tolist())


def _format_values(values: np.ndarray) -> str:
    # Python's shortest text of a float reads back as the same float.
    return " ".join(map(repr, values.tolist()))
