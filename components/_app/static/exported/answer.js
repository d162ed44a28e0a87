// The answer of the exported page, in words and as a bar for each column.

const SHOWN = 10;
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 90;

// Shows a prediction {probabilities, decision} or {value}, with its contributions.
export function showAnswer(answer, list, prediction, description) {
  const lines = "value" in prediction ? describeValue(prediction) : describeDecision(prediction, description);
  answer.replaceChildren(...lines);
  showContributions(list, prediction.contributions);
}

export function showFault(answer, list, message) {
  answer.replaceChildren(build("p", "fault", message));
  list.replaceChildren();
}

function describeValue({ value }) {
  return [build("p", "decision", formatNumber(value))];
}

function describeDecision({ probabilities, decision }, { threshold, positive }) {
  const lines = [build("p", "decision", decision)];
  for (const [label, probability] of Object.entries(probabilities)) {
    lines.push(build("div", "", `Probability of ${label}: ${formatShare(probability)}`));
  }
  if (positive !== null && threshold !== null) {
    const share = formatShare(threshold);
    lines.push(build("p", "note", `Predicts ${positive} when its probability is at least ${share}.`));
  }
  return lines;
}

function showContributions(list, contributions) {
  const sorted = Object.entries(contributions).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
  const shown = sorted.slice(0, SHOWN).filter(([, amount]) => amount !== 0);
  const widest = Math.max(...shown.map(([, amount]) => Math.abs(amount)), Number.MIN_VALUE);
  const note = "How far each value moves the answer, compared with the column's usual value:";
  list.replaceChildren(
    build("p", "usual", shown.length > 0 ? note : "Every value is the usual one."),
    ...shown.map(([name, amount]) => buildBar(name, amount, (Math.abs(amount) / widest) * WIDTH)),
  );
}

function buildBar(name, amount, width) {
  const bar = build("div", "bar", "");
  const drawing = document.createElementNS(SVG, "svg");
  const mark = document.createElementNS(SVG, "rect");
  mark.setAttribute("width", width);
  mark.setAttribute("height", 10);
  mark.setAttribute("class", amount > 0 ? "more" : "less");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(mark);
  bar.append(build("span", "", name), drawing, build("span", "amount", formatSigned(amount)));
  return bar;
}

function build(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function formatNumber(value) {
  return value.toLocaleString(undefined, { maximumSignificantDigits: 6 });
}

function formatShare(share) {
  return share.toLocaleString(undefined, { style: "percent", maximumFractionDigits: 1 });
}

function formatSigned(amount) {
  return amount.toLocaleString(undefined, { maximumSignificantDigits: 3, signDisplay: "exceptZero" });
}
