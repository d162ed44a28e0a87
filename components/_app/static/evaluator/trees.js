// Trees in LightGBM's text form. Features are finite numbers, and no split is of categories.

import { expit, softmax } from "./special.js";

// LightGBM replaces numbers nearer to 0 by 0.
const ZERO = Math.fround(1e-35);
const POWERS = (sums) => sums.map(Math.exp);
const SUMS = (sums) => sums;
const LINKS_OF_OBJECTIVES = {
  "": SUMS,
  regression: SUMS,
  regression_l1: SUMS,
  mape: SUMS,
  poisson: POWERS,
  gamma: POWERS,
  "binary sigmoid:1": (sums) => sums.map(expit),
  multiclass: softmax,
};

export class Trees {
  constructor(text) {
    const [head, ...blocks] = text.split("\nend of trees")[0].split("\nTree=");
    const facts = parseLines(head);
    const objective = facts.get("objective") ?? "";
    this.link = LINKS_OF_OBJECTIVES[objective.startsWith("multiclass ") ? "multiclass" : objective];
    if (!this.link) throw new Error(`Trees of the objective '${objective}' cannot be evaluated.`);
    this.nOutputs = Number(facts.get("num_tree_per_iteration"));
    this.trees = blocks.map((block) => parseTree(parseLines(block)));
  }

  // Returns the outputs of a row: the sums of its leaves, through the link of the loss.
  predict(features) {
    const sums = new Float64Array(this.nOutputs);
    this.trees.forEach((tree, i) => (sums[i % this.nOutputs] += tree.values[findLeaf(tree, features)]));
    return this.link(sums);
  }

  // Returns the leaf that a row reaches in each tree, counted from 0 in each.
  findLeaves(features) {
    return this.trees.map((tree) => findLeaf(tree, features));
  }
}

function findLeaf({ features: splits, thresholds, left, right }, features) {
  if (splits.length === 0) return 0;
  let node = 0;
  // Leaves have negative numbers.
  while (node >= 0) {
    const feature = features[splits[node]];
    const value = Math.abs(feature) <= ZERO ? 0 : feature;
    node = value <= thresholds[node] ? left[node] : right[node];
  }
  return ~node;
}

function parseLines(text) {
  const pairs = text.split("\n").map((line) => [line, line.indexOf("=")]);
  return new Map(pairs.filter(([, at]) => at > 0).map(([line, at]) => [line.slice(0, at), line.slice(at + 1)]));
}

function parseTree(fields) {
  if (fields.get("num_cat") !== "0" || fields.get("is_linear") !== "0") {
    throw new Error("Trees with splits of categories or linear leaves cannot be evaluated.");
  }
  return {
    features: parseNumbers(fields, "split_feature", Int32Array),
    thresholds: parseNumbers(fields, "threshold", Float64Array),
    left: parseNumbers(fields, "left_child", Int32Array),
    right: parseNumbers(fields, "right_child", Int32Array),
    values: parseNumbers(fields, "leaf_value", Float64Array),
  };
}

function parseNumbers(fields, name, Numbers) {
  const text = (fields.get(name) ?? "").trim();
  return text ? Numbers.from(text.split(" "), Number) : new Numbers(0);
}
