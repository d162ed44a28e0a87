// The answer for a row, in words, and the contributions of the columns as a chart.

import {humanise, make, makeSvg} from "./dom.js";

const MOST_BARS = 10;
const MOST_CLASSES = 5;
// A decision of more characters is written smaller.
const LONG = 24;
// Contributions that nobody sees.
const NOTHING = 1e-9;

/** Return the answer in one short line. */
export function summarise(prediction, description, texts) {
  const target = humanise(description.target);
  if (description.task === "regression") {
    return texts.say("predicted_value", {target, value: texts.number.format(prediction.value)});
  }
  const probability = texts.percent.format(prediction.probabilities[prediction.decision]);
  return texts.say("predicted_class", {target, decision: prediction.decision, probability});
}

/** Return the elements of an answer. */
export function renderAnswer(prediction, row, description, texts) {
  const decision = description.task === "regression" ? texts.number.format(prediction.value) : prediction.decision;
  return [
    make("p", {class: "target"}, humanise(description.target)),
    make("p", {class: decision.length > LONG ? "decision long" : "decision"}, decision),
    ...renderReason(prediction, description, texts),
    ...renderContributions(prediction, row, description, texts),
  ];
}

function renderReason(prediction, description, texts) {
  if (description.task === "binary") {
    const words = [sayThreshold(prediction, description, texts), sayWorth(prediction, description, texts)];
    return [renderGauge(prediction, description), ...words.filter(Boolean).map((text) => make("p", {}, text))];
  }
  if (description.task === "multiclass") return [renderClasses(prediction, texts)];
  return [];
}

function sayThreshold(prediction, description, texts) {
  const {positive} = description;
  const probability = prediction.probabilities[positive];
  const threshold = description.threshold ?? 0.5;
  return texts.say(prediction.decision === positive ? "above_threshold" : "below_threshold", {
    positive,
    probability: texts.percent.format(probability),
    threshold: texts.percent.format(threshold),
    decision: prediction.decision,
  });
}

function sayWorth(prediction, description, texts) {
  const {value, unit, positive, classes} = description;
  if (!value) return "";
  const p = prediction.probabilities[positive];
  return texts.say("worth", {
    positive,
    negative: classes[0],
    worth_of_positive: texts.formatWorth(p * value.tp + (1 - p) * value.fp, unit),
    worth_of_negative: texts.formatWorth(p * value.fn + (1 - p) * value.tn, unit),
  });
}

// The probability as a bar, with the threshold as a line. The words beside it say the same.
function renderGauge(prediction, description) {
  const probability = 100 * prediction.probabilities[description.positive];
  const threshold = 100 * (description.threshold ?? 0.5);
  return makeSvg(
    "svg",
    {class: "gauge", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true"},
    makeSvg("rect", {class: "track", x: 0, y: 1, width: 100, height: 6}),
    makeSvg("rect", {class: "filled", x: 0, y: 1, width: probability, height: 6}),
    makeSvg("line", {class: "mark", x1: threshold, x2: threshold, y1: 0, y2: 8}),
  );
}

function renderClasses(prediction, texts) {
  const likeliest = Object.entries(prediction.probabilities).sort((one, other) => other[1] - one[1]);
  const rows = likeliest.slice(0, MOST_CLASSES).map(([label, probability]) =>
    make(
      "tr",
      {},
      make("th", {scope: "row"}, label),
      make("td", {class: "bar"}, renderRectangle(0, 100 * probability, "more")),
      make("td", {class: "number"}, texts.percent.format(probability)),
    ),
  );
  const others = likeliest.slice(MOST_CLASSES);
  if (others.length) rows.push(renderOtherClasses(others, texts));
  return make("table", {class: "bars classes"}, make("caption", {}, texts.say("probabilities")), make("tbody", {}, rows));
}

function renderOtherClasses(others, texts) {
  const total = others.reduce((sum, [, probability]) => sum + probability, 0);
  return make(
    "tr",
    {class: "others"},
    make("th", {scope: "row"}, texts.say("other_classes", {count: others.length})),
    make("td", {class: "bar"}, renderRectangle(0, 100 * total, "rest")),
    make("td", {class: "number"}, texts.percent.format(total)),
  );
}

function renderContributions(prediction, row, description, texts) {
  if (!prediction.contributions) return [];
  const sorted = Object.entries(prediction.contributions)
    .filter(([, amount]) => Math.abs(amount) > NOTHING)
    .sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
  const title = make("h3", {}, texts.say("contributions"));
  if (!sorted.length) return [title, make("p", {class: "hint"}, texts.say("nothing_unusual"))];
  const explained = explain(prediction, description, texts);
  const largest = Math.abs(sorted[0][1]);
  const columns = Object.fromEntries(description.columns.map((column) => [column.name, column]));
  const rows = sorted.slice(0, MOST_BARS).map(([name, amount]) =>
    make(
      "tr",
      {},
      make("th", {scope: "row"}, humanise(name), make("small", {}, texts.formatValue(columns[name], row[name]))),
      make("td", {class: "bar"}, renderBar(amount / largest)),
      make("td", {class: "number"}, formatAmount(amount, description, texts)),
    ),
  );
  return [
    title,
    make("p", {class: "hint"}, explained),
    make("table", {class: "bars"}, make("caption", {class: "hidden"}, explained), make("tbody", {}, rows)),
    sorted.length > MOST_BARS && make("p", {class: "hint"}, texts.say("more_columns", {count: sorted.length - MOST_BARS})),
  ];
}

function explain(prediction, description, texts) {
  if (description.task === "regression") return texts.say("contributions_of_value");
  const {probabilities} = prediction;
  const likeliest = Object.keys(probabilities).reduce((one, other) => (probabilities[other] > probabilities[one] ? other : one));
  return texts.say("contributions_of_class", {label: description.positive ?? likeliest});
}

function formatAmount(amount, description, texts) {
  return description.task === "regression" ? texts.signed.format(amount) : texts.points.format(100 * amount);
}

// A bar from the middle: to the right for more, to the left for less.
function renderBar(share) {
  const length = 50 * Math.abs(share);
  return renderRectangle(
    share < 0 ? 50 - length : 50,
    length,
    share < 0 ? "less" : "more",
    makeSvg("line", {class: "zero", x1: 50, x2: 50, y1: 0, y2: 10}),
  );
}

function renderRectangle(x, width, kind, ...others) {
  return makeSvg(
    "svg",
    {viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true"},
    makeSvg("rect", {class: kind, x, y: 1, width, height: 8}),
    ...others,
  );
}
