// Estimators as functions of a row's features, from the form that train exports. Each returns the probability of
// the second of two classes, of each of more classes, or the value of a regression; a step of a chain returns
// features. Sums are in double precision, features in single precision unless a step says otherwise.

import { Neighbours, multiply, sumSquares } from "./neighbours.js";
import { NormalScores } from "./ranks.js";
import { LINKS, calibrate, expit, softmax } from "./special.js";
import { Trees } from "./trees.js";

// Returns the function that a form describes; ``parts`` has {arrays, trees} by name.
export function compile(form, parts) {
  const build = KINDS[form.kind];
  if (!build) throw new Error(`The kind of estimator '${form.kind}' is unknown.`);
  return build(form, parts);
}

function compileMean({ members, weights, most }, parts) {
  const compiled = members.map((member) => compile(member, parts));
  if (compiled.length === 1) return compiled[0];
  return (features) => {
    const outputs = compiled.map((predict) => predict(features));
    return Float64Array.from(outputs[0], (_, i) => {
      const sum = outputs.reduce((total, own, n) => total + weights[n] * own[i], 0);
      // Rounding may leave a mean of probabilities above 1.
      return most === null ? sum : Math.min(sum, most);
    });
  };
}

function compileCalibrated({ of, slope, intercept }, parts) {
  const inner = compile(of, parts);
  return (features) => calibrate(inner(features), slope, intercept);
}

function compileExponential({ of }, parts) {
  const inner = compile(of, parts);
  return (features) => inner(features).map(Math.expm1);
}

function compileChain({ steps }, parts) {
  const compiled = steps.map((step) => compile(step, parts));
  return (features) => compiled.reduce((values, apply) => apply(values), features);
}

function compileTrees({ trees }, parts) {
  const compiled = new Trees(parts.trees[trees]);
  return (features) => compiled.predict(features);
}

function compileForest({ trees, starts, outputs, values, first, n_outputs: nOutputs }, parts) {
  const compiled = new Trees(parts.trees[trees]);
  const [startsOf, outputsOf, valuesOf, firstOf] = [starts, outputs, values, first].map(
    (name) => parts.arrays[name].values,
  );
  return (features) => {
    const sums = new Float64Array(nOutputs);
    const leaves = compiled.findLeaves(features);
    leaves.forEach((leaf, tree) => {
      const own = leaf + firstOf[tree];
      for (let i = startsOf[own]; i < startsOf[own + 1]; i += 1) sums[outputsOf[i]] += valuesOf[i];
    });
    const total = nOutputs === 1 ? leaves.length : sums.reduce((sum, value) => sum + value, 0);
    return sums.map((value) => value / total);
  };
}

function compileLinear({ coefficients, intercept, link }, parts) {
  const layer = [parts.arrays[coefficients], parts.arrays[intercept].values];
  return (features) => LINKS[link](addLayer(features, ...layer));
}

// Between the layers a unit is x * (1 + tanh(x)).
function compileNetwork({ layers, link }, parts) {
  const compiled = layers.map(([weights, biases]) => [parts.arrays[weights], parts.arrays[biases].values]);
  const last = compiled.pop();
  return (features) => {
    let values = features;
    for (const layer of compiled) {
      values = addLayer(values, ...layer).map((sum) => sum + sum * Math.tanh(sum));
    }
    return LINKS[link](addLayer(values, ...last));
  };
}

// Classes are normal distributions.
function compileGaussian({ factors, offsets, constants }, parts) {
  const [matrix, shifts, ofClasses] = [factors, offsets, constants].map((name) => parts.arrays[name]);
  return (features) => {
    const steps = addLayer(features, matrix, shifts.values.map((shift) => -shift));
    const width = features.length;
    const logits = ofClasses.values.map(
      (constant, i) => constant - sumSquares(steps.subarray(i * width, (i + 1) * width)),
    );
    return logits.length === 2 ? Float64Array.of(expit(logits[1] - logits[0])) : softmax(logits);
  };
}

function compileNeighbours({ rows, values, n_neighbours: nNeighbours }, parts) {
  const known = new Neighbours(parts.arrays[rows], parts.arrays[values], nNeighbours);
  return (features) => known.average(features);
}

function compileTake({ columns }, parts) {
  const { values } = parts.arrays[columns];
  return (features) => features.constructor.from(values, (column) => features[column]);
}

function compileRanks({ quantiles }, parts) {
  const scores = new NormalScores(parts.arrays[quantiles]);
  return (features) => scores.transform(features);
}

// Adds numbers as their places within pieces of their ranges.
function compilePieces({ columns, factors, offsets }, parts) {
  const [sources, slopes, shifts] = [columns, factors, offsets].map((name) => parts.arrays[name].values);
  return (features) => {
    const places = Float32Array.from(sources, (column, i) => {
      const place = Math.fround(Math.fround(features[column] * slopes[i]) + shifts[i]);
      return Math.min(Math.max(place, -0.5), 0.5);
    });
    return Float32Array.of(...features, ...places);
  };
}

function compileProducts({ left, right }, parts) {
  const [lefts, rights] = [left, right].map((name) => parts.arrays[name].values);
  return (features) => {
    const products = Array.from(lefts, (column, i) => features[column] * features[rights[i]]);
    return features.constructor.of(...features, ...products);
  };
}

function compileScale({ means, scales }, parts) {
  const [shifts, units] = [means, scales].map((name) => parts.arrays[name].values);
  return (features) => Float32Array.from(features, (value, i) => (value - shifts[i]) / units[i]);
}

// Features of a Gaussian kernel.
function compileKernel({ sample, normalization, gamma }, parts) {
  const { shape, values } = parts.arrays[sample];
  const rows = Array.from({ length: shape[0] }, (_, i) => values.subarray(i * shape[1], (i + 1) * shape[1]));
  const squares = rows.map(sumSquares);
  const matrix = parts.arrays[normalization];
  const zeros = new Float64Array(matrix.shape[1]);
  return (features) => {
    const own = sumSquares(features);
    const near = rows.map((row, i) => {
      const distance = squares[i] - 2 * multiply(features, row) + own;
      return Math.exp(-gamma * Math.max(distance, 0));
    });
    return addLayer(near, matrix, zeros);
  };
}

// Returns the product of a row and a matrix, plus a bias.
function addLayer(row, { shape: [height, width], values }, bias) {
  const sums = new Float64Array(width);
  for (let i = 0; i < height; i += 1) {
    for (let j = 0; j < width; j += 1) sums[j] += row[i] * values[i * width + j];
  }
  return sums.map((sum, j) => sum + bias[j]);
}

const KINDS = {
  mean: compileMean,
  calibrated: compileCalibrated,
  exponential: compileExponential,
  chain: compileChain,
  trees: compileTrees,
  forest: compileForest,
  linear: compileLinear,
  network: compileNetwork,
  gaussian: compileGaussian,
  neighbours: compileNeighbours,
  take: compileTake,
  ranks: compileRanks,
  pieces: compilePieces,
  products: compileProducts,
  scale: compileScale,
  kernel: compileKernel,
};
