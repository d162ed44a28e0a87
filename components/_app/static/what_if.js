// What-if: the answer follows each change, and a search for a small change that flips the decision.

const MOST_CATEGORIES = 8;
// Of each column, so many candidates are tried together with those of another column.
const MOST_IN_PAIRS = 4;
const STEPS = 16;
// How far a change of a category counts, beside numbers that move through all of their range.
const OTHER_CATEGORY = 0.5;

/**
 * Predicts the newest row. One request at a time: while it runs, newer rows replace each other, so answers
 * come in order and none is older than the one on the page.
 */
export class LiveAnswer {
  constructor(predictor, show, fail) {
    this.predictor = predictor;
    this.show = show;
    this.fail = fail;
    this.waiting = null;
    this.isBusy = false;
    this.isStopped = false;
  }

  /** Predict a row at the next frame of the page. */
  ask(row) {
    if (this.waiting === null && !this.isBusy) requestAnimationFrame(() => this.run());
    this.waiting = row;
  }

  /** Show no more answers: another model takes over. */
  stop() {
    this.isStopped = true;
  }

  async run() {
    this.isBusy = true;
    while (this.waiting !== null && !this.isStopped) {
      const row = this.waiting;
      this.waiting = null;
      try {
        const [prediction] = await this.predictor.predict([row], true);
        if (!this.isStopped) this.show(prediction, row);
      } catch (error) {
        if (!this.isStopped && this.waiting === null) this.fail(error, row);
      }
    }
    this.isBusy = false;
  }
}

/**
 * Return the smallest change of up to two values, of those tried, after which the decision is another one:
 * {changes: [{column, from, to}], prediction}; null if there is none. Only columns that a person can change
 * and whose value is known are changed.
 */
export async function findFlip(row, decision, description, predictor) {
  const candidates = description.columns
    .filter((column) => column.is_actionable && row[column.name] !== null)
    .flatMap((column) => listCandidates(column, row[column.name]));
  const single = candidates.map((change) => [change]);
  const found = await findSmallest(row, decision, single, predictor);
  if (found.best) return refine(row, decision, found.best, predictor);
  const pairs = pairUp(single.map(([change], at) => ({change, share: found.shares[at]})));
  const {best} = await findSmallest(row, decision, pairs, predictor);
  return best ? refine(row, decision, best, predictor) : null;
}

function listCandidates(column, from) {
  const values = column.kind === "boolean" ? [!from]
    : column.kind === "string" ? column.categories.slice(0, MOST_CATEGORIES)
      : column.quantiles;
  const changes = values.filter((to) => to !== from).map((to) => ({column, from, to}));
  return changes.map((change) => ({...change, size: measure(change)}));
}

// Numbers and dates count by the share of the training rows that lie between, roughly.
function measure({column, from, to}) {
  if (column.kind === "boolean" || column.kind === "string") return OTHER_CATEGORY;
  return Math.abs(findPlace(column, toNumber(column, to)) - findPlace(column, toNumber(column, from)));
}

function findPlace(column, number) {
  const starts = column.quantiles.map((start) => toNumber(column, start));
  const last = starts.length - 1;
  if (last < 1 || number <= starts[0]) return 0;
  const after = starts.findIndex((start) => start > number);
  if (after < 0) return 1;
  return (after - 1 + (number - starts[after - 1]) / (starts[after] - starts[after - 1])) / last;
}

function toNumber(column, value) {
  return column.kind === "datetime" ? Date.parse(`${value}Z`) : value;
}

function toValue(column, number) {
  if (column.kind === "datetime") {
    const text = new Date(number).toISOString().slice(0, 19);
    return column.has_time ? text : `${text.slice(0, 10)}T00:00:00`;
  }
  return column.kind === "integer" ? Math.round(number) : Number(number.toPrecision(3));
}

function apply(row, changes) {
  return {...row, ...Object.fromEntries(changes.map(({column, to}) => [column.name, to]))};
}

async function findSmallest(row, decision, attempts, predictor) {
  const predictions = attempts.length ? await predictor.predict(attempts.map((changes) => apply(row, changes))) : [];
  const flips = attempts
    .map((changes, at) => ({changes, prediction: predictions[at]}))
    .filter(({prediction}) => prediction.decision !== decision)
    .sort((one, other) => sum(one.changes) - sum(other.changes));
  return {best: flips[0] ?? null, shares: predictions.map((prediction) => prediction.probabilities[decision])};
}

function sum(changes) {
  return changes.reduce((total, change) => total + change.size, 0);
}

// Of each column the candidates that take most from the present decision.
function pairUp(tried) {
  const byColumn = new Map();
  for (const {change, share} of tried) {
    byColumn.set(change.column, [...(byColumn.get(change.column) ?? []), {change, share}]);
  }
  const columns = [...byColumn.values()].map((changes) =>
    changes.sort((one, other) => one.share - other.share).slice(0, MOST_IN_PAIRS).map(({change}) => change));
  return columns.flatMap((first, at) =>
    columns.slice(at + 1).flatMap((second) => first.flatMap((one) => second.map((other) => [one, other]))));
}

// Move each number back towards its present value as far as the decision stays flipped.
async function refine(row, decision, found, predictor) {
  let best = found;
  for (let at = 0; at < best.changes.length; at += 1) {
    const {column, from, to} = best.changes[at];
    if (column.kind === "boolean" || column.kind === "string") continue;
    const [low, high] = [toNumber(column, from), toNumber(column, to)];
    const between = Array.from({length: STEPS - 1}, (_, step) => toValue(column, low + ((step + 1) / STEPS) * (high - low)));
    const attempts = [...new Set(between)].filter((value) => value !== from && value !== to).map((value) => {
      const change = {column, from, to: value};
      return best.changes.map((other, place) => (place === at ? {...change, size: measure(change)} : other));
    });
    const nearer = await findSmallest(row, decision, attempts, predictor);
    if (nearer.best && sum(nearer.best.changes) < sum(best.changes)) best = nearer.best;
  }
  return best;
}
