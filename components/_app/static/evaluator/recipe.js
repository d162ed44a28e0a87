// The recipe's steps for one row, from the exports of the fitted steps preprocess, engineer and select.

import { buildWave, computeDatePart, countDays, findPosition } from "./dates.js";
import { LENGTHS, TextNumbers } from "./texts.js";

const NULL = "(null)";
const OTHER = "(other)";
// A number beyond it counts as missing.
const LIMIT = 1e30;
// The largest number of single precision; infinity becomes it, because estimators refuse infinity.
const WIDEST = 3.4028234663852886e38;

// Transforms rows of values, in the order of the columns, to features in single precision.
export class Recipe {
  constructor(steps, columns, otherDigits) {
    const graph = new Graph(columns);
    addPreprocessed(graph, steps.preprocess);
    addIntermediate(graph, steps.engineer, otherDigits);
    const engineered = listEngineered(steps.engineer);
    this.features = steps.select.kept.map((i) => graph.connect(engineered[i].sources, engineered[i].compute));
    this.nodes = graph.listNeeded(this.features.flatMap((feature) => feature.inputs));
    this.nFeatures = this.features.length;
  }

  transform(values) {
    const known = [...values];
    for (const { position, inputs, compute } of this.nodes) {
      known[position] = compute(...inputs.map((input) => known[input]));
    }
    return Float32Array.from(this.features, ({ inputs, compute }) => {
      const single = Math.fround(compute(...inputs.map((input) => known[input])));
      return Math.min(Math.max(single, -WIDEST), WIDEST);
    });
  }
}

// Columns, and what is made of them, by number: first the raw columns, then each after those that it is made of.
class Graph {
  constructor(columns) {
    this.raw = new Map(columns.map((name, position) => [name, position]));
    this.made = new Map();
    this.nodes = [];
  }

  // Adds a preprocessed column, which is made of a raw one.
  addPreprocessed(source, name, compute) {
    this.add(name, [this.raw.get(source)], compute);
  }

  // Adds a column that is made of preprocessed ones.
  addIntermediate(sources, name, compute) {
    this.add(name, this.connect(sources, compute).inputs, compute);
  }

  add(name, inputs, compute) {
    const position = this.raw.size + this.nodes.length;
    this.nodes.push({ position, inputs, compute });
    this.made.set(name, position);
  }

  connect(sources, compute) {
    return { inputs: sources.map((name) => this.made.get(name)), compute };
  }

  // Returns the nodes that some positions depend on, in their order.
  listNeeded(positions) {
    const needed = new Set(positions);
    for (const { position, inputs } of this.nodes.toReversed()) {
      if (needed.has(position)) inputs.forEach((input) => needed.add(input));
    }
    return this.nodes.filter(({ position }) => needed.has(position));
  }
}

function addPreprocessed(graph, step) {
  for (const [name, of] of Object.entries(step.numeric)) {
    const [low, high] = of.fences;
    graph.addPreprocessed(name, name, buildScaling(of.fill, of.mean, of.scale, low, high));
  }
  for (const [source, name] of Object.entries(step.indicators)) {
    graph.addPreprocessed(source, name, (value) => (value === null ? 1 : 0));
  }
  for (const [name, kept] of Object.entries(step.categorical)) {
    graph.addPreprocessed(name, name, buildCategories(kept));
  }
  for (const name of step.datetime) graph.addPreprocessed(name, name, (date) => date);
  for (const [source, name] of Object.entries(step.text)) graph.addPreprocessed(source, name, (text) => text);
}

function addIntermediate(graph, step, otherDigits) {
  for (const [name, of] of Object.entries(step.crosses)) {
    const codes = new Map(of.pairs.map((pair, code) => [pair, code]));
    const cross = (left, right) => codes.get(left * of.width + right) ?? codes.size;
    graph.addIntermediate(of.columns, name, cross);
  }
  for (const [name, of] of Object.entries(step.texts)) {
    const numbers = new TextNumbers(of.learned, otherDigits);
    graph.addIntermediate([of.column], name, (text) => numbers.compute(text));
  }
}

// Returns the columns that engineer makes: numbers, one-hot, date parts, mean targets, and derived features.
function listEngineered(step) {
  const made = step.numeric.map((name) => ({ sources: [name], compute: (value) => value }));
  for (const [name, categories] of Object.entries(step.one_hot)) {
    categories.forEach((_, code) => made.push({ sources: [name], compute: (own) => (own === code ? 1 : 0) }));
  }
  let used = 0;
  const takeScaling = () => {
    const i = used++;
    return buildScaling(step.fallbacks[i], step.means[i], step.scales[i], null, null);
  };
  for (const [name, part] of step.parts) {
    const scale = takeScaling();
    const first = step.first[name];
    const compute = (date) => scale(date === null ? null : computeDatePart(date, part, first));
    made.push({ sources: [name], compute });
  }
  for (const [name, { means }] of Object.entries(step.target)) {
    for (let output = 0; output < means[0].length; output += 1) {
      const scale = takeScaling();
      const table = means.map((ofCode) => scale(ofCode[output]));
      made.push({ sources: [name], compute: (code) => table[code] });
    }
  }
  for (const { sources, compute } of step.derived.flatMap((of) => listDerived(of, step))) {
    const scale = takeScaling();
    made.push({ sources, compute: (...inputs) => scale(dropExtreme(compute(...inputs))) });
  }
  return made;
}

// Returns the features of one derivation, before they are standardised.
function listDerived({ kind, columns, values }, step) {
  const [first, last] = [columns[0], columns.at(-1)];
  const table = (values ?? []).map(Number);
  switch (kind) {
    case "product":
    case "difference":
    case "ratio": {
      const units = columns.map((name) => step.units[name]);
      const compute = (left, right) => operate(kind, restore(left, units[0]), restore(right, units[1]));
      return [{ sources: columns, compute }];
    }
    case "days_between": {
      const count = (date) => (date === null ? NaN : countDays(date));
      return [{ sources: columns, compute: (left, right) => count(left) - count(right) }];
    }
    case "year_cycle":
    case "week_cycle":
    case "day_cycle":
      return ["sin", "cos"].map((wave) => buildCyclePosition(columns, kind.replace("_cycle", ""), wave));
    case "frequency":
    case "group_mean":
    case "group_deviation":
      return [{ sources: [last], compute: (code) => table[code] }];
    case "difference_to_group":
    case "ratio_to_group": {
      const unit = step.units[first];
      const operation = kind.replace("_to_group", "");
      const compute = (number, code) => operate(operation, restore(number, unit), table[code]);
      return [{ sources: columns, compute }];
    }
    case "text_length":
    case "text_topics":
    case "text_target":
      return listTextFeatures(kind, first, step.texts);
    default:
      throw new Error(`No feature is derived by '${kind}'.`);
  }
}

function listTextFeatures(kind, column, texts) {
  const [name, of] = Object.entries(texts).find(([, { column: source }]) => source === column);
  const firstTarget = LENGTHS + of.n_topics;
  const [start, end] = {
    text_length: [0, LENGTHS],
    text_topics: [LENGTHS, firstTarget],
    text_target: [firstTarget, firstTarget + of.n_targets],
  }[kind];
  return Array.from({ length: end - start }, (_, i) => ({
    sources: [name],
    compute: (numbers) => numbers[start + i],
  }));
}

function buildCyclePosition(sources, cycle, wave) {
  const table = buildWave(cycle, wave);
  return { sources, compute: (date) => (date === null ? NaN : table[findPosition(date, cycle)]) };
}

function buildCategories(kept) {
  const codes = new Map([...kept, NULL, OTHER].map((value, code) => [value, code]));
  return (text) => (text === null ? codes.get(NULL) : (codes.get(text) ?? codes.get(OTHER)));
}

// Returns a function that fills null and NaN, clips unless a bound is null, and standardises.
function buildScaling(fill, mean, scale, low, high) {
  return (value) => {
    let number = value === null || !Number.isFinite(value) ? fill : value;
    if (low !== null && number < low) number = low;
    if (high !== null && number > high) number = high;
    return (number - mean) / scale;
  };
}

function restore(standardised, [mean, scale]) {
  return standardised * scale + mean;
}

// The ratio r is given as r / (1 + |r|), which is finite where the right side is near 0.
function operate(operation, left, right) {
  if (operation === "product") return left * right;
  if (operation === "difference") return left - right;
  return (right < 0 ? -left : left) / (Math.abs(left) + Math.abs(right));
}

function dropExtreme(value) {
  return Math.abs(value) <= LIMIT ? value : NaN;
}
