// The predictor that evaluates the model in this page; it answers as the server does.

import { readArray, readText } from "./arrays.js";
import { RowReader } from "./cells.js";
import { compile } from "./estimators.js";
import { Recipe } from "./recipe.js";
import { parseIso } from "../reading/moments.js";

// Returns the predictor of an exported model, by its description.
export async function loadPredictor(exported, description) {
  const parts = { arrays: await readAll(exported.arrays, readArray), trees: await readAll(exported.trees, readText) };
  return new LocalPredictor(exported, description, compile(exported.form, parts));
}

class LocalPredictor {
  constructor(exported, description, estimate) {
    const { columns, notation } = description;
    this.facts = exported;
    this.names = columns.map((column) => column.name);
    this.reader = new RowReader(description);
    this.recipe = new Recipe(exported.steps, this.names, notation.digits);
    this.estimate = estimate;
    this.usual = columns.map(({ kind }, i) => (kind === "datetime" && exported.usual[i] ? parseIso(exported.usual[i]) : exported.usual[i]));
  }

  // Returns the prediction for each row {column: cell}: {probabilities, decision} or {value}; explained ones have
  // contributions, too: how far each column moves the prediction, compared with the column's usual value.
  async predict(rows, isExplained = false) {
    return rows.map((row) => {
      const values = this.reader.read(row);
      const outputs = this.compute(values);
      const prediction = this.answer(outputs);
      return isExplained ? { ...prediction, contributions: this.explain(values, outputs) } : prediction;
    });
  }

  explain(values, outputs) {
    const explained = this.facts.task === "binary" ? 1 : findLargest(outputs);
    const contributions = this.names.map((name, i) => {
      const changed = this.compute(values.with(i, this.usual[i]));
      return [name, outputs[explained] - changed[explained]];
    });
    return Object.fromEntries(contributions);
  }

  // Returns the probability of each class, or the value of a regression.
  compute(values) {
    const outputs = this.estimate(this.recipe.transform(values));
    return this.facts.task === "binary" ? [1 - outputs[0], outputs[0]] : [...outputs];
  }

  answer(outputs) {
    const { task, labels, threshold } = this.facts;
    if (task === "regression") return { value: outputs[0] };
    const isPositive = threshold === null ? outputs[1] > outputs[0] : outputs[1] >= threshold;
    return {
      probabilities: Object.fromEntries(labels.map((label, i) => [label, outputs[i]])),
      decision: labels[task === "binary" ? Number(isPositive) : findLargest(outputs)],
    };
  }
}

function findLargest(values) {
  return values.indexOf(Math.max(...values));
}

async function readAll(stored, read) {
  const names = Object.keys(stored);
  const contents = await Promise.all(names.map((name) => read(stored[name])));
  return Object.fromEntries(names.map((name, i) => [name, contents[i]]));
}
